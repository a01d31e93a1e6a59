import Testing

@testable import Checkpoints

@Suite("The pickle decoder")
struct PickleTests {
  private func decode(_ stream: [UInt8]) throws(CheckpointError) -> MetadataValue {
    let pickle = try PickleMachine.decode(PickleInput(stream, path: "test.pkl"))
    var decoder = MetadataDecoder(pickle, selected: nil)
    return decoder.value(pickle.root)
  }

  private func decode(_ text: String) throws(CheckpointError) -> MetadataValue { try decode(Array(text.utf8)) }

  @Test("Protocol 0 is understood, with its numbers, truth values and escapes")
  func textProtocol() throws {
    #expect(
      try decode("(lp0\nI1\naI01\naL-5L\naF2.5\naS'a\\x41\\n'\naVz\\u00f6\naNa.")
        == .list([
          .int(1), .bool(true), .int(-5), .double(2.5), .string("aA\n"), .string("zö"), .null,
        ]))
    #expect(try decode("(dp0\nS'k'\nI1\ns.")["k"] == .int(1))
    #expect(
      try decode("cos\nsystem\n(S'ls'\ntR.") == .object(type: "os.system", arguments: [.string("ls")], state: .null))
    #expect(
      try decode("(S'ls'\nios\nsystem\n.") == .object(type: "os.system", arguments: [.string("ls")], state: .null))
  }

  @Test("Marks, duplicates, pops and the memo work as in Python")
  func stackOperations() throws {
    #expect(try decode([0x4B, 1, 0x32, 0x86, 0x2E]) == .list([.int(1), .int(1)]))
    #expect(try decode([0x4B, 1, 0x28, 0x4B, 2, 0x31, 0x2E]) == .int(1))  // POP_MARK
    #expect(try decode([0x4B, 1, 0x4B, 2, 0x30, 0x2E]) == .int(1))  // POP
    #expect(try decode([0x4B, 7, 0x71, 3, 0x30, 0x68, 3, 0x2E]) == .int(7))  // BINPUT, BINGET
    #expect(try decode([0x8A, 0, 0x2E]) == .int(0))
    #expect(try decode([0x8A, 2, 0x00, 0xFF, 0x2E]) == .int(-256))
    #expect(try decode([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x2E]) == .int(.min))
  }

  @Test(
    "Streams that break the machine's rules are refused",
    arguments: [
      [0x2E], [0x30, 0x2E], [0x28, 0x2E], [0x74, 0x2E], [0x68, 0, 0x2E], [0x80, 6, 0x4E, 0x2E], [0xFF],
      [0x4E, 0x61, 0x2E],
      [0x4E, 0x4E, 0x61, 0x2E], [0x4E, 0x4E, 0x62, 0x2E], [0x28, 0x4E, 0x64, 0x2E], [0x28, 0x6F, 0x2E],
      [0x82, 1, 0x2E],
      [0x97, 0x2E], [0x4E, 0x4E, 0x93, 0x2E], [0x49, 0x78, 0x0A, 0x2E], [0x4E, 0x28, 0x61, 0x2E],
      [0x58, 0xFF, 0xFF, 0xFF, 0xFF], [0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [0x8B, 0xFF, 0xFF, 0xFF, 0x7F],
      [0x63, 0x61, 0x0A, 0x62],
    ] as [[UInt8]])
  func broken(stream: [UInt8]) {
    #expect(throws: CheckpointError.self) { try decode(stream) }
  }

  @Test("The refusal names the byte at which decoding stopped")
  func place() {
    let error = #expect(throws: CheckpointError.self) { try decode([0x4E, 0x4E, 0x82, 1, 0x2E]) }
    #expect(error?.description.contains("extension code") == true)
    #expect(error?.description.contains("at its byte 2") == true)
  }

  @Test("A million nested lists neither exhaust the stack nor hang")
  func deep() throws {
    let depth = 1_000_000
    let stream = [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1) + [0x2E]
    var value = try decode(stream)
    var levels = 0
    while let inner = value[0] {
      value = inner
      levels += 1
    }
    #expect(levels == MetadataDecoder.depthLimit)
    #expect(value == .omitted("nested deeper than \(MetadataDecoder.depthLimit)"))
  }

  @Test("A list that contains itself ends where nesting ends")
  func cyclic() throws {
    var value = try decode([0x5D, 0x71, 0, 0x68, 0, 0x61, 0x2E])
    for _ in 0..<MetadataDecoder.depthLimit { value = try #require(value[0]) }
    #expect(value == .omitted("nested deeper than \(MetadataDecoder.depthLimit)"))
  }

  @Test("Lists that share lists cannot multiply beyond the stated number of values")
  func multiplication() throws {
    // Forty lists of ten references to the list before: 10^40 values if followed.
    var stream: [UInt8] = [0x5D, 0x71, 0, 0x30]
    for level in 0..<40 as Range<UInt8> {
      stream += [0x5D, 0x28] + [[UInt8]](repeating: [0x68, level], count: 10).flatMap { $0 }
      stream += [0x65, 0x71, level + 1, 0x30]
    }
    stream += [0x68, 40, 0x2E]
    func count(_ value: MetadataValue) -> Int { 1 + (value.list ?? []).reduce(0) { $0 + count($1) } }
    let total = count(try decode(stream))
    // One note of omission may stand in each list on the way.
    // 41 lists, 401 references and the marks between them make fewer than 1000 nodes.
    #expect(total <= 4096 + 1000 * MetadataDecoder.usesPerNode)
    #expect(total > 4096)
  }

  @Test("Streams of more values than the limit are refused")
  func tooMany() {
    let stream = [UInt8](repeating: 0x4E, count: PickleMachine.nodeLimit + 1) + [0x2E]
    #expect(throws: CheckpointError.self) { try decode(stream) }
  }
}
