/// A file or archive that tensors lie in.
enum TensorSource: Sendable {
  case file(InputFile)
  case archive(ZipArchive)

  var path: String {
    switch self {
    case .file(let file): file.path
    case .archive(let archive): archive.file.path
    }
  }
}

/// Reads one tensor's bytes from its storage, front to back.
struct StorageReader: ~Copyable {
  private enum Backing {
    case file(InputFile, position: Int)
    case member(ZipArchive, ZipHandle, index: Int)
  }

  private var backing: Backing
  /// Whether every byte of the storage will have been read, so that its checksum can be compared.
  private let readsAll: Bool

  /// Farther than this a stored member is sought, not read through: a header is shorter.
  private static let readThroughLimit = 64 << 10

  /// Stands before byte `offset` of the elements at `place`; `count` bytes will be read.
  ///
  /// What is compressed cannot be sought: the bytes before are unpacked and dropped.
  init(_ source: TensorSource, _ place: TensorPlace, from offset: Int, count: Int) throws(CheckpointError) {
    // Places were checked when the file was opened.
    let offset = place.dataOffset + offset
    switch source {
    case .file(let file):
      readsAll = false
      backing = .file(file, position: place.address + offset)
    case .archive(let archive):
      let member = archive.members[place.address]
      let readsThrough = !member.isStored || offset <= Self.readThroughLimit
      readsAll = readsThrough && offset + count == place.storageByteCount
      let handle =
        try member.isStored ? archive.lend() : archive.lend(standingIn: place.address, before: offset)
      do throws(CheckpointError) {
        if readsThrough {
          try handle.advance(in: place.address, to: offset, named: member.name)
        } else {
          try handle.open(place.address, named: member.name)
          try handle.seek(to: offset, named: member.name)
        }
      } catch {
        archive.giveBack(handle)
        throw error
      }
      backing = .member(archive, handle, index: place.address)
    }
  }

  /// Fills `destination` with the next bytes.
  mutating func read(into destination: inout MutableRawSpan) throws(CheckpointError) {
    switch backing {
    case .file(let file, let position):
      try file.read(at: position, into: &destination)
      backing = .file(file, position: position + destination.byteCount)
    case .member(let archive, let handle, let index):
      try handle.read(into: &destination, named: archive.members[index].name)
    }
  }

  /// Compares the checksum of a storage that was read as a whole.
  func verify() throws(CheckpointError) {
    guard readsAll, case .member(let archive, let handle, let index) = backing else { return }
    try handle.verifyEnd(named: archive.members[index].name)
  }

  deinit {
    guard case .member(let archive, let handle, let index) = backing else { return }
    // Of a compressed member the place is kept: the next rows go on from there.
    archive.giveBack(handle, keepingPlace: !archive.members[index].isStored)
  }
}
