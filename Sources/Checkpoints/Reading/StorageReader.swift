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
  /// Whether every byte of the storage will be read, so that its checksum can be compared.
  private let readsAll: Bool

  /// Stands before byte `offset` of the storage at `place`; `count` bytes will be read.
  init(_ source: TensorSource, _ place: TensorPlace, from offset: Int, count: Int) throws(CheckpointError) {
    readsAll = offset == 0 && count == place.storageByteCount
    switch source {
    case .file(let file): backing = .file(file, position: place.address + offset)
    case .archive(let archive):
      let handle = try archive.lend()
      let name = archive.members[place.address].name
      do throws(CheckpointError) {
        try handle.open(place.address, named: name)
        if offset > 0 { try handle.seek(to: offset, named: name) }
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
    if case .member(let archive, let handle, _) = backing { archive.giveBack(handle) }
  }
}
