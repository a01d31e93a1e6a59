/// The index of a sharded checkpoint: which file holds which tensor.
struct ShardIndex {
  /// Far above the index of any model in use.
  static let byteLimit = 100_000_000
  /// A process may have 1024 files open, and no published model has as many shards.
  static let shardLimit = 1000

  /// File names relative to the index, each once.
  private(set) var shardNames: [String] = []
  /// Tensor names with the position of their shard, sorted by name.
  private(set) var tensors: [(name: String, shard: Int)] = []
  /// The `metadata` entry, `null` when absent.
  private(set) var metadata = MetadataValue.null

  init(of file: InputFile) throws(CheckpointError) {
    guard file.byteCount <= Self.byteLimit else {
      throw .tooLarge(path: file.path, what: "a JSON text of \(file.byteCount) bytes, more than \(Self.byteLimit)")
    }
    let path = file.path
    let wrap: (JSONScanner.Failure) -> CheckpointError = { failure in
      .malformed(path: path, what: "no valid JSON at byte \(failure.offset): \(failure.reason)")
    }
    var scanner = JSONScanner(try file.bytes(at: 0, count: file.byteCount))
    scanner.acceptsNonFinite = true
    var positions: [String: Int] = [:]
    var hasMap = false
    var found = self
    try scanner.object(failing: wrap) { (scanner, key) throws(CheckpointError) in
      guard key == "weight_map" else {
        do throws(JSONScanner.Failure) {
          if key == "metadata" { found.metadata = try scanner.value(depth: 1) } else { try scanner.skipValue(depth: 1) }
        } catch { throw wrap(error) }
        return
      }
      guard !hasMap else { throw .malformed(path: path, what: "weight_map occurs twice") }
      hasMap = true
      try scanner.object(failing: wrap) { (scanner, name) throws(CheckpointError) in
        let shard: String
        do throws(JSONScanner.Failure) { shard = try scanner.string() } catch { throw wrap(error) }
        guard found.tensors.count < tensorCountLimit else {
          throw .tooLarge(path: path, what: "its weight_map names more than \(tensorCountLimit) tensors")
        }
        if positions[shard] == nil {
          try Self.checkShardName(shard, path: path)
          guard found.shardNames.count < Self.shardLimit else {
            throw .tooLarge(path: path, what: "it names more than \(Self.shardLimit) shards")
          }
          positions[shard] = found.shardNames.count
          found.shardNames.append(shard)
        }
        found.tensors.append((name, positions[shard] ?? 0))
      }
    }
    do throws(JSONScanner.Failure) { try scanner.expectEnd() } catch { throw wrap(error) }
    guard hasMap else {
      throw .notACheckpoint(
        path: path, content: "a JSON file without a weight_map", advice: "give the checkpoint or its *.index.json")
    }
    found.tensors.sort { $0.name.precedesInBytes($1.name) }
    for (one, next) in zip(found.tensors, found.tensors.dropFirst()) where one.name.utf8.elementsEqual(next.name.utf8) {
      throw .malformed(path: path, what: "tensor \(one.name) occurs twice in the weight_map")
    }
    self = found
  }

  /// A shard lies in the index's folder or below: an index from elsewhere must not make us read other files, nor one
  /// file under many names.
  private static func checkShardName(_ name: String, path: String) throws(CheckpointError) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.utf8.contains(0), !parts.contains(""), !parts.contains("."),
      !parts.contains("..")
    else {
      throw .malformed(
        path: path, what: "it names the shard \(name.prefix(200).debugDescription), which is no place below its folder")
    }
  }
}
