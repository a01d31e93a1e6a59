import Foundation
import Hessian
import Tensors
import Testing

@Suite("Repeatability")
struct RepeatabilityTests {
  /// Longer than a chunk of the vector kernels, so that a team has something to divide.
  static let order = 50_000

  @Test("The same seed gives the same bits, another seed other ones", arguments: Method.allCases)
  func seeds(method: Method) throws {
    var a = Diagonal(order: RepeatabilityTests.order)
    let first = try solve(&a, method, count: 3, seed: 5)
    let second = try solve(&a, method, count: 3, seed: 5)
    let other = try solve(&a, method, count: 3, seed: 6)
    #expect(first == second)
    #expect(first.vectors != other.vectors)
    for (x, y) in zip(first.eigenvalues, other.eigenvalues) { #expect(abs(x.value - y.value) <= x.bound + y.bound) }
  }

  @Test("The number of threads changes no bit", arguments: Method.allCases)
  func teams(method: Method) throws {
    var a = Diagonal(order: RepeatabilityTests.order)
    let one = try solve(&a, method, count: 3)
    for threads in [2, 3, 7] {
      #expect(try solve(&a, method, count: 3, team: Team(threads: threads)) == one, "\(threads) threads")
    }
    #expect(
      try estimateTrace(of: &a).samples == estimateTrace(of: &a, team: Team(threads: 3)).samples)
    var options = QuadratureOptions()
    (options.probes, options.steps) = (2, 8)
    let density = try lanczosQuadrature(of: &a, options: options)
    #expect(try lanczosQuadrature(of: &a, options: options, team: Team(threads: 3)) == density)
  }

  @Test("Random vectors follow their documented sequence and are spread as they should be")
  func randomVectors() {
    var vector = [Float](repeating: 0, count: 100_000)
    var span = vector.mutableSpan
    RandomVectors(seed: 1, stream: 2).fillUniform(&span, team: Team(threads: 3))
    let mean = vector.reduce(0) { $0 + Double($1) } / 1e5
    let square = vector.reduce(0) { $0 + Double($1) * Double($1) } / 1e5
    // Uniform on (−1, 1): mean 0 ± 0.577/√n, second moment 1/3 ± 0.298/√n; five deviations.
    #expect(abs(mean) < 5 * 0.577 / 316)
    #expect(abs(square - 1.0 / 3) < 5 * 0.298 / 316)
    #expect(vector.allSatisfy { $0 > -1 && $0 < 1 && $0 != 0 })

    var signs = [Float](repeating: 0, count: 100_000)
    var signSpan = signs.mutableSpan
    RandomVectors(seed: 1, stream: 2).fillSigns(&signSpan)
    #expect(signs.allSatisfy { abs($0) == 1 })
    #expect(abs(signs.reduce(0, +)) < 5 * 316)

    // A part of the sequence does not depend on how much of it is drawn.
    var short = [Float](repeating: 0, count: 10)
    var shortSpan = short.mutableSpan
    RandomVectors(seed: 1, stream: 2).fillUniform(&shortSpan)
    #expect(short == Array(vector.prefix(10)))
  }
}

/// Entry i of the diagonal: three that stand out, then a decay.
struct Diagonal: SymmetricOperator {
  var order: Int

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    for i in 0..<order {
      let value: Double = i < 3 ? [20, -17, 15][i] : 5 * Double(order - i) / Double(order)
      product[i] = Float(value * Double(v[i]))
    }
  }
}
