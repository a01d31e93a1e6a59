import Foundation

/// The index of a sharded checkpoint beside one good shard.
enum ShardTarget {
  private static let folder: String = {
    let folder = "/dev/shm/fuzz-shards-\(getpid())"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let header = Array(#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#.utf8)
      let length = [UInt8(header.count)] + [UInt8](repeating: 0, count: 7)
      try Data(length + header + [UInt8](repeating: 0, count: 16)).write(
        to: URL(fileURLWithPath: folder + "/a.safetensors"))
    } catch {
      fatalError("no folder for the shards: \(error)")
    }
    atexit { try? FileManager.default.removeItem(atPath: "/dev/shm/fuzz-shards-\(getpid())") }
    return folder
  }()

  static func open(index: [UInt8]) {
    let path = folder + "/model.safetensors.index.json"
    guard FileManager.default.createFile(atPath: path, contents: Data(index)) else {
      fatalError("\(path) cannot be written")
    }
    CheckpointTarget.open(path, naming: folder)
  }
}
