import Testing

@testable import Checkpoints

@Suite("Damaged files")
struct DamagedFileTests {
  /// Opens a file and reads everything in it.
  private func readAll(_ path: String) throws(CheckpointError) {
    let checkpoint = try Checkpoint(opening: path)
    for tensor in checkpoint.tensors { _ = try checkpoint.floats(tensor.name) }
    _ = try checkpoint.digest(of: checkpoint.tensors.map(\.name))
  }

  @Test(
    "A file cut off at any byte is refused when it is opened",
    arguments: ["plain.safetensors", "nested.pth", "views.legacy.pth", "run.legacy.pth", "strided.legacy.pth"])
  func truncation(file: String) throws {
    let bytes = try Golden.bytes(file)
    let damaged = try TemporaryFile([])
    for count in 0..<bytes.count {
      try damaged.write(bytes[..<count])
      #expect(throws: CheckpointError.self, "\(count) of \(bytes.count) bytes") {
        try Checkpoint(opening: damaged.path)
      }
    }
  }

  @Test(
    "Changed bytes lead to values or to an error, never to a crash",
    arguments: [
      "plain.safetensors", "plain.zip.pth", "run.legacy.pth", "run.p4.pth", "views.legacy.pth", "mmengine.pth",
      "sharded/model.safetensors.index.json",
    ])
  func mutation(file: String) throws {
    let bytes = try Golden.bytes(file)
    let damaged = try TemporaryFile([])
    var random = SplitMix(state: 20_240_517)
    var refused = 0
    for _ in 0..<1500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let position = Int.random(in: 0..<changed.count, using: &random)
        changed[position] =
          Bool.random(using: &random)
          ? .random(in: 0...255, using: &random) : [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      }
      try damaged.write(changed)
      do throws(CheckpointError) { try readAll(damaged.path) } catch { refused += 1 }
    }
    // Most changes hit something that is checked; none at all would mean that nothing was tried.
    #expect(refused > 0)
  }

  static let headers: [(String, [UInt8])] = [
    ("cut off", safetensors("{", length: 100)),
    ("more than 100000000", safetensors("{}", length: 100_000_001)),
    ("more than 100000000", safetensors("{}", length: .max)),
    ("follow the last tensor", safetensors("{}", data: [0])),
    ("hole", safetensors(entry("a", [1, 2]), data: [0, 0])),
    ("overlaps", safetensors("{\(field("a", [0, 2], shape: 2)),\(field("b", [1, 2]))}", data: [0, 0])),
    ("cut off", safetensors(entry("a", [0, 1]))),
    ("takes 1 bytes", safetensors(entry("a", [0, 2]), data: [0, 0])),
    ("takes 1 bytes", safetensors(entry("a", [1, 0]), data: [0])),
    ("occurs twice", safetensors("{\(field("a", [0, 1])),\(field("a", [1, 2]))}", data: [0, 0])),
    ("exceeds 64 bits", safetensors(#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#)),
    ("exceeds 64 bits", safetensors(#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}"#)),
    ("fits 64 bits", safetensors(#"{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,0]}}"#)),
    ("fits 64 bits", safetensors(#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#)),
    ("fits 64 bits", safetensors(#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, data: [0])),
    ("element type", safetensors(#"{"a":{"dtype":"F3","shape":[],"data_offsets":[0,1]}}"#, data: [0])),
    ("needs dtype", safetensors(#"{"a":{"dtype":"U8","shape":[]}}"#)),
    ("needs dtype", safetensors(#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}"#)),
    ("occurs twice", safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, data: [0])),
    ("maps strings", safetensors(#"{"__metadata__":{"a":1}}"#)),
    ("occurs twice", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#)),
    ("expected", safetensors(#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},}"#, data: [0])),
    ("after the end", safetensors("{} x")),
    ("escape", safetensors(#"{"\q":1}"#)),
    ("surrogate", safetensors(#"{"\ud800":1}"#)),
    ("nested", safetensors("{\"a\":{\"x\":" + String(repeating: "[", count: 100_000) + "}}")),
    ("UTF-8", [2 + 4, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8)),
  ]

  private static func field(_ name: String, _ offsets: [Int], shape: Int = 1) -> String {
    #""\#(name)":{"dtype":"U8","shape":[\#(shape)],"data_offsets":\#(offsets)}"#
  }

  private static func entry(_ name: String, _ offsets: [Int]) -> String { "{\(field(name, offsets))}" }

  @Test("Each way in which a safetensors header can lie is refused", arguments: headers.indices)
  func header(index: Int) throws {
    let (word, bytes) = Self.headers[index]
    let file = try TemporaryFile(bytes)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test("What the format allows is accepted: blanks around, unknown fields, empty tensors, odd offsets")
  func allowed() throws {
    let header = """
       {"e" : {"dtype":"F32","shape":[0,3],"data_offsets":[1,1],"more":[{}, null]}, "f":{"dtype":"F32","shape":[],\
      "data_offsets":[1,5]},"b\\u00e4":{"data_offsets":[0,1],"shape":[1],"dtype":"BOOL"}}   \n
      """
    let file = try TemporaryFile(safetensors(header, data: [1, 0, 0, 0x80, 0x3F]))
    let checkpoint = try Checkpoint(opening: file.path)
    #expect(checkpoint.tensors.map(\.name) == ["bä", "e", "f"])
    #expect(try checkpoint.floats("f") == [1])
    #expect(try checkpoint.floats("e") == [])
  }
}

/// A small repeatable generator (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
