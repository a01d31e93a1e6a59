import Testing

@testable import Checkpoints

/// Opens bytes by every way in which a file can be opened, which must agree, and reads everything.
func readEveryWay(_ bytes: [UInt8], name: String = "x.bin") throws(CheckpointError) -> [String: [Float]] {
  guard let file = try? TemporaryFile(bytes, name: name) else {
    throw .unreadable(path: name, reason: "no temporary file")
  }
  var first: [String: [Float]]?
  for checksStorages in [true, false] {
    let checkpoint = try Checkpoint(opening: file.path, checksStorages: checksStorages)
    try checkpoint.checkExtents()
    var values: [String: [Float]] = [:]
    for tensor in checkpoint.tensors { values[tensor.name] = try checkpoint.floats(tensor.name) }
    _ = try checkpoint.digest(of: checkpoint.tensors.map(\.name))
    #expect(first == nil || first == values)
    first = values
  }
  return first ?? [:]
}

/// Expects that bytes are refused in one sentence with a word, and that opening alone, whichever way, refuses them.
func expectRefusal(
  _ bytes: [UInt8], _ word: String, name: String = "x.bin", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = try TemporaryFile(bytes, name: name)
  for checksStorages in [true, false] {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try Checkpoint(opening: file.path, checksStorages: checksStorages)
    }
    let message = error?.description ?? ""
    #expect(
      message.contains(word) && message.hasPrefix(file.path) && message.contains(";") && message.count < 1500,
      "\(message)", sourceLocation: sourceLocation)
  }
}
