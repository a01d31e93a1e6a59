import Foundation
import Synchronization
import Testing

@testable import Checkpoints

@Suite("NumPy archives")
struct NumPyArchiveTests {
  /// What `Scripts/reference_numpy.py` says an array holds, in row-major order.
  private struct Array: Decodable {
    let type: String
    let shape: [Int]
    let values: [Double]?
    /// Of a large one, for each row.
    let sums: [Double]?
  }

  private func expected() throws -> [String: Array] {
    try JSONDecoder().decode([String: Array].self, from: Data(try Golden.bytes("numpy/expected.json")))
  }

  static let files = ["numpy/stored.npz", "numpy/deflated.npz"]

  @Test("Arrays of every type, order and header version are read, stored or deflated", arguments: files)
  func values(file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    try checkpoint.checkExtents()
    let expected = try expected()
    #expect(checkpoint.container == .npz && checkpoint.otherStateDictionaries.isEmpty)
    #expect(Set(checkpoint.tensors.map(\.name)) == Set(expected.keys))
    for (name, array) in expected {
      let tensor = try #require(checkpoint.tensor(named: name))
      #expect(tensor.elementType.rawValue == array.type && tensor.shape == array.shape, "\(name)")
      let found = try checkpoint.floats(name)
      if let values = array.values { #expect(found == values.map { Float($0) }, "\(name)") }
      if let values = array.values, tensor.elementType == .f64, let rows = tensor.shape.first {
        var doubles = [Double](repeating: .nan, count: tensor.count)
        var span = doubles.mutableSpan
        try checkpoint.read(name, rows: 0..<rows, into: &span)
        #expect(doubles == values, "\(name) keeps every bit")
      }
      for (row, sum) in (array.sums ?? []).enumerated() {
        let width = found.count / array.shape[0]
        let own = found[row * width..<(row + 1) * width].reduce(0) { $0 + Double($1) }
        // A sum of 221 doubles in another order.
        #expect(abs(own - sum) < 1e-12 * Double(width), "\(name), row \(row)")
      }
    }
  }

  @Test("Texts are no tensors: they are listed beside them") func texts() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("numpy/stored.npz"))
    #expect(checkpoint.tensor(named: "names") == nil)
    #expect(checkpoint.metadata["names"] == .omitted("texts of shape [2], not read"))
  }

  @Test("The digest is of names, types, shapes and values: the same for both ways to pack them") func digest() throws {
    let digests = try Self.files.map { file in
      let checkpoint = try Checkpoint(opening: Golden.path(file))
      return try checkpoint.digest(of: checkpoint.tensors.map(\.name))
    }
    #expect(digests[0] == digests[1])
  }

  @Test("Rows in any order, from several threads at once, are those of the whole", arguments: files)
  func rows(file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    for name in ["large", "params/a/column"] {
      let shape = try #require(checkpoint.tensor(named: name)).shape
      let whole = try checkpoint.floats(name)
      let width = whole.count / shape[0]
      let wrong = Mutex<[Int]>([])
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        for step in 0..<shape[0] {
          // Forwards, backwards, and in strides.
          let row = [step, shape[0] - 1 - step, step * 7 % shape[0], step * 11 % shape[0]][thread]
          var values = [Float](repeating: 0, count: width)
          var span = values.mutableSpan
          do { try checkpoint.read(name, rows: row..<row + 1, into: &span) } catch { wrong.withLock { $0.append(row) } }
          if values != Swift.Array(whole[row * width..<(row + 1) * width]) { wrong.withLock { $0.append(row) } }
        }
      }
      #expect(wrong.withLock { $0 }.isEmpty, "\(name)")
    }
  }

  @Test(
    "Axes in another order are those of the elements, joined ones run in the stored order",
    arguments: ["params/a/kernel", "params/a/column"], files)
  func axes(name: String, file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    let values = try checkpoint.floats(name)  // [3, 4, 5]
    func at(_ i: Int, _ j: Int, _ k: Int) -> Float { values[(i * 4 + j) * 5 + k] }
    func read(_ axes: [[Int]]) throws -> [Float] {
      var result = [Float](repeating: 0, count: 60)
      var span = result.mutableSpan
      try checkpoint.read(name, axes: axes, into: &span)
      return result
    }
    let info = try #require(checkpoint.tensor(named: name))
    #expect(info.shape(joining: [[1, 2], [0]]) == [20, 3] && info.shape(joining: [[2], [0, 1]]) == [5, 12])
    var expected: [Float] = []
    for j in 0..<4 { for k in 0..<5 { for i in 0..<3 { expected.append(at(i, j, k)) } } }
    #expect(try read([[1, 2], [0]]) == expected)
    expected = []
    for k in 0..<5 { for i in 0..<3 { for j in 0..<4 { expected.append(at(i, j, k)) } } }
    #expect(try read([[2], [0, 1]]) == expected)
    #expect(try read([[0, 1, 2]]) == values)
  }

  // MARK: Archives that lie

  /// Each file with a word its message must contain.
  static let lies: [(String, String)] = [
    ("object", "never run"), ("record", "records"), ("big_endian", "big-endian"), ("void", "no known type"),
    ("date", "M8"), ("long_double", "f16"), ("short", "its zip member has"), ("long", "its zip member has"),
    ("overflow", "exceeds 64 bits"), ("huge", "64 bits"), ("negative", "extent"), ("no_tuple", "tuple"),
    ("rank", "70 axes"), ("expression", "dictionary"), ("key", "the key"), ("twice", "the key"), ("lacking", "lacks"),
    ("tail", "follows"), ("header_long", "claims 65535"), ("header_cut", "inside its header"),
    ("header_none", "begin"), ("version", "version 7.0"), ("no_array", "begin"), ("duplicate", "two zip members"),
    ("no_directory", "cut off"), ("bomb", "disagree about its size"),
  ]

  @Test("Each lie is refused with the file, the reason and the next step", arguments: lies)
  func refused(file: String, word: String) throws {
    let path = Golden.path("numpy/lies/\(file).npz")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: path) }
    let message = try #require(error?.description)
    #expect(message.hasPrefix(path) && message.contains(word) && message.contains(";"), "\(message)")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/array_was_run"))
  }

  @Test("There is a test for every lie") func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Golden.path("numpy/lies"))
    let tested = Set(Self.lies.map { "\($0.0).npz" }).union(["good.npz", "good-deflated.npz", "checksum.npz"])
    #expect(Set(files) == tested)
  }

  @Test("The archives that the lies were made from are read", arguments: ["good", "good-deflated"])
  func good(file: String) throws {
    #expect(try Checkpoint(opening: Golden.path("numpy/lies/\(file).npz")).floats("w") == [1, 2, 3, 4])
  }

  @Test("Bytes that do not match their checksum are found when the array is read") func checksum() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("numpy/lies/checksum.npz"))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.floats("w") }
    #expect(error?.description.contains("CRC") == true)
  }

  @Test("An archive cut off anywhere is refused", arguments: [0.01, 0.3, 0.7, 0.999])
  func truncated(share: Double) throws {
    for name in Self.files {
      let whole = try Golden.bytes(name)
      let file = try TemporaryFile(Swift.Array(whole.prefix(Int(Double(whole.count) * share))), name: "cut.npz")
      #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path).checkExtents() }
    }
  }

  @Test("Other weights than the model's are not in such a file") func weights() throws {
    let path = Golden.path("numpy/stored.npz")
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: path, weights: .ema) }
  }
}
