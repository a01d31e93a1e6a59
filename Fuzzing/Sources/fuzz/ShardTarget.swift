/// The index of a sharded checkpoint beside one good shard.
enum ShardTarget {
  private static let shard: String = {
    let header = Array(#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#.utf8)
    let length = [UInt8(header.count)] + [UInt8](repeating: 0, count: 7)
    return ScratchFolder.write(length + header + [UInt8](repeating: 0, count: 16), as: "a.safetensors")
  }()

  static func open(index: [UInt8]) {
    _ = shard
    CheckpointTarget.open(ScratchFolder.write(index, as: "model.safetensors.index.json"), naming: ScratchFolder.path)
  }
}
