import Dispatch
import Synchronization
import Testing

@testable import Checkpoints
@testable import Digests

@Suite("Digests and concurrent reading")
struct DigestTests {
  @Test("SHA-256 gives the values of FIPS 180-4's examples, however the message is cut")
  func standard() {
    let cases: [(String, String)] = [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ]
    for (message, digest) in cases {
      var whole = SHA256()
      whole.update(Array(message.utf8).span.bytes)
      #expect(whole.finish().hex == digest)
      var pieces = SHA256()
      for byte in message.utf8 { pieces.update([byte].span.bytes) }
      #expect(pieces.finish().hex == digest)
    }
  }

  @Test("The same tensors have the same digest in every container")
  func containers() throws {
    for name in ["plain", "strided"] {
      let digests = try ["zip.pth", "legacy.pth", "safetensors"].map { ending in
        let checkpoint = try Checkpoint(opening: Golden.path("\(name).\(ending)"))
        return try checkpoint.digest(of: checkpoint.tensors.map(\.name))
      }
      #expect(Set(digests).count == 1, "\(digests)")
    }
  }

  @Test("The digest covers names, and neither their order nor repetition")
  func names() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("plain.safetensors"))
    let names = checkpoint.tensors.map(\.name)
    let digest = try checkpoint.digest(of: names)
    #expect(try checkpoint.digest(of: names.reversed() + names) == digest)
    #expect(try checkpoint.digest(of: names.dropLast()) != digest)
    #expect(throws: CheckpointError.self) { try checkpoint.digest(of: ["none"]) }
    let strided = try Checkpoint(opening: Golden.path("strided.zip.pth"))
    #expect(try strided.digest(of: ["tied.a"]) != strided.digest(of: ["tied.b"]))
  }

  @Test("The digest is SHA-256 over the stated message")
  func message() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("nested.pth"))
    var message: [UInt8] = []
    func append(_ number: UInt8) { message += [number, 0, 0, 0, 0, 0, 0, 0] }
    append(1)
    message += Array("w".utf8)
    append(3)
    message += Array("f32".utf8)
    append(1)
    append(1)
    append(4)
    message += [0, 0, 0x10, 0x41]  // 9.0
    var hash = SHA256()
    hash.update(message.span.bytes)
    #expect(try checkpoint.digest(of: ["w"]) == hash.finish().hex)
  }

  @Test(
    "Threads that read at once read the same values", arguments: ["strided.zip.pth", "plain.legacy.pth", "sharded_bin"])
  func concurrent(file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    let truth = try checkpoint.tensors.map { try checkpoint.floats($0.name) }
    let differing = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 200) { iteration in
      let index = iteration % truth.count
      let values = try? checkpoint.floats(checkpoint.tensors[index].name)
      if values?.map(\.bitPattern) != truth[index].map(\.bitPattern) { differing.withLock { $0 += 1 } }
    }
    #expect(differing.withLock { $0 } == 0)
  }

  @Test("A buffer of another size and an unknown name are refused")
  func misuse() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("plain.zip.pth"))
    var buffer = [Float](repeating: 0, count: 14)
    #expect(throws: CheckpointError.self) {
      var span = buffer.mutableSpan
      try checkpoint.read("blocks.10.weight", into: &span)
    }
    #expect(throws: CheckpointError.self) { try checkpoint.floats("blocks.10") }
    #expect(checkpoint.tensor(named: "blocks.10") == nil)
  }
}

@Suite("Rows of a tensor")
struct RowTests {
  @Test("Rows read alone are those of the whole tensor, whatever the strides", arguments: Golden.files)
  func rows(file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    for tensor in checkpoint.tensors {
      guard let extent = tensor.shape.first, extent > 0 else { continue }
      let whole = try checkpoint.floats(tensor.name)
      let width = tensor.count / extent
      for row in 0..<extent {
        var part = [Float](repeating: -1, count: width)
        var span = part.mutableSpan
        try checkpoint.read(tensor.name, rows: row..<row + 1, into: &span)
        #expect(part.map(\.bitPattern) == whole[row * width..<(row + 1) * width].map(\.bitPattern), "\(tensor.name)")
        guard tensor.elementType == .f64 else { continue }
        var doubles = [Double](repeating: -1, count: width)
        var doubleSpan = doubles.mutableSpan
        try checkpoint.read(tensor.name, rows: row..<row + 1, into: &doubleSpan)
        // Read as Float, each was rounded once.
        #expect(doubles.map { Float($0).bitPattern } == part.map(\.bitPattern), "\(tensor.name)")
      }
    }
  }
}
