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
    let z = values(n, seed: 3)
    let three = zip(differences, z).map { $0 + 2 * Double($1) }.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(distance(x.span, 0.3, y.span, -2, z.span) - three) <= 1e-11 * Double(n))
  }

  @Test(
    "A vector is orthogonal to those of two stacks afterwards, and the coefficients give it back",
    arguments: [1, 2, 8, 9])
  func projection(rows: Int) {
    let n = vectorChunk + 2077
    var left = VectorStack(count: rows, length: n)
    var right = VectorStack(count: 2, length: n)
    let orthonormal = orthonormalRows(rows + 2, n)
    for (i, row) in orthonormal.prefix(rows).enumerated() { left.setVector(i, to: row.span) }
    for (i, row) in orthonormal.suffix(2).enumerated() { right.setVector(i, to: row.span) }
    let before = values(n, seed: 77)
    var results: [[Float]] = []
    for threads in [1, 2, 3] {
      var w = before
      var span = w.mutableSpan
      let projection = left.orthogonalize(&span, rows: rows, beside: right, team: Team(threads: threads))
      #expect(projection.coefficients.count == rows + 2)
      #expect(abs(projection.normBefore - norm(before.span)) < 1e-11 * projection.normBefore)
      // Sums of another order.
      #expect(abs(projection.norm - norm(w.span)) < 1e-11 * projection.norm)
      var again = w.map { Double($0) }
      for (c, v) in zip(projection.coefficients, orthonormal) {
        // Each of n products of entries near n^-½ is rounded by 6e-8: random signs leave their size.
        #expect(abs(dot(v.span, w.span)) < 1e-6 * projection.norm / Double(n).squareRoot() * 10)
        for i in 0..<n { again[i] += c * Double(v[i]) }
      }
      for i in 0..<n { #expect(abs(again[i] - Double(before[i])) < 3e-7) }
      results.append(w)
    }
    #expect(results[1] == results[0] && results[2] == results[0])
  }

  @Test("A vector of a stack is orthogonal to those before it afterwards")
  func projectionInPlace() {
    let n = vectorChunk + 2077
    var stack = VectorStack(count: 4, length: n)
    for (i, row) in orthonormalRows(3, n).enumerated() { stack.setVector(i, to: row.span) }
    let w = values(n, seed: 77)
    stack.setVector(3, to: w.span)
    let projection = stack.orthogonalizeVector(3)
    // Sums of another order.
    #expect(abs(projection.normBefore - norm(w.span)) < 1e-11 * projection.normBefore)
    for i in 0..<3 {
      #expect(abs(dot(stack.vector(i), stack.vector(3))) < 1e-5 * projection.norm / Double(n).squareRoot())
    }
    let alone = stack.orthogonalizeVector(0)
    #expect(alone.coefficients.isEmpty && alone.norm == alone.normBefore)
  }

  @Test("A stack that is cut gives its memory back, one that grows has zeros behind", arguments: [3, 1000, 300_000])
  func resizing(n: Int) {
    let ledger = MemoryLedger()
    MemoryLedger.$current.withValue(ledger) {
      var stack = VectorStack(count: 4, length: n)
      let rows = (0..<4).map { values(n, seed: UInt32($0 + 1)) }
      for (i, row) in rows.enumerated() { stack.setVector(i, to: row.span) }
      #expect(ledger.now == 4 * n)
      stack.truncate(to: 2)
      #expect(stack.count == 2 && ledger.now == 2 * n)
      stack.makeRoom(for: 5)
      #expect(stack.count == 5 && ledger.now == 5 * n && ledger.most == 5 * n)
      for i in 0..<5 {
        let vector = stack.vector(i)
        #expect(vector.indices.allSatisfy { vector[$0] == (i < 2 ? rows[i][$0] : 0) })
      }
      stack.copyVector(1, to: 4)
      let copy = stack.vector(4)
      #expect(copy.indices.allSatisfy { copy[$0] == rows[1][$0] })
    }
    #expect(ledger.now == 0)
  }

  /// Orthonormal to single precision: cosines of different frequency.
  private func orthonormalRows(_ rows: Int, _ n: Int) -> [[Float]] {
    (0..<rows).map { row in
      let frequency = Double.pi * Double(3 * row + 1) / Double(n)
      let scale = (2 / Double(n)).squareRoot()
      return (0..<n).map { i in Float(scale * cos(frequency * (Double(i) + 0.5))) }
    }
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
