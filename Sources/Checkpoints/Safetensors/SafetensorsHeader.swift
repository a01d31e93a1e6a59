/// The header of a safetensors file, checked as strictly as the reference reader does.
///
/// - Source: the format's specification, huggingface/safetensors README.
struct SafetensorsHeader {
  /// One entry of the header.
  struct Entry {
    let info: TensorInfo
    /// First byte in the data buffer.
    let begin: Int
    /// One past the last byte in the data buffer.
    let end: Int
  }

  /// Longer headers are refused by the reference reader too.
  static let byteLimit = 100_000_000
  /// Entries of `__metadata__`: some trainers write hundreds, and millions of empty ones would fill the memory.
  static let metadataLimit = 1 << 16

  /// The entries, sorted by name.
  private(set) var entries: [Entry] = []
  /// The `__metadata__` strings in file order.
  private(set) var metadata: [MetadataEntry] = []
  /// Where the data buffer begins in the file.
  let dataOffset: Int

  private let path: String

  init(of file: InputFile) throws(CheckpointError) {
    path = file.path
    guard file.byteCount >= 8 else { throw .truncated(path: path, what: "no room for the header's length") }
    let lengthBytes = try file.bytes(at: 0, count: 8)
    let length = lengthBytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Self.byteLimit) else {
      throw .tooLarge(path: path, what: "its header claims \(length) bytes, more than \(Self.byteLimit)")
    }
    let headerLength = Int(length)
    guard headerLength <= file.byteCount - 8 else {
      throw .truncated(
        path: path, what: "the header claims \(headerLength) bytes, \(file.byteCount - 8) follow its length")
    }
    dataOffset = 8 + headerLength
    try scan(try file.bytes(at: 8, count: headerLength))
    try checkCover(of: file.byteCount - dataOffset)
  }

  private func malformed(_ what: String) -> CheckpointError {
    .malformed(path: path, what: "safetensors header: \(what)")
  }

  private func malformed(_ failure: JSONScanner.Failure) -> CheckpointError {
    malformed("\(failure.reason) at byte \(8 + failure.offset)")
  }

  // MARK: JSON

  private mutating func scan(_ bytes: [UInt8]) throws(CheckpointError) {
    var scanner = JSONScanner(bytes)
    var hasMetadata = false
    var found: [Entry] = []
    var strings: [MetadataEntry] = []
    let malformed: (JSONScanner.Failure) -> CheckpointError = { [self] in self.malformed($0) }
    try scanner.object(failing: malformed) { (scanner, name) throws(CheckpointError) in
      if name == "__metadata__" {
        guard !hasMetadata else { throw self.malformed("__metadata__ occurs twice") }
        hasMetadata = true
        strings = try self.metadataStrings(&scanner)
      } else {
        guard found.count < tensorCountLimit else {
          throw .tooLarge(path: self.path, what: "its header names more than \(tensorCountLimit) tensors")
        }
        found.append(try self.entry(named: name, &scanner))
      }
    }
    do throws(JSONScanner.Failure) { try scanner.expectEnd() } catch { throw self.malformed(error) }
    metadata = strings
    entries = found
    entries.sort { $0.info.name.precedesInBytes($1.info.name) }
    for (one, next) in zip(entries, entries.dropFirst())
    where one.info.name.utf8.elementsEqual(next.info.name.utf8) {
      throw self.malformed("tensor \(one.info.name) occurs twice")
    }
  }

  private func metadataStrings(_ scanner: inout JSONScanner) throws(CheckpointError) -> [MetadataEntry] {
    if scanner.take(word: "null") { return [] }
    var strings: [MetadataEntry] = []
    try scanner.object(failing: { malformed($0) }) { (scanner, key) throws(CheckpointError) in
      guard scanner.peek() == UInt8(ascii: "\"") else {
        throw malformed("__metadata__ maps strings to strings, but \(key) is none")
      }
      guard strings.count < Self.metadataLimit else {
        throw .tooLarge(path: path, what: "its __metadata__ has more than \(Self.metadataLimit) entries")
      }
      do throws(JSONScanner.Failure) {
        strings.append(MetadataEntry(key: .string(key), value: .string(try scanner.string())))
      } catch { throw malformed(error) }
    }
    return strings
  }

  private func entry(named name: String, _ scanner: inout JSONScanner) throws(CheckpointError) -> Entry {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object(failing: { malformed($0) }) { (scanner, field) throws(CheckpointError) in
      do throws(JSONScanner.Failure) {
        switch field {
        case "dtype" where typeName == nil: typeName = try scanner.string()
        case "shape" where shape == nil: shape = try scanner.counts()
        case "data_offsets" where offsets == nil: offsets = try scanner.counts()
        case "dtype", "shape", "data_offsets": throw scanner.failure("\(field) of tensor \(name) occurs twice")
        default: try scanner.skipValue(depth: 2)
        }
      } catch { throw malformed(error) }
    }
    guard let typeName, let shape, let offsets, offsets.count == 2 else {
      throw malformed("tensor \(name) needs dtype, shape and two data_offsets")
    }
    guard let type = ElementType(safetensorsName: typeName) else {
      throw .unsupported(
        path: path, what: "tensor \(name) of element type \(typeName)", advice: "save it as F32, F16 or BF16")
    }
    guard let count = checkedProduct(shape), let byteCount = count.checkedMultiplying(by: type.byteCount) else {
      throw malformed("the shape \(shape) of tensor \(name) exceeds 64 bits")
    }
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == byteCount else {
      throw malformed(
        "tensor \(name) of shape \(shape) and type \(typeName) takes \(byteCount) bytes, "
          + "its data_offsets are \(offsets)")
    }
    return Entry(
      info: TensorInfo(name: name, elementType: type, shape: shape), begin: offsets[0], end: offsets[1])
  }

  // MARK: Offsets

  /// The tensors tile the data buffer: no hole, no overlap, nothing behind the last.
  private func checkCover(of byteCount: Int) throws(CheckpointError) {
    var position = 0
    let order = entries.indices.sorted { (entries[$0].begin, entries[$0].end) < (entries[$1].begin, entries[$1].end) }
    for index in order {
      let entry = entries[index]
      guard entry.begin == position else {
        let fault = entry.begin > position ? "leaves a hole before it" : "overlaps another"
        throw malformed(
          "tensor \(entry.info.name) \(fault): it begins at \(entry.begin) of the data, \(position) was expected")
      }
      position = entry.end
      guard position <= byteCount else {
        throw .truncated(
          path: path, what: "tensor \(entry.info.name) ends at byte \(position) of the data, which has \(byteCount)")
      }
    }
    guard position == byteCount else {
      throw malformed("\(byteCount - position) bytes follow the last tensor")
    }
  }
}

extension JSONScanner {
  /// A list of integers ≥ 0.
  fileprivate mutating func counts() throws(Failure) -> [Int] {
    try expect("[")
    var counts: [Int] = []
    if take("]") { return [] }
    repeat {
      guard counts.count < tensorRankLimit else { throw failure("more than \(tensorRankLimit) dimensions") }
      counts.append(try count())
    } while take(",")
    try expect("]")
    return counts
  }
}

/// More dimensions than PyTorch (64) or NumPy allow.
let tensorRankLimit = 64

/// More tensors than any model has; bounds the memory for files of many tiny entries.
let tensorCountLimit = 1_000_000
