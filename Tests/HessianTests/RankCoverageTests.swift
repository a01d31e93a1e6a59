import Foundation
import Tensors
import Testing

@testable import Hessian

/// How often margins fail, over start vectors, against the probability that is printed with them.
@Suite("Coverage of rank checks")
struct RankCoverageTests {
  /// Spectra made to hide values.
  static let adversarial: [HardSpectrum] = [
    .init(name: "cluster beside the last", eigenvalues: cluster, count: 3),
    .init(name: "flat", eigenvalues: chebyshev(300), count: 3),
    .init(name: "uniform", eigenvalues: HardSpectrum.tail(300), count: 3),
    .init(name: "repeated", eigenvalues: [10, 10, 10, 5, 4, 3] + HardSpectrum.tail(200), count: 4),
    .init(name: "near ± pairs", eigenvalues: [8, -8.01, 8.02, -8.03, 2] + HardSpectrum.tail(200), count: 4),
    .init(
      name: "two clusters", eigenvalues: steps(8, 10, 1e-4) + steps(8, 9.9, 1e-4) + HardSpectrum.tail(200), count: 5),
    .init(name: "steep", eigenvalues: steps(200, 4, -0.1).map { pow(10, $0) }, count: 5),
    .init(name: "slow", eigenvalues: steps(300, 1, 1).map { 10 / $0.squareRoot() }, count: 5),
    .init(name: "one beyond a crowd", eigenvalues: [1.05] + steps(250, 1, -2e-4), count: 1),
  ]

  /// `count` values from `first` on.
  private static func steps(_ count: Int, _ first: Double, _ step: Double) -> [Double] {
    (0..<count).map { first + step * Double($0) }
  }

  /// As of a model early in training: one value, two, and ten closer together than the tolerance, before a fall.
  static let cluster: [Double] =
    [0.83049, 0.71423, 0.71120] + steps(10, 0.7101, -4e-5)
    + (0..<300).map { (i: Int) -> Double in 0.69 * pow(0.98, Double(i)) * (i % 4 == 3 ? -0.5 : 1) }

  /// Where a polynomial that is small on all of the interval grows least beyond it.
  private static func chebyshev(_ n: Int) -> [Double] {
    (0..<n).map { cos(.pi * (Double($0) + 0.5) / Double(n)) }
  }

  /// The most failures that a failure probability explains: exceeded by chance in one of a hundred cases at most.
  private func binomialLimit(_ trials: Int, _ probability: Double) -> Int {
    var (term, sum, count) = (pow(1 - probability, Double(trials)), 0.0, 0)
    while sum + term < 0.99 {
      sum += term
      term *= Double(trials - count) / Double(count + 1) * probability / (1 - probability)
      count += 1
    }
    return count
  }

  @Test(
    "Value j lies within its margin of the j-th eigenvalue, as often as is said",
    arguments: adversarial, Method.allCases)
  func margins(spectrum: HardSpectrum, method: Method) throws {
    let truth = foremost(spectrum.eigenvalues, spectrum.count, .magnitude)
    let trials = 40
    var failures = 0
    for seed in 0..<trials {
      var a = ReflectedDiagonal(eigenvalues: spectrum.eigenvalues)
      // Loose tolerances leave much to overlook.
      let tolerance = [1e-3, 0.01, 0.1][seed % 3]
      let pairs = try completed(&a, method, spectrum.count, tolerance, seed: UInt64(seed))
      guard let rank = pairs.rankCheck, rank.rankChecked, pairs.converged else { continue }
      let excluded = try #require(rank.excluded)
      #expect(rank.margin >= excluded.share * excluded.width * (1 - 1e-12))
      let error = zip(pairs.eigenvalues, truth).map { abs(abs($0.value) - abs($1)) }.max() ?? 0
      if error > rank.margin { failures += 1 }
    }
    #expect(failures <= binomialLimit(trials, 1 - ExcludedRange.probability), "\(spectrum.name), \(method)")
  }

  private func completed(
    _ a: inout ReflectedDiagonal, _ method: Method, _ count: Int, _ tolerance: Double, seed: UInt64
  ) throws -> Eigenpairs {
    var ranks = RankCheckOptions()
    ranks.seed = seed
    switch method {
    case .power:
      var options = PowerIterationOptions()
      (options.count, options.relativeTolerance, options.seed) = (count, tolerance, seed)
      return try completedEigenvalues(
        of: &a, pairs: largestEigenvalues(of: &a, byPowerIteration: options), relativeTolerance: tolerance,
        options: ranks)
    case .lanczos:
      var options = LanczosOptions()
      (options.count, options.relativeTolerance, options.seed) = (count, tolerance, seed)
      return try completedEigenvalues(
        of: &a, pairs: largestEigenvalues(of: &a, byLanczos: options), relativeTolerance: tolerance, options: ranks)
    }
  }

  @Test(
    "What is hidden from a search is found or within the share that is printed, after any number of products",
    arguments: adversarial, SpectrumEnd.allCases)
  func hidden(spectrum: HardSpectrum, which: SpectrumEnd) throws {
    let order = foremost(spectrum.eigenvalues, spectrum.eigenvalues.count, which)
    let (trials, kept) = (60, Array(order.dropFirst().prefix(spectrum.count)))
    for products in [1, 3, 6, 12, 30] {
      var (failures, tooFar) = (0, 0)
      for seed in 0..<trials {
        // Exact eigenvectors of all but the first.
        var a = ReflectedDiagonal(eigenvalues: order)
        let pairs = Self.exactPairs(order, 1..<1 + kept.count, which)
        var options = RankCheckOptions()
        (options.products, options.seed) = (products, UInt64(1000 + seed))
        let rank = try checkRank(of: &a, pairs: pairs, options: options)
        guard rank.outcome != .overlooked, let excluded = rank.excluded else { continue }
        let beyond = which.rank(order[0]) - which.rank(kept[kept.count - 1])
        let width = (order.max() ?? 0) - (order.min() ?? 0)
        if beyond > excluded.share * width { failures += 1 }
        if beyond > rank.margin { tooFar += 1 }
      }
      let limit = binomialLimit(trials, 1 - ExcludedRange.probability)
      #expect(failures <= limit && tooFar <= limit, "\(spectrum.name): \(failures) after \(products) products")
    }
  }

  /// Exact eigenpairs `range` of a reflected diagonal.
  static func exactPairs(_ eigenvalues: [Double], _ range: Range<Int>, _ which: SpectrumEnd) -> Eigenpairs {
    let n = eigenvalues.count
    var vectors = VectorStack(count: range.count, length: n)
    for (row, i) in range.enumerated() {
      var vector = vectors.mutableVector(row)
      for j in 0..<n { vector[j] = Float((i == j ? 1 : 0) - 2 / Double(n)) }
    }
    // Entries of products are rounded to single precision, each by up to 6e-8 of the largest value.
    let scale = eigenvalues.reduce(0) { max($0, abs($1)) }
    let check = OperatorCheck(repetition: 0, rounding: 1e-7, asymmetry: 1e-7, norm: scale, products: 0)
    return Eigenpairs(
      eigenvalues: range.map {
        Eigenvalue(
          value: eigenvalues[$0], residual: 0, bound: check.productError(at: eigenvalues[$0]), iterations: 1,
          converged: true)
      }, vectors: vectors, room: noVectors(), products: 0, checkProducts: 0, which: which, operatorCheck: check,
      vectorsInMemory: 50, polynomials: nil)
  }

  @Test("Any spectrum: as many products as half a per cent takes exclude that", arguments: adversarial)
  func promised(spectrum: HardSpectrum) throws {
    let order = foremost(spectrum.eigenvalues, spectrum.eigenvalues.count, .magnitude)
    let pairs = Self.exactPairs(order, 0..<spectrum.count, .magnitude)
    var options = RankCheckOptions()
    options.products = ExcludedRange.products(
      share: 0.005, order: order.count - spectrum.count, failure: 0.005 * 7 / 8)
    options.basis = options.products
    var a = ReflectedDiagonal(eigenvalues: order)
    let rank = try checkRank(of: &a, pairs: pairs, options: options)
    let excluded = try #require(rank.excluded)
    // The basis' 1 %, and what bisection leaves.
    #expect(rank.rankChecked && excluded.share < 0.0052, "\(spectrum.name): \(excluded) after \(rank.products)")
  }

  @Test("Three values of which the last has close neighbours: margins hold, at a loose tolerance too")
  func clusterBesideTheLast() throws {
    for seed in 0..<20 as Range<UInt64> {
      var a = ReflectedDiagonal(eigenvalues: Self.cluster)
      let pairs = try completed(&a, .lanczos, 3, 1e-3, seed: seed)
      let found = pairs.rankCheck
      let error = zip(pairs.eigenvalues, Self.cluster).map { abs($0.value - $1) }.max() ?? 0
      let rank = try #require(found)
      #expect(rank.rankChecked && error <= rank.margin, "\(seed): \(error) \(rank)")
      let rough = try completed(&a, .lanczos, 1, 0.1, seed: seed)
      let roughly = rough.rankCheck
      let distance = abs(rough.eigenvalues[0].value - 0.83049)
      let check = try #require(roughly)
      #expect(!check.rankChecked || distance <= check.margin, "\(seed): \(distance) \(check)")
    }
  }
}
