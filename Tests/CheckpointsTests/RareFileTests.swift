import Foundation
import Testing

@testable import Checkpoints

@Suite("Files of rarer kinds that PyTorch and safetensors write")
struct RareFileTests {
  @Test(
    "Bits of lazy views and every layout give the values of torch.load",
    arguments: ["bits.zip.pth", "bits.legacy.pth", "bits.v3.pth", "crc.pth"])
  func bits(file: String) throws {
    let golden = try Golden(file, in: "containers/")
    let checkpoint = try Checkpoint(opening: Golden.path("containers/\(file)"))
    #expect(Set(checkpoint.tensors.map(\.name)) == Set(golden.tensors.keys))
    for (name, truth) in golden.tensors {
      let info = try #require(checkpoint.tensor(named: name))
      #expect(info.elementType == truth.type && info.shape == truth.shape, "\(name)")
      // Bit for bit, the sign of zero included: negation is exact.
      #expect(try checkpoint.floats(name).map(\.bitPattern) == truth.values.map(\.bitPattern), "\(name)")
    }
  }

  @Test("Rows, reordered axes and double precision are negated, too")
  func parts() throws {
    let golden = try Golden("bits.zip.pth", in: "containers/")
    let checkpoint = try Checkpoint(opening: Golden.path("containers/bits.zip.pth"))
    let whole = try #require(golden.tensors["negative"]).values
    var row = [Float](repeating: 0, count: 6)
    var span = row.mutableSpan
    try checkpoint.read("negative", rows: 2..<3, into: &span)
    #expect(row == Array(whole[12..<18]))
    var transposed = [Float](repeating: 0, count: 24)
    var transposedSpan = transposed.mutableSpan
    try checkpoint.read("negative", axes: [[1], [0]], into: &transposedSpan)
    let expected = (0..<24).map { (i: Int) -> Float in whole[i % 4 * 6 + i / 4] }
    #expect(transposed == expected)
    #expect(try checkpoint.floats("negative", first: 2) == Array(whole.prefix(2)))
    var double = [Double](repeating: 0, count: 2)
    var doubleSpan = double.mutableSpan
    try checkpoint.read("double", rows: 0..<2, into: &doubleSpan)
    #expect(double == [-1 / 3, 1e300])
  }

  @Test("A digest is that of the values, whatever bits the file keeps")
  func digest() throws {
    let golden = try Golden("bits.zip.pth", in: "containers/")
    let values = try #require(golden.tensors["row"]).values
    let bytes = values.flatMap { little(Int($0.bitPattern), 4) }
    let plain = try TemporaryFile(
      safetensors(#"{"row":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}"#, data: bytes))
    let own = try Checkpoint(opening: Golden.path("containers/bits.zip.pth")).digest(of: ["row"])
    let truth = try Checkpoint(opening: plain.path).digest(of: ["row"])
    #expect(own == truth)
  }

  @Test("Complex elements with a conjugate bit are named when they are read, and hide nothing")
  func complex() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("containers/complex.pth"))
    #expect(try checkpoint.floats("w").count == 6)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.floats("z") }
    #expect(error?.description.contains("tensor z holds c64 elements") == true)
  }

  @Test("A bit that nobody has defined is refused by the tensor's name")
  func unknownBit() throws {
    for marks in [["zero": true], ["neg": true, "other": true]] {
      let stream = stateDictionary(marks: marks)
      let error = #expect(throws: CheckpointError.self) {
        _ = try StateDictionary(in: PickleMachine.decode(PickleInput(stream, path: "x")), weights: .model, path: "x")
      }
      #expect(error?.description.contains("tensor a.w, rebuilt by torch._utils._rebuild_tensor_v2") == true)
    }
  }

  @Test("An archive without checksums is read as torch.load reads it")
  func withoutChecksums() throws {
    let truth = try Golden("crc.pth", in: "containers/")
    let checkpoint = try Checkpoint(opening: Golden.path("containers/nocrc.pth"))
    #expect(checkpoint.stateDictionary == "model")
    for (name, tensor) in truth.tensors { #expect(try checkpoint.floats(name) == tensor.values, "\(name)") }
    try checkpoint.checkExtents()
  }

  @Test("One checksum that is there keeps all of them compared")
  func someChecksums() throws {
    // The first member of two has a sum of 0 that is wrong: it is found, because the second has one.
    var members = [
      ZipBuilder.Member("x/data.pkl", stateDictionary(marks: [:])),
      ZipBuilder.Member("x/data/0", [UInt8](repeating: 1, count: 4)),
    ]
    members[1].local.checksum = 0
    members[1].central.checksum = 0
    let file = try TemporaryFile(ZipBuilder(members).bytes)
    let checkpoint = try Checkpoint(opening: file.path)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.floats("a.w") }
    #expect(error?.description.contains("CRC") == true)
    members[0].local.checksum = 0
    members[0].central.checksum = 0
    let without = try TemporaryFile(ZipBuilder(members).bytes)
    #expect(try Checkpoint(opening: without.path).floats("a.w").map(\.bitPattern) == [0x0101_0101])
  }

  @Test(
    "A header's length may look like any mark: what follows decides",
    arguments: [
      [0x80, 0x02], [0x80, 0x03], [0x80, 0x04], [0x80, 0x05, 0x01], [0x1F, 0x8B, 0x08], [0x50, 0x4B, 0x03, 0x04],
      [0x50, 0x4B, 0x05, 0x00], [0x7B, 0x22], [0x7B, 0x20, 0x20], [0xFF, 0xD8, 0xFF], [0x93, 0x4E], [0x0A, 0x7B],
      [0x20, 0x20], [0x80, 0x80],
    ] as [[UInt8]])
  func headerLengths(start: [UInt8]) throws {
    let length = start.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    for blanks in ["", " \n"] {
      let entry = blanks + #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
      try #require(length >= entry.utf8.count)
      let header = entry + String(repeating: " ", count: length - entry.utf8.count)
      let file = try TemporaryFile(safetensors(header, data: [0, 0, 0x80, 0x3F]))
      #expect(try Checkpoint(opening: file.path).floats("w") == [1])
      // Cut off, it is still told as what it is.
      let whole = try Data(contentsOf: URL(filePath: file.path))
      try file.write(whole.prefix(whole.count - 5))
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
      #expect(error?.description.contains("cut off") == true)
    }
  }

  @Test("A tar mark inside a header's text is text")
  func tarMark() throws {
    let name = String(repeating: "a", count: 257 - 8 - 2) + "ustar"
    let file = try TemporaryFile(
      safetensors(#"{"\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: [0, 0, 0x80, 0x3F]))
    #expect(try Checkpoint(opening: file.path).floats(name) == [1])
  }
}

/// The pickle of a state dictionary with one tensor `a.w` of one element, and bits in its metadata.
private func stateDictionary(marks: [String: Bool]) -> [UInt8] {
  var bits: [UInt8] = []
  for (name, isSet) in marks.sorted(by: { $0.key < $1.key }) { bits += Op.text(name) + [isSet ? 0x88 : 0x89] }
  let tensor = Op.call(
    "torch._utils", "_rebuild_tensor_v2", Op.storage(count: 1), Op.int(0), Op.ints([1]), Op.ints([1]), [0x89],
    Op.emptyDictionary, Op.emptyDictionary + Op.mark + bits + Op.setItems)
  return (PickleBuilder() + Op.dictionary(("a.w", tensor))).stream
}
