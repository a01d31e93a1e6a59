import Foundation
import Testing

@testable import Checkpoints

@Suite("What is no checkpoint")
struct ForeignFileTests {
  static let contents: [(String, [UInt8])] = [
    ("empty", []),
    ("a text file", Array("loss 0.5\nloss 0.4\n".utf8)),
    ("web page", Array("<!DOCTYPE html><html><body>404</body></html>".utf8)),
    ("Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".utf8)),
    ("without a weight_map", Array("{\"model_type\": \"vit\"}".utf8)),
    ("no valid JSON", Array("{\"weight_map\": ".utf8)),
    ("a gzip file", [0x1F, 0x8B, 8, 0, 0]),
    ("a PNG image", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]),
    ("a tar archive", [UInt8](repeating: 0, count: 257) + Array("ustar".utf8) + [UInt8](repeating: 0, count: 250)),
    ("plain pickle", [0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E]),
    ("unknown content", [0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD, 0xBE, 0xEF, 0xDE, 0xAD]),
    ("cut off", Array("PK\u{3}\u{4}".utf8) + [0, 0, 0]),
  ]

  @Test("Each is told apart by content, in a sentence with what to do", arguments: contents)
  func content(word: String, bytes: [UInt8]) throws {
    let file = try TemporaryFile(bytes, name: "model.safetensors")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    let message = try #require(error?.description)
    #expect(message.contains(word), "\(message)")
    #expect(message.hasPrefix(file.path) && message.contains(";"))
  }

  @Test("A TorchScript archive is named") func archives() throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("torchscript.pt")) }
    #expect(error?.description.contains("TorchScript") == true)
  }

  @Test("A missing path, an empty folder and a folder of other files are named")
  func folders() throws {
    let file = try TemporaryFile([1], name: "notes.txt")
    let inFolder = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.folder) }
    #expect(inFolder?.description.contains("notes.txt") == true)
    try FileManager.default.removeItem(atPath: file.path)
    let empty = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.folder) }
    #expect(empty?.description.contains("it is empty") == true)
    let missing = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(missing?.description.contains("No such file") == true)
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: "/dev/zero") }
  }

  @Test(
    "A folder's shard may not lie outside it, nor be an index",
    arguments: [
      "../x.safetensors", "/etc/passwd", "a/../../x", "", "x.index.json", "missing.safetensors",
    ])
  func shards(name: String) throws {
    let text = "{\"weight_map\": {\"a\": \(name.debugDescription)}}"
    let file = try TemporaryFile(Array(text.utf8), name: "x.index.json")
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
  }

  @Test("A tensor that its shard lacks is named")
  func missingTensor() throws {
    let file = try TemporaryFile(
      Array("{\"weight_map\": {\"a\": \"s\"}}".utf8), name: "model.safetensors.index.json")
    try safetensors("{}").write(to: file.folder + "/s")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.folder) }
    #expect(error?.description.contains("tensor a is not in s") == true)
  }
}
