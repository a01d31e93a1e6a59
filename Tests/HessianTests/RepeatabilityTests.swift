import Foundation
import Tensors
import Testing

@testable import Hessian

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
    RandomVectors(seed: 1, stream: 2).fillGaussian(&span, team: Team(threads: 3))
    let powers = (1...4).map { power in vector.reduce(0) { $0 + pow(Double($1), Double(power)) } / 1e5 }
    // Moments 0, 1, 0, 3 of a normal value; their own deviations are 1, √2, √15 and √96, over √n; five of them.
    for (power, (moment, deviation)) in zip(powers, [(0, 1), (1, 2), (0, 15), (3, 96)] as [(Double, Double)]) {
      #expect(abs(power - moment) < 5 * (deviation / 1e5).squareRoot())
    }
    // Below 7.4, the radius of the smallest of 2⁴⁰ values; and as many within one deviation as there should be.
    #expect(vector.allSatisfy { abs($0) < 7.5 && $0 != 0 })
    let share = Double(vector.count { abs($0) < 1 }) / 1e5
    #expect(abs(share - erf(0.5.squareRoot())) < 5 * (0.217 / 1e5).squareRoot())
    // Small components, on which bounds for a random start rest: density √(2/π) of |x| at 0.
    let small = Double(vector.count { abs($0) < 0.01 }) / 1e5
    #expect(abs(small - 0.01 * (2 / Double.pi).squareRoot()) < 5 * (0.008 / 1e5).squareRoot())

    var signs = [Float](repeating: 0, count: 100_000)
    var signSpan = signs.mutableSpan
    RandomVectors(seed: 1, stream: 2).fillSigns(&signSpan)
    #expect(signs.allSatisfy { abs($0) == 1 })
    #expect(abs(signs.reduce(0, +)) < 5 * 316)

    // A part of the sequence does not depend on how much of it is drawn.
    var short = [Float](repeating: 0, count: 10)
    var shortSpan = short.mutableSpan
    RandomVectors(seed: 1, stream: 2).fillGaussian(&shortSpan)
    #expect(short == Array(vector.prefix(10)))
  }
}

@Suite("Normal values")
struct NormalValueTests {
  @Test("Logarithm and cosine are those of the C library to 1e-10")
  func functions() {
    for i in 1...5000 {
      let x = Double(i) / 5000
      // What the series leave out is below 2e-11.
      #expect(abs(logarithm(x) - log(x)) < 1e-10, "\(x)")
      #expect(abs(cosine(quarter: x) - cos(x * .pi / 2)) < 1e-10, "\(x)")
      let tiny = x * 0x1p-39
      #expect(abs(logarithm(tiny) - log(tiny)) < 1e-10, "\(tiny)")
    }
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
