import Checkpoints
import Foundation
import OutputFiles
import Testing

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  private static func path() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("written-\(UUID().uuidString)").path
  }

  /// Writes the values as one tensor in two pieces, beside an empty one, and reads them back.
  private func roundTrip(_ values: [Float], _ precision: SafetensorsWriter.Precision) throws -> Checkpoint {
    let path = Self.path()
    let writer = SafetensorsWriter(
      tensors: [.init(name: "a \"b\"\n\\", shape: [values.count, 1]), .init(name: "none", shape: [0])],
      metadata: ["note": "ä \"quoted\"\t", "epoch": "3"], precision: precision)
    try writer.write(to: path) { (index, append) throws(OutputError) in
      guard index == 0 else { return }
      try append(values.span.extracting(first: 1))
      try append(values.span.extracting(1..<values.count))
    }
    defer { try? FileManager.default.removeItem(atPath: path) }
    let checkpoint = try Checkpoint(opening: path)
    #expect(try checkpoint.floats("none").isEmpty)
    let read = try checkpoint.floats("a \"b\"\n\\")
    for (mine, theirs) in zip(values, read) {
      let expected = precision == .single ? mine : Float(Float16(mine))
      #expect(theirs == expected || (theirs.isNaN && expected.isNaN), "\(mine) became \(theirs), not \(expected)")
    }
    return checkpoint
  }

  @Test("What is written is read back: values, shapes, names and strings of any kind") func single() throws {
    let checkpoint = try roundTrip([1, -0.1, .infinity, .leastNonzeroMagnitude, 1e38], .single)
    #expect(checkpoint.tensors.map(\.shape) == [[5, 1], [0]])
    #expect(checkpoint.metadata["note"]?.string == "ä \"quoted\"\t")
    #expect(checkpoint.metadata["epoch"]?.string == "3")
  }

  @Test("Half precision rounds to the nearest, ties to even, through subnormals to infinity") func half() throws {
    var values: [Float] = [0, -0.0, 65_504, 65_519.99, 65_520, 1e9, -.infinity, .nan, 5.96e-8, 2.98e-8, 2.99e-8, 1e-9]
    // Halfway between two neighbours, and around it, in every exponent.
    for exponent in -26...15 {
      for step in 0..<64 {
        let base = Float(sign: .plus, exponent: exponent, significand: 1 + Float(step) / 2048)
        values += [base, -base, base.nextUp, base.nextDown]
      }
    }
    _ = try roundTrip(values, .half)
  }

  @Test("A file that cannot be written leaves the old one") func failure() throws {
    let path = "/nowhere/at/all.safetensors"
    #expect(throws: OutputError.missingFolder(path: path)) {
      try SafetensorsWriter(tensors: [], metadata: [:]).write(to: path) { (_, _) throws(OutputError) in }
    }
  }
}
