import Foundation
import Hessian
import Tensors

/// A dense symmetric matrix; products in double precision, rounded once.
struct DenseOperator: SymmetricOperator {
  var rows: [[Double]]
  var order: Int { rows.count }
  private(set) var products = 0

  init(_ rows: [[Double]]) { self.rows = rows }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    products += 1
    for i in rows.indices {
      var sum = 0.0
      for j in rows.indices { sum += rows[i][j] * Double(v[j]) }
      product[i] = Float(sum)
    }
  }
}

/// diag(λ), conjugated by the reflection 1 − 2uuᵀ/uᵀu with u = (1, …, 1): no eigenvector is a unit vector.
struct ReflectedDiagonal: SymmetricOperator {
  var eigenvalues: [Double]
  var order: Int { eigenvalues.count }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    var x = reflected((0..<order).map { Double(v[$0]) })
    for i in x.indices { x[i] *= eigenvalues[i] }
    x = reflected(x)
    for i in x.indices { product[i] = Float(x[i]) }
  }

  private func reflected(_ x: [Double]) -> [Double] {
    let shift = 2 * x.reduce(0, +) / Double(x.count)
    return x.map { $0 - shift }
  }
}

/// The second-difference matrix [−1 2 −1]; λₖ = 2 − 2 cos(kπ/(n+1)), k = 1 … n.
struct SecondDifference: SymmetricOperator {
  var order: Int

  var eigenvalues: [Double] { (1...order).map { 2 - 2 * cos(Double($0) * .pi / Double(order + 1)) } }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    for i in 0..<order {
      let left = i > 0 ? Double(v[i - 1]) : 0
      let right = i + 1 < order ? Double(v[i + 1]) : 0
      product[i] = Float(2 * Double(v[i]) - left - right)
    }
  }
}

/// A map given by a closure: for operators that are broken on purpose.
struct ClosureOperator: SymmetricOperator {
  var order: Int
  var body: ([Float]) -> [Float]

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    let result = body((0..<order).map { v[$0] })
    for i in result.indices { product[i] = result[i] }
  }
}

/// Values in [−1, 1) from a 64-bit linear congruential sequence, the same in every run.
struct Sequence64 {
  var state: UInt64
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }
}

/// A random symmetric matrix with entries in [−1, 1).
func randomSymmetric(_ n: Int, seed: UInt64) -> [[Double]] {
  var sequence = Sequence64(state: seed)
  var rows = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
  for i in 0..<n {
    for j in 0...i {
      let value = sequence.next()
      rows[i][j] = value
      rows[j][i] = value
    }
  }
  return rows
}
