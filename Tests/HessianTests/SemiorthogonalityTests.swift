import Foundation
import Tensors
import Testing

@testable import Hessian

/// A spectrum, the relative error of its products, and the vectors kept.
struct LanczosCase: Sendable, CustomTestStringConvertible {
  var name: String
  var eigenvalues: [Double]
  var noise = 0.0
  var basis = 20
  var testDescription: String { "\(name), order \(eigenvalues.count), noise \(noise), basis \(basis)" }

  /// A few values that stand out before a bulk that falls to 0, as the spectra of trained networks.
  static func outliers(_ n: Int) -> [Double] {
    [100, 63, -40, 25, 15.8, 10, -6.3, 4] + (0..<n - 8).map { 2 * pow(1 - Double($0) / Double(n), 3) }
  }

  static let spectra: [(String, [Double])] = [
    ("outliers", outliers(2000)),
    ("dense bulk", (0..<1500).map { cos(Double($0) * 0.7) }),
    ("clustered", [10.02, 10.01, 10, 9.99, 9.98, 5] + HardSpectrum.tail(994)),
    ("repeated", [5, 5, 5, 2, 2] + Array(repeating: 1, count: 495)),
    ("± pairs", [10, -10, 7, -7, 7.001, -7.001, 3] + HardSpectrum.tail(793)),
    ("nearly ± pairs", (0..<600).map { pow(0.97, Double($0 / 2)) * ($0 % 2 == 0 ? 1 : -1 - 1e-4) }),
    ("ill-conditioned", (0..<400).map { pow(10, 4 - 0.05 * Double($0)) }),
    ("low rank", [9, -5, 4, 3, -2.5, 2, 1] + Array(repeating: 0, count: 993)),
    ("one far out", [1e6] + HardSpectrum.tail(999)),
    ("small", [45, 33, -31, 28, -20] + HardSpectrum.tail(95)),
  ]

  static let all: [LanczosCase] = spectra.flatMap { name, eigenvalues in
    [(0, 20), (1e-6, 20), (1e-5, 20), (1e-6, 60), (1e-6, 300)].compactMap { noise, basis in
      // The largest basis where most is to be lost: it takes the most time.
      basis < eigenvalues.count && (basis < 300 || ["outliers", "nearly ± pairs", "ill-conditioned"].contains(name))
        ? LanczosCase(name: name, eigenvalues: eigenvalues, noise: noise, basis: basis) : nil
    }
  }

  /// Max |λ|.
  var norm: Double { eigenvalues.reduce(0) { max($0, abs($1)) } }
}

/// diag(λ), reflected, with random errors of a given share of each product's norm.
struct NoisyDiagonal: SymmetricOperator {
  var exact: ReflectedDiagonal
  var noise: Double
  private var sequence = Sequence64(state: 11)
  var order: Int { exact.order }

  init(_ test: LanczosCase) {
    exact = ReflectedDiagonal(eigenvalues: test.eigenvalues)
    noise = test.noise
  }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    exact.apply(to: v, into: &product)
    guard noise > 0 else { return }
    var square = 0.0
    for i in 0..<order { square += Double(product[i]) * Double(product[i]) }
    // Uniform values have a standard deviation of 1/√3.
    let scale = noise * (3 * square / Double(order)).squareRoot()
    for i in 0..<order { product[i] += Float(scale * sequence.next()) }
  }
}

/// The largest product of a vector of the basis, or the next direction, with an earlier one: of all, or of those from `first` on.
func largestProduct(_ process: borrowing LanczosProcess, from first: Int = 0) -> Double {
  let last = process.beta == 0 ? process.size : process.size + 1
  return (first..<max(first, last)).flatMap { i in
    process.stack.products(of: Array(0..<i), with: [i]).rows.map { abs($0[0]) }
  }.max() ?? 0
}

/// A process with a random first direction.
func started(_ test: LanczosCase, limit: Double = OrthogonalityEstimate.limit) -> LanczosProcess {
  var process = LanczosProcess(
    order: test.eigenvalues.count, capacity: test.basis, seed: 3, stream: Stream.start, limit: limit, team: .single)
  process.drawDirection(beside: noVectors())
  return process
}

@Suite("Semiorthogonality")
struct SemiorthogonalityTests {
  @Test("No two vectors have a product above √ε, in any step and after any restart", arguments: LanczosCase.all)
  func everyStep(test: LanczosCase) throws {
    var a = NoisyDiagonal(test)
    var process = started(test)
    var counter = ProductCounter()
    var worst = 0.0
    // What full reorthogonalisation takes: all vectors, twice.
    var full = 0
    for round in 0..<(test.basis == 20 ? 4 : 2) {
      while process.size < process.capacity {
        try process.extend(with: &a, &counter, beside: noVectors())
        full += 2 * process.size
        worst = max(worst, largestProduct(process, from: process.size))
      }
      try process.restart(keeping: process.capacity / 2 + round % 2, .magnitude, beside: noVectors())
      worst = max(worst, largestProduct(process))
    }
    #expect(worst <= OrthogonalityEstimate.limit, "\(worst)")
    #expect(process.projections <= full, "\(process.projections) of \(full)")
    // What vectors are off orthogonality is not taken for missing symmetry, and products' errors are seen in full size. Where a space is
    // exhausted, rounding is all that there is, and the largest product has not shown at first.
    guard process.exhausted == 0 else { return }
    let asymmetry = process.errors.asymmetry
    #expect(asymmetry < 5e-6 + 4 * test.noise && asymmetry > 0.3 * test.noise, "\(asymmetry)")
  }

  @Test("Few vectors are walked over where products are exact and none settles")
  func cost() throws {
    let test = LanczosCase(name: "dense bulk", eigenvalues: LanczosCase.spectra[1].1, basis: 300)
    var a = NoisyDiagonal(test)
    var process = started(test)
    var counter = ProductCounter()
    while process.size < process.capacity { try process.extend(with: &a, &counter, beside: noVectors()) }
    // Two in each step, all in the first four; what is full takes 45 450, or as many twice.
    #expect(process.projections <= 2 * 300 + 10, "\(process.projections)")
  }

  @Test(
    "Settled values are those that full reorthogonalisation finds, and none appears twice",
    arguments: LanczosCase.all.filter { $0.noise == 1e-6 })
  func sameValues(test: LanczosCase) throws {
    var results: [(settled: [(value: Double, residual: Double)], error: Double)] = []
    for limit in [OrthogonalityEstimate.limit, 0] {
      var a = NoisyDiagonal(test)
      var process = started(test, limit: limit)
      var counter = ProductCounter()
      for _ in 0..<2 {
        while process.size < process.capacity { try process.extend(with: &a, &counter, beside: noVectors()) }
        try process.restart(keeping: process.capacity - 5, .magnitude, beside: noVectors())
      }
      let ritz = try process.ritz(.magnitude)
      let pairs = zip(ritz.values, ritz.vectors).map { ($0, process.residualEstimate($1)) }
      results.append((pairs.filter { $0.1 <= 1e-4 * test.norm }, process.errors.check.productError(at: test.norm)))
    }
    let (partial, full) = (results[0], results[1])
    #expect(abs(partial.settled.count - full.settled.count) <= 1)
    for (value, residual) in partial.settled {
      // Each interval holds an eigenvalue; ε |A| is what T differs from the projection of A.
      let error = residual + partial.error + ConvergenceTest.precision * test.norm
      #expect(test.eigenvalues.contains { abs($0 - value) <= error }, "\(value) ± \(error)")
      // As many of it as there are eigenvalues as close.
      let window = 3e-4 * test.norm
      let copies = partial.settled.count { abs($0.value - value) <= window }
      let there = test.eigenvalues.count { abs($0 - value) <= 2 * window }
      #expect(copies <= there, "\(copies) copies of \(value), of \(there)")
    }
    for (p, f) in zip(partial.settled, full.settled) {
      let error = p.residual + f.residual + partial.error + full.error + 2 * ConvergenceTest.precision * test.norm
      // Where only one of them has settled a value, the lists are shifted.
      guard partial.settled.count == full.settled.count else { break }
      #expect(abs(abs(p.value) - abs(f.value)) <= error, "\(p) \(f)")
    }
  }

  @Test(
    "A search beside settled vectors stays in their complement", arguments: [1e-3, 1e-6], [0, 1e-5])
  func complement(tolerance: Double, noise: Double) throws {
    let test = LanczosCase(name: "outliers", eigenvalues: LanczosCase.outliers(1000), noise: noise)
    var a = NoisyDiagonal(test)
    var options = LanczosOptions()
    (options.relativeTolerance, options.maximumProducts) = (tolerance, 40)
    let pairs = try largestEigenvalues(of: &a, byLanczos: options)
    var process = LanczosProcess(
      order: a.order, capacity: 15, seed: 0, stream: Stream.rankCheck,
      others: pairs.eigenvalues.map { ($0.value, $0.bound) }, knownError: pairs.operatorCheck, team: .single)
    process.drawDirection(beside: pairs.vectors)
    var counter = ProductCounter()
    func reach(_ process: borrowing LanczosProcess) -> Double {
      let last = process.beta == 0 ? process.size : process.size + 1
      return (0..<last).flatMap { i in
        pairs.vectors.dots(with: process.stack.vector(i), rows: pairs.vectors.count).map { abs($0) }
      }.max() ?? 0
    }
    for _ in 0..<3 {
      while process.size < process.capacity {
        try process.extend(with: &a, &counter, beside: pairs.vectors)
        let (found, inside) = (reach(process), largestProduct(process, from: process.size))
        #expect(max(found, inside) <= OrthogonalityEstimate.limit, "\(found) \(inside)")
      }
      try process.restart(keeping: 7, .magnitude, beside: pairs.vectors)
      // Kept Ritz vectors have been projected.
      let found = reach(process)
      #expect(found <= OrthogonalityEstimate.limit, "\(found)")
    }
    // Nothing of the settled values has come back.
    let value = try process.ritz(.magnitude).values[0]
    #expect(abs(value) < 12, "\(value)")
  }
}
