extension Contents {
  /// Whether an archive is NumPy's: members are arrays, and nothing else.
  static func isNumPy(_ archive: ZipArchive) -> Bool {
    !archive.members.isEmpty && archive.members.allSatisfy { $0.name.hasSuffix(".npy") }
  }

  /// Reads the headers of the arrays in an archive written by `numpy.savez` or `numpy.savez_compressed`.
  ///
  /// An array's name is its member's without `.npy`. Texts are no tensors and stand among the metadata.
  init(numPy archive: ZipArchive, weights: WeightsSelection, checksStorages: Bool) throws(CheckpointError) {
    let path = archive.file.path
    var entries: [Entry] = []
    var metadata: [MetadataEntry] = []
    for index in archive.members.indices {
      let name = String(archive.members[index].name.dropLast(4))
      switch try Self.array(index, in: archive, named: name) {
      case .tensor(let entry): entries.append(entry)
      case .text(let words): metadata.append(MetadataEntry(key: .string(name), value: .omitted(words)))
      }
    }
    entries.sort { $0.info.name.precedesInBytes($1.info.name) }
    if checksStorages { try archive.checkPresence(of: entries.map(\.place.address)) }
    self.init(
      container: .npz, files: [path], sources: [.archive(archive)], entries: entries,
      requestedPrefix: weights == .model ? nil : weights.rawValue, metadata: .dictionary(metadata))
  }

  private enum NumPyMember {
    case tensor(Entry)
    case text(String)
  }

  private static func array(
    _ index: Int, in archive: ZipArchive, named name: String
  ) throws(CheckpointError) -> NumPyMember {
    let (path, member) = (archive.file.path, archive.members[index])
    try checkCompression(of: member, path: path)
    let beginning = try archive.beginning(ofMember: index, limit: NumPyHeader.byteLimit)
    let header: NumPyHeader
    do throws(NumPyHeader.Failure) {
      header = try NumPyHeader(beginning)
    } catch {
      switch error {
      case .malformed(let what): throw .malformed(path: path, what: "array \(name.prefix(200)): \(what)")
      case .unsupported(let what, let advice):
        throw .unsupported(path: path, what: "array \(name.prefix(200)), \(what)", advice: advice)
      }
    }
    guard case .numbers(let type) = header.kind else {
      return .text("texts of shape \(header.shape), not read")
    }
    guard let bytes = checkedProduct(header.shape)?.checkedMultiplying(by: type.byteCount),
      let end = bytes.checkedAdding(header.byteCount)
    else { throw .malformed(path: path, what: "array \(name.prefix(200)) of shape \(header.shape) exceeds 64 bits") }
    guard end == member.byteCount else {
      throw .malformed(
        path: path,
        what:
          "array \(name.prefix(200)) of shape \(header.shape) and type \(type.rawValue) takes \(end) bytes with its header, "
          + "its zip member has \(member.byteCount)")
    }
    let place = TensorPlace(
      source: 0, address: index, storageByteCount: member.byteCount, dataOffset: header.byteCount,
      strides: header.isFortranOrder ? Self.fortranStrides(header.shape) : nil)
    return .tensor(Entry(info: TensorInfo(name: name, elementType: type, shape: header.shape), place: place))
  }

  /// Strides of an array whose first index runs fastest; nil where that is row-major order, too.
  private static func fortranStrides(_ shape: [Int]) -> [Int]? {
    guard shape.count(where: { $0 > 1 }) > 1, !shape.contains(0) else { return nil }
    var strides: [Int] = []
    var stride = 1
    for extent in shape {
      strides.append(stride)
      stride *= extent
    }
    return strides
  }

  /// A match of 258 bytes in two bits is the best that deflate can do.
  static let deflateLimit = 1032

  /// Refuses what no honest compressor can have made.
  private static func checkCompression(of member: ZipHandle.Member, path: String) throws(CheckpointError) {
    if member.isStored {
      guard member.compressedByteCount == member.byteCount else {
        throw .malformed(path: path, what: "zip member \(member.name) is stored with two different sizes")
      }
      return
    }
    guard member.isDeflated else {
      throw .unsupported(
        path: path, what: "zip member \(member.name), encrypted or compressed in another way than by deflate,",
        advice: "save it again with numpy.savez")
    }
    let limit = member.compressedByteCount.checkedMultiplying(by: Self.deflateLimit) ?? .max
    guard member.byteCount <= limit else {
      throw .malformed(
        path: path,
        what: "zip member \(member.name) of \(member.compressedByteCount) bytes claims to unpack to \(member.byteCount)"
      )
    }
  }
}
