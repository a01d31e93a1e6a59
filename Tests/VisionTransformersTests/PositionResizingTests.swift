import Foundation
import Testing

@testable import VisionTransformers

@Suite("Resized position embeddings")
struct PositionResizingTests {
  typealias Method = Architecture.PositionResizing
  static let methods = Method.allCases

  private struct Reference: Decodable {
    struct Case: Decodable {
      var method: Method
      var from, to: [Int]
      var values, result: [Double]
    }
    var cases: [Case]
  }

  @Test("Every method gives what PyTorch's interpolate gives")
  func reference() throws {
    let data = try Data(contentsOf: URL(filePath: golden("positions.json")))
    let cases = try JSONDecoder().decode(Reference.self, from: data).cases
    #expect(Set(cases.map(\.method)) == Set(Self.methods))
    for x in cases {
      let found = x.method.resize(x.values.map { Float($0) }, prefix: 0, width: 2, from: x.from, to: x.to)
      let error = zip(found, x.result).map { abs(Double($0) - $1) }.max() ?? .infinity
      // Computed in double precision, rounded once; values are below 4.
      #expect(found.count == x.result.count && error <= 2.5e-7, "\(x.method) \(x.from) → \(x.to): \(error)")
    }
  }

  @Test("The same grid is left as it is", arguments: Self.methods.filter { $0 != .bicubicByFactor })
  func identity(method: Method) {
    let values = TinyFile.values((2 + 5 * 4) * 3, name: "positions")
    #expect(method.resize(values, prefix: 2, width: 3, from: [5, 4], to: [5, 4]) == values)
  }

  @Test(
    "A constant stays constant: weights sum to 1; prefix rows stay", arguments: methods,
    [[1, 1], [2, 9], [7, 3], [20, 20]])
  func constant(method: Method, target: [Int]) {
    let prefix = TinyFile.values(6, name: "prefix")
    let values = prefix + [Float](repeating: 0.7, count: 5 * 6 * 3)
    let found = method.resize(values, prefix: 2, width: 3, from: [5, 6], to: target)
    #expect(found.count == (2 + target[0] * target[1]) * 3)
    #expect(Array(found[..<6]) == prefix)
    // Eight weights at most sum in double precision; the result is rounded once.
    #expect(found[6...].allSatisfy { abs($0 - 0.7) <= Float.ulpOfOne })
  }

  @Test("Rows and columns are not confused", arguments: methods)
  func axes(method: Method) {
    let byRow = (0..<12).map { Float($0 / 3) }
    let byColumn = (0..<12).map { Float($0 % 4) }
    let rows = method.resize(byRow, prefix: 0, width: 1, from: [4, 3], to: [6, 5])
    let columns = method.resize(byColumn, prefix: 0, width: 1, from: [3, 4], to: [5, 6])
    for i in 0..<6 { for j in 0..<5 { #expect(abs(rows[i * 5 + j] - columns[j * 6 + i]) <= 1e-6) } }
  }
}
