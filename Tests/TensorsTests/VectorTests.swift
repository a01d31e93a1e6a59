import Foundation
import Testing

@testable import Tensors

@Suite("Vectors")
struct VectorTests {
  /// Lengths around a register, a block and a chunk.
  static let lengths = [0, 1, 7, 8, 255, 257, vectorChunk - 1, vectorChunk, 3 * vectorChunk + 5]

  @Test("Dot products, norms and distances are those of double precision", arguments: lengths)
  func sums(n: Int) {
    let (x, y) = (values(n, seed: 1), values(n, seed: 2))
    let products = zip(x, y).map { Double($0) * Double($1) }
    let exact = products.reduce(0, +)
    let size = products.reduce(0) { $0 + abs($1) }
    // Orders of summation differ: n ε of Double at worst.
    #expect(abs(dot(x.span, y.span) - exact) <= 1e-11 * size)
    let length = x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(norm(x.span) - length) <= 1e-11 * Double(n))
    let differences = zip(x, y).map { Double($0) - 0.3 * Double($1) }
    let apart = differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(distance(x.span, 0.3, y.span) - apart) <= 1e-11 * Double(n))
  }

  @Test("No team changes a bit", arguments: [2, 3, 8])
  func teams(threads: Int) {
    let n = 5 * vectorChunk + 3
    let (x, y) = (values(n, seed: 1), values(n, seed: 2))
    let team = Team(threads: threads)
    #expect(dot(x.span, y.span) == dot(x.span, y.span, team: team))
    #expect(combined(0.3, x, -2, y, team: .single) == combined(0.3, x, -2, y, team: team))
    #expect(rotated(n, team: .single) == rotated(n, team: team))
  }

  @Test("A combination is rounded once", arguments: lengths)
  func combinations(n: Int) {
    let (x, y) = (values(n, seed: 1), values(n, seed: 2))
    let exact: [Double] = zip(x, y).map { 0.3 * Double($0) - 2 * Double($1) }
    #expect(combined(0.3, x, -2, y) == exact.map { Float($0) })
    let broken = [Float](repeating: .nan, count: n)
    #expect(combined(2, x, 0, broken) == x.map { 2 * $0 })
  }

  @Test("Rows are combined in place, and only those asked for", arguments: [1, 300, vectorChunk + 1])
  func rotation(n: Int) {
    let rows = (0..<4).map { values(n, seed: UInt32($0 + 1)) }
    let result = rotated(n)
    for i in 0..<n {
      let x = rows.map { Double($0[i]) }
      #expect(result[0][i] == rows[0][i])
      let first: Double = 0.5 * x[1] - 0.25 * x[2] + x[3]
      let second: Double = 2 * x[1] + x[2]
      #expect(abs(Double(result[1][i]) - first) <= ulp)
      #expect(abs(Double(result[2][i]) - second) <= 2 * ulp)
      #expect(result[3][i] == rows[3][i])
    }
  }

  @Test("Dot products with many vectors, and their sum onto one, are those of single vectors")
  func stacks() {
    let n = vectorChunk + 9
    var stack = VectorStack(count: 3, length: n)
    let rows = (0..<3).map { values(n, seed: UInt32($0 + 1)) }
    for (i, row) in rows.enumerated() { stack.setVector(i, to: row.span) }
    let w = values(n, seed: 9)
    let together = stack.dots(with: w.span, rows: 3)
    for (i, row) in rows.enumerated() {
      let alone = dot(row.span, w.span)
      #expect(together[i] == alone)
    }
    var sum = w
    var span = sum.mutableSpan
    stack.add([1, -2, 0.5], to: &span)
    for i in 0..<n {
      let (x, y, z) = (Double(rows[0][i]), Double(rows[1][i]), Double(rows[2][i]))
      let exact: Double = Double(w[i]) + x - 2 * y + 0.5 * z
      #expect(sum[i] == Float(exact))
    }
    stack.add([3], toVector: 1)
    let last: Double = Double(rows[1][n - 1]) + 3 * Double(rows[0][n - 1])
    let found = stack.vector(1)[n - 1]
    #expect(found == Float(last))
  }

  private func combined(_ a: Double, _ x: [Float], _ b: Double, _ y: [Float], team: Team = .single) -> [Float] {
    var y = y
    var span = y.mutableSpan
    combine(a, x.span, b, into: &span, team: team)
    return y
  }

  private func rotated(_ n: Int, team: Team = .single) -> [[Float]] {
    var stack = VectorStack(count: 4, length: n)
    for i in 0..<4 {
      let row = values(n, seed: UInt32(i + 1))
      stack.setVector(i, to: row.span)
    }
    stack.rotate(by: [[0.5, -0.25, 1], [2, 1, 0]], from: 1, team: team)
    return (0..<4).map { i in
      let vector = stack.vector(i)
      return vector.indices.map { vector[$0] }
    }
  }
}

@Suite("Small eigenproblems")
struct EigensystemTests {
  @Test("The second-difference matrix follows its closed form, dense and tridiagonal", arguments: [1, 2, 9, 60])
  func closedForm(n: Int) throws {
    var dense = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      dense[i * n + i] = 2
      if i > 0 { dense[i * n + i - 1] = -1 }
      // The upper triangle must not be read.
      for j in i + 1..<max(n, i + 1) { dense[i * n + j] = 77 }
    }
    let systems = [
      try Eigensystem(dense: dense, order: n),
      try Eigensystem(diagonal: Array(repeating: 2, count: n), offDiagonal: Array(repeating: -1, count: n - 1)),
    ]
    for system in systems {
      for k in 1...n {
        let truth = 2 - 2 * cos(Double(k) * .pi / Double(n + 1))
        // Backward error of a few n ε.
        #expect(abs(system.values[k - 1] - truth) < 1e-13)
        let v = system.vectors[k - 1]
        for i in 0..<n {
          let left = i > 0 ? v[i - 1] : 0
          let right = i + 1 < n ? v[i + 1] : 0
          let product: Double = 2 * v[i] - left - right
          #expect(abs(product - truth * v[i]) < 1e-13)
        }
      }
    }
  }

  @Test("Nothing at all has no eigenvalues")
  func empty() throws {
    #expect(try Eigensystem(dense: [], order: 0).values.isEmpty)
    #expect(try Eigensystem(diagonal: [], offDiagonal: []).values.isEmpty)
  }

  @Test("NaN is refused before LAPACK sees it")
  func notFinite() {
    #expect(throws: EigenproblemError.notFinite(order: 1)) { _ = try Eigensystem(dense: [.nan], order: 1) }
    #expect(throws: EigenproblemError.notFinite(order: 2)) {
      _ = try Eigensystem(diagonal: [1, 2], offDiagonal: [.infinity])
    }
  }
}
