import Testing

@testable import Tensors

@Suite("Matrix products")
struct MatrixTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var m, n, k: Int
    var a = Orientation.plain
    var b = Orientation.plain
    var alpha: Float = 1
    var beta: Float = 0
    /// Values between the end of a row and the next row, and in front of the matrix.
    var gap = 0
    var offset = 0

    var testDescription: String {
      "\(m)×\(k) \(a) by \(k)×\(n) \(b), α \(alpha), β \(beta), gap \(gap), offset \(offset)"
    }

    func layout(_ rows: Int, _ columns: Int, _ orientation: Orientation = .plain) -> MatrixLayout {
      let (rows, columns) = orientation == .plain ? (rows, columns) : (columns, rows)
      return MatrixLayout(rows, columns, stride: columns + gap, offset: offset)
    }
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for (m, n, k) in [(1, 1, 1), (3, 5, 7), (17, 33, 65), (64, 64, 64), (100, 197, 48), (197, 100, 31), (1, 5000, 3)] {
      for (a, b) in [
        (Orientation.plain, Orientation.plain), (.plain, .transposed), (.transposed, .plain),
        (.transposed, .transposed),
      ] {
        cases.append(Case(m: m, n: n, k: k, a: a, b: b))
        cases.append(Case(m: m, n: n, k: k, a: a, b: b, alpha: -0.75, beta: 0.5, gap: 3, offset: 11))
      }
    }
    return cases
  }()

  /// The product by our kernel; C begins as `c`.
  private func product(_ x: Case, _ a: [Float], _ b: [Float], _ c: [Float], width: Int) -> [Float] {
    var c = c
    var span = c.mutableSpan
    multiply(
      a.span, x.layout(x.m, x.k, x.a), x.a, b.span, x.layout(x.k, x.n, x.b), x.b, into: &span, x.layout(x.m, x.n),
      alpha: x.alpha, beta: x.beta, team: Team(threads: width))
    return c
  }

  private func operands(_ x: Case) -> (a: [Float], b: [Float], c: [Float]) {
    (
      values(x.layout(x.m, x.k, x.a).end, seed: 1), values(x.layout(x.k, x.n, x.b).end, seed: 2),
      values(x.layout(x.m, x.n).end, seed: 3)
    )
  }

  private func entry(_ values: [Float], _ layout: MatrixLayout, _ orientation: Orientation, _ i: Int, _ j: Int)
    -> Double
  {
    let (row, column) = orientation == .plain ? (i, j) : (j, i)
    return Double(values[layout.offset + row * layout.stride + column])
  }

  @Test("Every entry is within K ε Σ|a||b| of the sum in double precision, for every division", arguments: cases)
  func product(x: Case) {
    let (a, b, c) = operands(x)
    for width in 1...4 {
      let found = product(x, a, b, c, width: width)
      var untouched = Set(c.indices)
      var largest = 0.0
      for i in 0..<x.m {
        for j in 0..<x.n {
          let place = x.offset + i * x.layout(x.m, x.n).stride + j
          untouched.remove(place)
          var (sum, magnitude) = (0.0, 0.0)
          for l in 0..<x.k {
            let term = entry(a, x.layout(x.m, x.k, x.a), x.a, i, l) * entry(b, x.layout(x.k, x.n, x.b), x.b, l, j)
            sum += term
            magnitude += abs(term)
          }
          let truth = Double(x.alpha) * sum + Double(x.beta) * Double(c[place])
          // A sum of K products in any order is off by K ε Σ|a||b| at most (Higham 2002, eq. 3.5, with ε twice the unit
          // roundoff); scaling by α, and adding β C, round three times more.
          let bound =
            ulp * (Double(x.k + 2) * abs(Double(x.alpha)) * magnitude + 2 * abs(Double(x.beta) * Double(c[place])))
          largest = max(largest, abs(Double(found[place]) - truth) / bound)
        }
      }
      #expect(largest <= 1, "team of \(width): \(largest) times the bound")
      // Gaps and what lies in front are not C.
      #expect(untouched.allSatisfy { found[$0] == c[$0] })
    }
  }

  @Test("The same division gives the same bits twice", arguments: 1...4)
  func repeats(width: Int) {
    let x = Case(m: 197, n: 192, k: 64, b: .transposed)
    let (a, b, c) = operands(x)
    let first = product(x, a, b, c, width: width).map(\.bitPattern)
    for _ in 0..<5 { #expect(product(x, a, b, c, width: width).map(\.bitPattern) == first) }
  }

  @Test("A product with no rows or no columns touches nothing", arguments: [(0, 3, 2), (3, 0, 2), (0, 0, 0)])
  func empty(m: Int, n: Int, k: Int) {
    let x = Case(m: m, n: n, k: k)
    #expect(product(x, values(m * k, seed: 1), values(k * n, seed: 2), [], width: 2).isEmpty)
  }

  @Test("A product over no terms leaves β C", arguments: [Orientation.plain, .transposed])
  func noTerms(orientation: Orientation) {
    for (m, n) in [(2, 3), (100, 90)] {
      let c = values(m * n, seed: 3)
      let x = Case(m: m, n: n, k: 0, a: orientation, b: orientation, beta: 0.5)
      // Halves are exact.
      #expect(product(x, [], [], c, width: 2) == c.map { $0 / 2 })
      #expect(
        product(Case(m: m, n: n, k: 0, a: orientation, b: orientation), [], [], c, width: 2).allSatisfy { $0 == 0 })
    }
  }
}
