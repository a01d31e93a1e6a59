import Foundation
import Hessian
import Tensors
import Testing

/// Eigenvalues that NumPy found; see Scripts/reference_eigenvalues.py.
struct GoldenSpectra: Decodable {
  struct Case: Decodable {
    var order: Int
    var seed: UInt64
    var eigenvalues: [Double]
  }
  var cases: [Case]

  static func load() throws -> GoldenSpectra {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/random_symmetric.json")
    return try JSONDecoder().decode(GoldenSpectra.self, from: Data(contentsOf: file))
  }
}

@Suite("Agreement")
struct AgreementTests {
  @Test("Random matrices have the eigenvalues that NumPy finds", arguments: Method.allCases, SpectrumEnd.allCases)
  func golden(method: Method, which: SpectrumEnd) throws {
    for golden in try GoldenSpectra.load().cases {
      var a = DenseOperator(randomSymmetric(golden.order, seed: golden.seed))
      let found = try solve(&a, method, count: 3, which: which)
      let (truth, rank) = (foremost(golden.eigenvalues, 3, which), try #require(found.rank))
      #expect(rank.rankChecked)
      guard method == .lanczos || which == .largest else {
        // Ends of opposite sign that differ by 0.3 %: power iteration may settle on a later one first, and only the margin tells.
        expectSound(found, spectrum: golden.eigenvalues, "order \(golden.order)")
        for (value, truth) in zip(found.values, truth) { #expect(abs(abs(value) - abs(truth)) <= rank.margin) }
        // A search of as many products as the order has sees everything, and takes in what was overlooked.
        let complete = try solveCompletely(&a, count: 3)
        #expect(complete.isChecked)
        for (value, truth) in zip(complete.values, truth) {
          #expect(abs(value - truth) <= 1e-3 * abs(truth), "order \(golden.order), complete: \(value) for \(truth)")
        }
        continue
      }
      expectForemost(found, spectrum: golden.eigenvalues, which: which, "order \(golden.order)")
      // With a residual of 1e-3 |θ|, the error of a Rayleigh quotient is residual² / gap: below 1e-3 for these gaps.
      for (value, truth) in zip(found.values, truth) {
        #expect(abs(value - truth) <= 1e-3 * abs(truth), "order \(golden.order): \(value) for \(truth)")
      }
    }
  }

  @Test("A residual asked to be smaller is smaller", arguments: Method.allCases)
  func tolerance(method: Method) throws {
    let spectrum = [9, -8, 6.5, 5] + HardSpectrum.tail(200)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let found = try solve(&a, method, count: 4, tolerance: 1e-5)
    expectForemost(found, spectrum: spectrum)
    for eigenvalue in found.eigenvalues { #expect(eigenvalue.residual <= 1e-5 * abs(eigenvalue.value)) }
  }

  @Test(
    "Any spectrum: intervals hold an eigenvalue, and ranks hold where they were checked", arguments: Method.allCases,
    SpectrumEnd.allCases)
  func anySpectrum(method: Method, which: SpectrumEnd) throws {
    var sequence = Sequence64(state: 77)
    for trial in 0..<60 {
      let n = 1 + Int(75 * (sequence.next() + 1))
      // Sizes over four decades, both signs; now and then half of them equal, or in ± pairs.
      var spectrum = (0..<n).map { _ in pow(10, 2 * sequence.next() - 1) * (sequence.next() < 0 ? -1 : 1) }
      if trial % 3 == 0 { for i in 0..<n / 2 { spectrum[i] = spectrum[n / 2] } }
      if trial % 5 == 0 { for i in 0..<n / 2 { spectrum[i] = -spectrum[n - 1 - i] } }
      var a = ReflectedDiagonal(eigenvalues: spectrum)
      let count = 1 + trial % 7
      let found = try solve(&a, method, count: count, which: which, seed: UInt64(trial))
      expectSound(found, spectrum: spectrum, which: which, "trial \(trial)")
      guard let rank = found.rank, rank.rankChecked else { continue }
      for (eigenvalue, truth) in zip(found.eigenvalues, foremost(spectrum, count, which)) where eigenvalue.converged {
        let error = which == .magnitude ? abs(abs(eigenvalue.value) - abs(truth)) : abs(eigenvalue.value - truth)
        #expect(error <= rank.margin, "trial \(trial): \(eigenvalue.value) for \(truth) ± \(rank.margin)")
      }
    }
  }

  @Test("Power iteration and Lanczos agree within their residuals")
  func methodsAgree() throws {
    let spectrum = [45.3, 33.6, -31.379, 31.276, -28.9] + (0..<400).map { 25 * pow(0.97, Double($0)) }
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let power = try solve(&a, .power, count: 5)
    let lanczos = try solve(&a, .lanczos, count: 5)
    expectForemost(power, spectrum: spectrum)
    expectForemost(lanczos, spectrum: spectrum)
    for (p, l) in zip(power.eigenvalues, lanczos.eigenvalues) {
      #expect(abs(p.value - l.value) <= p.bound + l.bound, "\(p) \(l)")
    }
    // What each spends on one spectrum stays within what the command's times are planned with.
    #expect(lanczos.products <= 60, "\(lanczos.products)")
    #expect(power.products <= 229, "\(power.products)")
  }

  /// Two spectra with gaps of a thousandth to a tenth of the foremost value, in which a space of five vectors that forgets the previous ones
  /// takes more than 100 products for a value from most starts.
  private static let nearClusters: [[Double]] = {
    let cluster: [Double] = (0..<10).map { 0.7101 - 4e-5 * Double($0) }
    let tail: [Double] = HardSpectrum.tail(400).map { 0.6 * $0 }
    let other: [Double] = HardSpectrum.tail(500).map { 4.9 * $0 }
    return [[0.8305, 0.7142, 0.7112] + cluster + tail, [5, -4.999, 4.99, -4.98] + other]
  }()

  @Test("Power iteration settles values near a cluster within its products", arguments: nearClusters)
  func nearCluster(spectrum: [Double]) throws {
    var products: [Int] = []
    for seed in 0..<10 as Range<UInt64> {
      var a = ReflectedDiagonal(eigenvalues: spectrum)
      let found = try solve(&a, .power, count: 3, seed: seed)
      expectSound(found, spectrum: spectrum, "seed \(seed)")
      #expect(found.eigenvalues.map(\.converged) == [true, true, true], "seed \(seed): \(found.eigenvalues)")
      products.append(found.products)
    }
    // About 70 from a start in the mean, with some twice that; without the previous vector it is 150 to 300.
    #expect(products.reduce(0, +) <= 100 * products.count, "\(products)")
  }

  @Test("The ends of the second-difference matrix follow its closed form")
  func secondDifference() throws {
    // The largest eigenvalues of order 2000 lie 1e-5 apart: a restarted basis of 60 finds an interval for each.
    var a = SecondDifference(order: 2000)
    var options = LanczosOptions()
    (options.count, options.basis, options.relativeTolerance) = (3, 60, 1e-3)
    let pairs = try largestEigenvalues(of: &a, byLanczos: options, check: try checkOperator(&a))
    let spectrum = a.eigenvalues
    for eigenvalue in pairs.eigenvalues {
      let nearest = spectrum.map { abs($0 - eigenvalue.value) }.min() ?? .infinity
      #expect(nearest <= eigenvalue.bound)
      #expect(eigenvalue.converged)
    }
    // Order 40, with gaps that can be resolved: the closed form itself.
    var small = SecondDifference(order: 40)
    for method in Method.allCases {
      let found = try solve(&small, method, count: 4, tolerance: 1e-5, cap: 1000)
      expectForemost(found, spectrum: small.eigenvalues, "\(method)")
    }
  }

  @Test("A tridiagonal matrix of order 2000 with four values that stand out is solved", arguments: Method.allCases)
  func largeTridiagonal(method: Method) throws {
    // The second-difference matrix and, in blocks of its own, four large entries.
    let extra = [50.0, -40, 30, -20]
    let inner = SecondDifference(order: 1996)
    var a = BlockOperator(inner: inner, extra: extra)
    let found = try solve(&a, method, count: 4)
    expectForemost(found, spectrum: extra + inner.eigenvalues)
    #expect(found.rank?.rankChecked == true)
  }
}

/// diag(extra) beside a second-difference matrix.
struct BlockOperator: SymmetricOperator {
  var inner: SecondDifference
  var extra: [Double]
  var order: Int { inner.order + extra.count }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    for (i, value) in extra.enumerated() { product[i] = Float(value * Double(v[i])) }
    var rest = product.part(extra.count..<order)
    inner.apply(to: v.extracting(extra.count..<order), into: &rest)
  }
}

/// Values of power iteration, completed by a search that may spend as many products as the order has.
private func solveCompletely(
  _ a: inout DenseOperator, count: Int
) throws -> (values: [Double], isChecked: Bool) {
  var options = PowerIterationOptions()
  (options.count, options.maximumProducts) = (count, 1000)
  var search = RankCheckOptions()
  (search.products, search.maximumProducts) = (a.order, 10 * a.order)
  let pairs = try completedEigenvalues(
    of: &a, pairs: try largestEigenvalues(of: &a, byPowerIteration: options, keepsMemory: true), options: search)
  let isChecked = pairs.rankCheck?.rankChecked ?? false
  return (pairs.eigenvalues.map(\.value), isChecked)
}
