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
    [0, 1e-6, 1e-5].flatMap { noise in
      [20, 60, 300].filter { $0 < eigenvalues.count }.map {
        LanczosCase(name: name, eigenvalues: eigenvalues, noise: noise, basis: $0)
      }
    }
  }
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

/// The largest product of a vector of the basis with an earlier one, of all or of those from `first` on.
func largestProduct(_ process: borrowing LanczosProcess, from first: Int = 0) -> Double {
  let last = process.beta == 0 ? process.size : process.size + 1
  let gram = process.stack.gram(of: Array(0..<last))
  return (first..<last).flatMap { i in (0..<i).map { abs(gram[i][$0]) } }.max() ?? 0
}

@Suite("Semiorthogonality")
struct SemiorthogonalityTests {
  @Test("No two vectors have a product above √ε, in any step and after any restart", arguments: LanczosCase.all)
  func everyStep(test: LanczosCase) throws {
    var a = NoisyDiagonal(test)
    var process = LanczosProcess(order: a.order, capacity: test.basis, seed: 3, stream: Stream.start, team: .single)
    process.drawDirection(beside: noVectors())
    var counter = ProductCounter()
    var worst = 0.0
    var (steps, full) = (0, 0)
    for round in 0..<(test.basis == 20 ? 5 : 2) {
      while process.size < process.capacity && !process.isComplete(beside: noVectors()) {
        try process.extend(with: &a, &counter, beside: noVectors())
        steps += 1
        full += max(0, process.size - 2)
        worst = max(worst, largestProduct(process, from: process.size))
      }
      if process.isComplete(beside: noVectors()) { break }
      try process.restart(keeping: process.capacity / 2 + round % 2, .magnitude, beside: noVectors())
      worst = max(worst, largestProduct(process))
    }
    print("SEMI \(test.testDescription): worst \(worst / OrthogonalityEstimate.limit) of limit, separations \(process.separations), projections \(process.projections) of \(2 * steps + full) err \(process.errors.asymmetry)")
    #expect(worst <= OrthogonalityEstimate.limit, "\(worst)")
    #expect(process.projections <= 2 * (2 * steps + full))
  }
}
