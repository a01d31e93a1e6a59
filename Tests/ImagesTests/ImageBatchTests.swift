import Foundation
import Testing

@testable import Images

@Suite("Batches of preprocessed images")
struct ImageBatchTests {
  /// A safetensors file with one tensor.
  private func safetensors(_ name: String, _ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    let header = "{\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[0,\(data.count)]}}"
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    return length + Array(header.utf8) + data
  }

  private func batch(_ values: [Float], _ shape: [Int]) -> [UInt8] {
    let data = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    return safetensors("images", "F32", shape, data)
  }

  private func row(_ set: ImageSet, _ index: Int) throws -> [Float] {
    let size = try #require(set.preprocessedSize)
    var pixels = [Float](repeating: .nan, count: 3 * size.height * size.width)
    var span = pixels.mutableSpan
    _ = try set.load(index, preprocessing: Preprocessing(imageSize: 1), into: &span)
    return pixels
  }

  @Test("Rows come out as they are, whatever the file is called")
  func rows() throws {
    let folder = try TemporaryFolder()
    let values: [Float] = (0..<72).map { i in Float(i) / 4 - 7 }
    for name in ["batch.safetensors", "batch.bin"] {
      let path = try folder.write(batch(values, [4, 3, 2, 3]), to: name)
      let set = try ImageSet(paths: [path])
      #expect(set.count == 4 && set.isPreprocessed)
      #expect(set.preprocessedSize?.height == 2 && set.preprocessedSize?.width == 3)
      #expect(set.name(of: 2) == "\(path)[2]")
      for i in 0..<4 { #expect(try row(set, i) == Array(values[i * 18..<(i + 1) * 18])) }
    }
  }

  @Test("Half precision is widened")
  func halves() throws {
    let folder = try TemporaryFolder()
    // 1, −2 and 0.5 in binary16 and bfloat16.
    let cases: [(String, [UInt16])] = [("F16", [0x3C00, 0xC000, 0x3800]), ("BF16", [0x3F80, 0xC000, 0x3F00])]
    for (type, patterns) in cases {
      let data = patterns.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let path = try folder.write(safetensors("images", type, [1, 3, 1, 1], data), to: "\(type).safetensors")
      #expect(try row(ImageSet(paths: [path]), 0) == [1, -2, 0.5])
    }
  }

  @Test("Several batches of one size stand one after the other, and the seed chooses among all rows")
  func several() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write(batch([1, 2, 3, 4, 5, 6], [2, 3, 1, 1]), to: "1.safetensors")
    let second = try folder.write(batch([7, 8, 9], [1, 3, 1, 1]), to: "2.safetensors")
    let set = try ImageSet(paths: [first, second])
    #expect(try (0..<3).map { try row(set, $0) } == [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    let two = try ImageSet(paths: [first, second], count: 2, seed: 1)
    #expect(two.count == 2 && two.candidateCount == 3)
    let other = try folder.write(batch([7, 8, 9, 7, 8, 9], [1, 3, 2, 1]), to: "3.safetensors")
    #expect(throws: ImageError.self) { try ImageSet(paths: [first, other]) }
  }

  @Test("Batches together with a folder or an image are refused")
  func mixed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(batch([1, 2, 3], [1, 3, 1, 1]), to: "batch.safetensors")
    for other in [goldenFolder.path, goldenFolder.appendingPathComponent("grey1.png").path] {
      #expect(throws: ImageError.mixedSources(batch: path, other: other)) { try ImageSet(paths: [other, path]) }
    }
  }

  @Test("Wrong name, shape or type, values that are not finite, and damage are refused")
  func refused() throws {
    let folder = try TemporaryFolder()
    let floats = [UInt8](repeating: 0, count: 48)
    let cases: [(content: [UInt8], word: String)] = [
      (safetensors("pixels", "F32", [1, 3, 2, 2], floats), "pixels"),
      (safetensors("images", "F32", [3, 2, 2], floats), "shape"),
      (safetensors("images", "F32", [1, 1, 3, 4], floats), "shape"),
      (safetensors("images", "F32", [0, 3, 2, 2], []), "shape"),
      (safetensors("images", "I32", [1, 3, 2, 2], floats), "type"),
      (Array(batch([1, 2, 3], [1, 3, 1, 1]).dropLast(2)), "batch"),
      ([1, 2, 3], "batch"), ([], "batch"),
    ]
    for (content, word) in cases {
      let path = try folder.write(content, to: "batch.safetensors")
      let error = #expect(throws: ImageError.self) { try ImageSet(paths: [path]) }
      #expect(error?.description.contains(word) == true && error?.description.contains(path) == true)
    }
    let path = try folder.write(batch([1, .nan, 3], [1, 3, 1, 1]), to: "nan.safetensors")
    #expect(throws: ImageError.notFinite(path: "\(path)[0]")) { try row(ImageSet(paths: [path]), 0) }
  }
}
