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
    "A vector is a unit vector orthogonal to those of two stacks afterwards, to rounding", arguments: [0, 1, 2, 8, 9])
  func projection(rows: Int) {
    let n = vectorChunk + 2077
    let orthonormal = orthonormalRows(rows + 2, n)
    // Half of it, next to all of it, and all but a thousandth lies in the space of the others.
    for share in [1, 0.01, 1e-3] {
      var results: [[Float]] = []
      for threads in [1, 2, 3] {
        var left = stack(Array(orthonormal.prefix(rows)) + [mixed(orthonormal, values(n, seed: 77), share)])
        let right = stack(Array(orthonormal.suffix(2)))
        let before = norm(left.vector(rows))
        let projection = left.orthonormalizeVector(rows, against: 0..<rows, beside: right, team: Team(threads: threads))
        #expect(abs(projection.normBefore - before) < 1e-11 * before)
        let w = copy(left, rows)
        #expect(abs(norm(w.span) - 1) < 1e-7)
        for v in orthonormal {
          // w is stored with 6e-8 of each entry, of random sign and size: 6e-8/√3 in any direction by chance six times as much. V's own
          // products are as small.
          #expect(abs(dot(v.span, w.span)) < 6 * 6e-8 / 3.squareRoot())
        }
        results.append(w)
      }
      #expect(results[1] == results[0] && results[2] == results[0])
    }
  }

  @Test("Vectors that are only semiorthogonal are projected away as often as that takes")
  func roughProjection() {
    let n = vectorChunk + 5
    let (a, b) = (orthonormalRows(2, n)[0], orthonormalRows(2, n)[1])
    let rough = zip(a, b).map { Float(3e-4 * Double($0) + Double($1)) }
    // Nearly all of it lies in their space.
    var w = stack([a, rough, mixed([a, b], values(n, seed: 77), 1e-3)])
    _ = w.orthonormalizeVector(2, against: 0..<2, deviation: 3e-4)
    for i in 0..<2 { #expect(abs(dot(w.vector(i), w.vector(2))) < 2.1e-7) }
  }

  @Test("Nothing is left of a vector that is zero")
  func zeroProjection() {
    var w = VectorStack(count: 2, length: 300)
    #expect(w.orthonormalizeVector(1, against: 0..<1) == Projection(normBefore: 0, norm: 0))
  }

  @Test(
    "Products with three vectors, two or one, and all among some, are those of double precision", arguments: lengths)
  func products(n: Int) {
    let rows = (0..<7).map { values(n, seed: UInt32($0 + 1)) }
    let left = stack(Array(rows.prefix(5)))
    let right = stack(Array(rows.suffix(2)))
    func exact(_ i: Int, _ j: Int) -> Double { zip(rows[i], rows[j]).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    // Orders of summation differ: n ε of Double at worst, of products below 1.
    let tolerance = 1e-15 * Double(n * n + 1)
    for (own, other, few) in [
      ([Int](), [Int](), [4, 0, 2]), ([1], [1], [4, 3, 0]), ([0, 1, 2], [], [4, 3]), ([3], [0, 1], [2]), ([], [], [1]),
    ] {
      let found = left.products(of: own, and: other, in: right, with: few, team: Team(threads: 2))
      let all = own + other.map { 5 + $0 }
      #expect(found.rows.count == all.count && found.among.count == few.count)
      for (i, row) in zip(all, found.rows) {
        for (j, product) in zip(few, row) { #expect(abs(product - exact(i, j)) <= tolerance) }
      }
      for (i, row) in zip(few, found.among) {
        for (j, product) in zip(few, row) { #expect(abs(product - exact(i, j)) <= tolerance) }
      }
    }
    let gram = left.gram(of: [4, 0, 1], and: [1], in: right, team: Team(threads: 2))
    for (i, row) in zip([4, 0, 1, 6], gram) {
      for (j, product) in zip([4, 0, 1, 6], row) { #expect(abs(product - exact(i, j)) <= tolerance) }
    }
  }

  @Test("What is subtracted is rounded once, and the norm is that of what is stored", arguments: lengths)
  func subtraction(n: Int) {
    let rows = (0..<8).map { values(n, seed: UInt32($0 + 1)) }
    for count in [0, 1, 2, 5] {
      var left = stack(Array(rows.prefix(6)))
      let right = stack(Array(rows.suffix(2)))
      let (own, other) = (Array(0..<count), count == 2 ? [] : [1])
      let c = (0..<own.count + other.count).map { 0.3 * Double($0 + 1) }
      let square = left.subtract(own, and: other, in: right, times: c, from: 5, scale: 0.7, team: Team(threads: 2))
      let w = copy(left, 5)
      for i in 0..<n {
        var exact = Double(rows[5][i])
        for (c, j) in zip(c, own + other.map { 6 + $0 }) { exact -= c * Double(rows[j][i]) }
        #expect(abs(Double(w[i]) - 0.7 * exact) <= ulp * max(1, abs(0.7 * exact)))
      }
      #expect(abs(square - dot(w.span, w.span)) <= 1e-12 * square)
    }
  }

  @Test(
    "A product is compared with what was foretold of it, and the vector halved", arguments: [1, 5, vectorChunk + 3])
  func comparison(n: Int) {
    let (y, u) = (values(n, seed: 1), values(n, seed: 2))
    let p = zip(y, u).map { 3 * Float($0) + 0.5 * Float($1) + 0.25 }
    var all = stack([y.map { 2 * $0 }, p.map { 2 * $0 }, u])
    let found = all.halveVector(0, comparing: 1, with: 2.5, and: 2, times: 0.5, team: Team(threads: 2))
    #expect(copy(all, 0) == y)
    #expect(copy(all, 1) == p.map { 2 * $0 })
    let residual = zip(p, y).map { Double($0) - 2.5 * Double($1) }
    let difference = zip(residual, u).map { $0 - 0.5 * Double($1) }
    let tolerance = 1e-15 * Double(n * n + 1) * 16
    #expect(abs(found.square - dot(y.span, y.span)) <= tolerance)
    #expect(abs(found.productSquare - dot(p.span, p.span)) <= tolerance)
    #expect(abs(found.along - zip(y, residual).reduce(0) { $0 + Double($1.0) * $1.1 }) <= tolerance)
    #expect(abs(found.residualSquare - residual.reduce(0) { $0 + $1 * $1 }) <= tolerance)
    #expect(abs(found.differenceSquare - difference.reduce(0) { $0 + $1 * $1 }) <= tolerance)
    var alone = stack([y.map { 2 * $0 }, p.map { 2 * $0 }])
    let without = alone.halveVector(0, comparing: 1, with: 2.5, and: nil, times: 7)
    #expect(without.differenceSquare == without.residualSquare)
  }

  @Test("Vectors change places and stacks without being copied, and memory is given back", arguments: [3, 1000])
  func places(n: Int) {
    let ledger = MemoryLedger()
    MemoryLedger.$current.withValue(ledger) {
      let rows = (0..<4).map { values(n, seed: UInt32($0 + 1)) }
      var first = stack(rows)
      #expect(ledger.now == 4 * n)
      first.swapAt(0, 3)
      first.reorder([1, 0])
      let second = first.split(at: 2)
      #expect(first.count == 2 && second.count == 2)
      #expect(copy(first, 0) == rows[1] && copy(first, 1) == rows[3])
      #expect(copy(second, 0) == rows[2] && copy(second, 1) == rows[0])
      first.append(second)
      #expect(first.count == 4 && copy(first, 3) == rows[0] && ledger.now == 4 * n)
      first.truncate(to: 1)
      #expect(first.count == 1 && ledger.now == n)
      first.makeRoom(for: 3)
      #expect(copy(first, 0) == rows[1] && copy(first, 2) == [Float](repeating: 0, count: n))
      #expect(ledger.now == 3 * n && ledger.most == 4 * n)
    }
    #expect(ledger.now == 0)
  }

  @Test("A long vector begins at a large page, and its memory is zero")
  func largePages() {
    // 40 MB: pages of its own.
    let n = 10_000_000
    var long = VectorStack(count: 1, length: n)
    let address = long.vector(0).withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    #expect(address % (2 << 20) == 0)
    #expect(norm(long.vector(0)) == 0)
    long.setVector(0, to: [Float](repeating: 1, count: n).span)
    #expect(dot(long.vector(0), long.vector(0)) == Double(n))
  }

  private func stack(_ rows: [[Float]]) -> VectorStack {
    var stack = VectorStack(count: rows.count, length: rows[0].count)
    for (i, row) in rows.enumerated() { stack.setVector(i, to: row.span) }
    return stack
  }

  private func copy(_ stack: borrowing VectorStack, _ i: Int) -> [Float] {
    let vector = stack.vector(i)
    return vector.indices.map { vector[$0] }
  }

  /// `share` of x, and the sum of the rows.
  private func mixed(_ rows: [[Float]], _ x: [Float], _ share: Double) -> [Float] {
    let length = norm(x.span)
    return x.indices.map { i in Float(share * Double(x[i]) / length + rows.reduce(0) { $0 + Double($1[i]) }) }
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

  @Test("Dot products with many vectors are those of single vectors, and a residual is rounded once")
  func stacks() {
    let n = vectorChunk + 9
    var stack = VectorStack(count: 3, length: n)
    let rows = (0..<3).map { values(n, seed: UInt32($0 + 1)) }
    for (i, row) in rows.enumerated() { stack.setVector(i, to: row.span) }
    let w = values(n, seed: 9)
    let together = stack.dots(with: w.span, rows: 3)
    for (i, row) in rows.enumerated() {
      let alone = dot(row.span, w.span)
      // Sums of another order.
      #expect(abs(together[i] - alone) <= 1e-11 * Double(n))
    }
    stack.setVector(1, to: w.span, plus: -2, timesVector: 0)
    for i in 0..<n {
      let found = stack.vector(1)[i]
      #expect(found == Float(Double(w[i]) - 2 * Double(rows[0][i])))
    }
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
    stack.combineVectors([1, 2, 3], by: [[0.5, -0.25, 1], [2, 1, 0]], to: [1, 2], team: team)
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
