import Foundation
import Testing

import Diagnostics

/// Files of masks: every type that stands for 0 and 1 is taken, everything else is refused with its row.
@Suite struct MaskFileTests {
  let folder = try? TemporaryFolder()

  /// Writes a safetensors file with one tensor of raw little-endian values.
  private func write(_ bytes: [UInt8], dtype: String, shape: [Int], tensor: String = "mask") throws -> String {
    let folder = try #require(folder)
    let header = #"{"\#(tensor)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[0,\#(bytes.count)]}}"#
    let path = folder.path("\(UUID().uuidString).safetensors")
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try Data(length + Array(header.utf8) + bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func refusal(_ bytes: [UInt8], _ shape: [Int]) throws -> String {
    let path = try write(bytes, dtype: "U8", shape: shape)
    let error = try #require(throws: MaskFileError.self) { try MaskFile(path) }
    let words = error.description
    #expect(words.hasPrefix(path))
    return words
  }

  @Test("Any numeric type is read")
  func types() throws {
    let expected = [[true, false, false, true], [false, true, true, false]]
    let ones = [1, 0, 0, 1, 0, 1, 1, 0]
    let files = [
      try write(ones.map { UInt8($0) }, dtype: "U8", shape: [2, 4]),
      try write(ones.map { UInt8($0) }, dtype: "BOOL", shape: [2, 4]),
      try write(bytes(ones.map { Int64($0) }), dtype: "I64", shape: [2, 4]),
      try write(bytes(ones.map { Float($0) }), dtype: "F32", shape: [2, 4]),
      try write(bytes(ones.map { Double($0) }), dtype: "F64", shape: [2, 4]),
      // 1 as a half is 0x3C00.
      try write(bytes(ones.map { UInt16($0 * 0x3C00) }), dtype: "F16", shape: [2, 4]),
    ]
    for file in files {
      let masks = try MaskFile(file)
      #expect(masks.masks == expected && masks.removed == 2 && masks.patches == 4 && masks.ratio == 0.5)
    }
  }

  @Test("A row follows its image, and images without a row are refused")
  func rows() throws {
    let file = try MaskFile(try write([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], dtype: "U8", shape: [3, 4]))
    let masks = try file.masks(of: [2, 0], grid: [2, 2], model: "m")
    #expect(masks == [[false, false, true, false], [true, false, false, false]])
    let few = try #require(throws: MaskFileError.self) { try file.masks(of: [0, 3], grid: [2, 2], model: "m") }
    #expect(few == .tooFewRows(file: file.path, rows: 3, image: 3))
    #expect(few.description.contains("image 3"))
    let other = try #require(throws: MaskFileError.self) { try file.masks(of: [0], grid: [14, 14], model: "MAE") }
    #expect(other == .patches(file: file.path, found: 4, model: "MAE", grid: [14, 14]))
    #expect(other.description.contains("14 × 14"))
  }

  @Test("Rows that cannot be used are named")
  func refusals() throws {
    #expect(try refusal([1, 0, 0, 0, 1, 1, 0, 0], [2, 4]).contains("row 1 removes 2 patches, row 0 removes 1"))
    #expect(try refusal([1, 0, 0, 0, 0, 0, 0, 0], [2, 4]).contains("row 1 removes no patch"))
    #expect(try refusal([1, 1, 1, 1, 1, 0, 0, 0], [2, 4]).contains("row 0 removes every patch"))
    #expect(try refusal([1, 0, 0, 0, 0, 2, 0, 0], [2, 4]).contains("row 1: patch 1 is 2.0"))
    #expect(try refusal([1, 0, 0, 0], [4]).contains("shape [4]"))
    #expect(try refusal([1, 0, 0, 0], [1, 2, 2]).contains("shape [1, 2, 2]"))
    #expect(try refusal([], [0, 4]).contains("shape [0, 4]"))
  }

  @Test("NaN is no mask")
  func notANumber() throws {
    let path = try write(bytes([1, 0, .nan, 0] as [Float]), dtype: "F32", shape: [1, 4])
    let error = try #require(throws: MaskFileError.self) { try MaskFile(path) }
    #expect(error.description.contains("row 0: patch 2 is nan"))
  }

  @Test("Other files are refused by what is missing")
  func otherFiles() throws {
    let named = try write([1, 0], dtype: "U8", shape: [1, 2], tensor: "masks")
    #expect(throws: MaskFileError.noTensor(file: named, found: ["masks"])) { try MaskFile(named) }
    let folder = try #require(folder)
    try folder.write("not a tensor file", to: "words.safetensors")
    let words = folder.path("words.safetensors")
    let error = try #require(throws: MaskFileError.self) { try MaskFile(words) }
    #expect(error.description.hasPrefix("\(words): not usable as a file of masks"))
  }
}
