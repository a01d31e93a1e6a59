import Foundation
import Hessian
import Testing

@testable import Diagnostics

/// References are NumPy 2 and SciPy 1.17 in double precision, from the values below.
@Suite("Summary and comparison of Hessian eigenvalues")
struct HessianSummaryTests {
  static let values = [
    [45.25, 33.5, -31.375, 31.25, -28.875], [41.0, 35.125, 30.5, -29.75, 27.0], [47.5, -36.0, 33.0, -30.125, 26.5],
    [43.75, 34.25, -33.5, -32.0, 29.625],
  ]
  /// 0.8 of them, moved by another amount in each batch.
  static let others = zip(values, [0.5, -0.25, 0.125, 0]).map { batch, shift in batch.map { 0.8 * $0 + shift } }

  private let batches = values.enumerated().map { SampleSpectra.batch($0, $1) }

  /// Twenty values in double precision; Student's quantile is exact to 1e-9.
  private func isClose(_ one: Double?, _ other: Double) -> Bool {
    abs((one ?? .nan) - other) <= 1e-8 * max(abs(other), 1)
  }

  @Test("Means, quantiles and shares are NumPy's")
  func numPy() {
    let summary = HessianSummary(batches)
    #expect(summary.count == 20 && summary.converged == 20)
    #expect(isClose(summary.mean, 11.83125) && isClose(summary.median, 30.0625))
    let quantiles = ["0.05": -33.625, "0.25": -29.84375, "0.5": 30.0625, "0.75": 34.46875, "0.95": 45.3625]
    #expect(summary.quantiles.keys.sorted() == quantiles.keys.sorted())
    for (share, value) in quantiles { #expect(isClose(summary.quantiles[share], value), "\(share)") }
    #expect(isClose(summary.meanMagnitude, 33.99375))
    #expect(isClose(summary.negativeShare, 0.35) && isClose(summary.meanPositive, 35.25))
  }

  @Test("Errors come from the means of batches, intervals from Student's t with one degree of freedom less")
  func intervals() {
    let summary = HessianSummary(batches)
    #expect(isClose(summary.batchSpread, 6.013885841672309) && isClose(summary.standardError, 3.0069429208361544))
    #expect(
      isClose(summary.meanInterval?[0], 2.2618156113859804) && isClose(summary.meanInterval?[1], 21.40068438861402))
    #expect(isClose(summary.meanLargest, 44.375))
    #expect(isClose(summary.interval?[0], 40.03545117942174) && isClose(summary.interval?[1], 48.71454882057826))
  }

  @Test("The solver's error is the mean bound, whatever the batches' spread")
  func solverError() {
    let mean = Self.values.joined().reduce(0) { $0 + abs($1) } / 20
    // `SampleSpectra.batch` gives bounds of 5e-4 |λ|.
    #expect(isClose(HessianSummary(batches).solverError, 5e-4 * mean))
  }

  @Test("A single batch has no interval and no standard error")
  func single() {
    let summary = HessianSummary([batches[0]])
    #expect(summary.standardError == nil && summary.meanInterval == nil)
    #expect(summary.interval == nil && summary.batchSpread == nil)
    #expect(isClose(summary.mean, 9.95) && isClose(summary.meanLargest, 45.25))
  }

  @Test(
    "Spectra of one sign have a share of negative values of 0 or 1, and no mean of positive values where there are none"
  )
  func oneSign() {
    let negative = HessianSummary([SampleSpectra.batch(0, [-3, -2]), SampleSpectra.batch(1, [-4, -1])])
    #expect(negative.negativeShare == 1 && negative.meanPositive == nil && negative.meanLargest == -1.5)
    let positive = HessianSummary([SampleSpectra.batch(0, [3, 2])])
    #expect(positive.negativeShare == 0 && positive.meanPositive == 2.5)
  }

  @Test("A batch without eigenvalues has no say")
  func emptyBatch() {
    let summary = HessianSummary(batches + [SampleSpectra.batch(4, [])])
    #expect(summary == HessianSummary(batches))
  }

  // MARK: Two checkpoints

  private func comparison(_ others: [[Double]] = others, residual: Double = 4e-4) throws -> HessianComparison {
    let second = others.enumerated().map { SampleSpectra.batch($0, $1, residual: residual) }
    return try #require(HessianComparison(("A", batches), ("B", second)))
  }

  @Test("Differences are SciPy's paired ones, the second minus the first")
  func paired() throws {
    let comparison = try comparison()
    #expect(comparison.first == "A" && comparison.second == "B" && comparison.batches == 4)
    #expect(isClose(comparison.difference, -2.2725))
    #expect(
      isClose(comparison.interval?[0], -4.538978477116482) && isClose(comparison.interval?[1], -0.0060215228835138745))
    #expect(isClose(comparison.magnitude.difference, -6.805))
    #expect(isClose(comparison.magnitude.interval?[0], -7.0038498462344885))
    #expect(isClose(comparison.magnitude.interval?[1], -6.606150153765509))
    #expect(isClose(comparison.largest.difference, -8.78125))
    #expect(isClose(comparison.largest.interval?[0], -9.441635565992671))
    #expect(isClose(comparison.largest.interval?[1], -8.120864434007325))
    #expect(isClose(comparison.magnitude.medianDifference, -6.805) && isClose(comparison.medianDifference, -1.5975))
    // Four differences of one sign: 2 / 2⁴ by both tests. That settles nothing.
    #expect(isClose(comparison.signTest, 0.125) && isClose(comparison.signedRank, 0.125))
    #expect(!comparison.settled && !comparison.magnitude.settled && comparison.flatter == nil)
  }

  /// The values, and once more with every batch moved a little: eight batches.
  private var eight: [[Double]] { Self.values + Self.values.map { $0.map { 1.01 * $0 } } }

  private func eightCompared(_ others: [[Double]], residual: Double = 4e-4) throws -> HessianComparison {
    func batches(_ values: [[Double]]) -> [HessianBatch] {
      values.enumerated().map { SampleSpectra.batch($0, $1, residual: residual) }
    }
    return try #require(HessianComparison(("A", batches(eight)), ("B", batches(others))))
  }

  @Test("Eight batches settle what both tests find, by more than the solvers' errors")
  func settled() throws {
    let comparison = try eightCompared(eight.map { $0.map { 0.8 * $0 } })
    #expect(comparison.magnitude.settled && comparison.largest.settled && comparison.flatter == "B")
    // All signs are the same: 2 / 2⁸.
    #expect(isClose(comparison.magnitude.signedRank, 2.0 / 256) && isClose(comparison.magnitude.signTest, 2.0 / 256))
    // The same with errors of 0.5 · 1.25 of each value.
    let uncertain = try eightCompared(eight.map { $0.map { 0.8 * $0 } }, residual: 0.5)
    #expect(!uncertain.magnitude.settled && uncertain.magnitude.pValue == 1)
    #expect(isClose(uncertain.magnitude.signedRank, 2.0 / 256))
  }

  @Test("Batches that share images settle nothing")
  func sharing() throws {
    var batches = eight.enumerated().map { SampleSpectra.batch($0, $1) }
    let others = eight.enumerated().map { SampleSpectra.batch($0, $1.map { 0.8 * $0 }) }
    #expect(try #require(HessianComparison(("A", batches), ("B", others))).flatter == "B")
    batches[5].sharesImages = true
    let comparison = try #require(HessianComparison(("A", batches), ("B", others)))
    #expect(comparison.sharesImages == true && comparison.flatter == nil && !comparison.magnitude.settled)
  }

  @Test("A batch that carries the mean is named with its images, and what is left without it")
  func influential() throws {
    var batches = (0..<12).map { SampleSpectra.batch($0, [10 + 0.1 * Double($0 % 5), 5]) }
    #expect(HessianSummary(batches).influential == nil)
    batches[7] = SampleSpectra.batch(7, [2308, 5])
    batches[7].images = ["a.png", "b.png"]
    let influential = try #require(HessianSummary(batches).influential)
    #expect(influential.batches == [7] && influential.images == ["a.png", "b.png"])
    batches.remove(at: 7)
    let others = HessianSummary(batches)
    #expect(isClose(influential.meanWithout, others.mean) && influential.intervalWithout?.count == 2)
    #expect(isClose(influential.intervalWithout?[0], try #require(others.meanInterval)[0]))
  }

  @Test("Solvers' errors as large as the difference leave it open")
  func solversInTheWay() throws {
    let comparison = try comparison(residual: 0.5)
    #expect(!comparison.magnitude.settled && comparison.flatter == nil)
  }

  @Test("The first is flatter where the second's values are larger, and equal ones settle nothing")
  func otherWay() throws {
    #expect(try eightCompared(eight.map { $0.map { 1.3 * $0 } }).flatter == "A")
    let equal = try eightCompared(eight)
    #expect(equal.difference == 0 && equal.flatter == nil && !equal.settled && equal.signedRank == 1)
  }

  @Test("Batches are paired by index; those that only one has are left out, and without a pair there is no comparison")
  func pairing() throws {
    let second = [SampleSpectra.batch(7, [1]), SampleSpectra.batch(2, [1, 2])]
    let comparison = try #require(HessianComparison(("A", batches), ("B", second)))
    #expect(comparison.batches == 1 && comparison.interval == nil && !comparison.settled)
    // 1.5 − mean of the third batch.
    #expect(isClose(comparison.difference, 1.5 - 8.175))
    #expect(HessianComparison(("A", batches), ("B", [SampleSpectra.batch(7, [1])])) == nil)
  }

  @Test(
    "The number of fresh batches follows from difference, deviation and the solvers' error, however many there were",
    arguments: [(0.8, 2.0, 0.0), (-0.8, 2, 0.1), (5, 2, 0)])
  func batchesNeeded(difference: Double, deviation: Double, error: Double) {
    for batches in [2, 5, 16] {
      let half =
        StudentT.quantile(0.975, degreesOfFreedom: batches - 1) * deviation / Double(batches).squareRoot()
      let pair = HessianComparison.PairedDifference(
        difference: difference, interval: [difference - half, difference + half], settled: false)
      let expected = FreshBatches.needed(effect: (abs(difference) - error) / deviation)
      #expect(expected != nil && pair.batchesNeeded(after: batches, solverError: error) == expected)
    }
  }

  @Test("No number of batches settles a difference that solvers cannot resolve, or one out of reach")
  func neverSettled() {
    let pair = HessianComparison.PairedDifference(difference: 0.1, interval: [-1, 1.2], settled: false)
    #expect(pair.batchesNeeded(after: 4, solverError: 0.2) == nil)
    let tiny = HessianComparison.PairedDifference(difference: 1e-6, interval: [-1, 1], settled: false)
    #expect(tiny.batchesNeeded(after: 4, solverError: 0) == nil)
  }

  // MARK: Bandwidth

  @Test(
    "The bandwidth minimises the cross-validation score that NumPy finds by quadrature")
  func bandwidth() throws {
    // Candidates lie 5 % apart, and the other program's 1.3 %.
    let one = try #require(KernelDensity.bandwidth(for: Self.values))
    #expect(abs(one - 2.734) < 0.04 * 2.734)
  }

  @Test("Silverman's rule is NumPy's")
  func silverman() throws {
    #expect(isClose(KernelDensity.silverman(Array(Self.values.joined())), 16.429535295401305))
  }

  @Test("Two far bumps get a bandwidth of the size of a bump, not of their distance")
  func bumps() throws {
    let bump = [-1.5, -1, -0.6, -0.3, 0, 0.2, 0.5, 0.8, 1.1, 1.6]
    let two = try #require(KernelDensity.bandwidth(for: bump.map { [$0, $0 + 60] }))
    // The deviation of a bump is 1.
    #expect(two < 1.5)
  }

  @Test(
    "Values without spread have no bandwidth, values with many copies a positive one, thousands of values one in time")
  func degenerate() throws {
    #expect(KernelDensity.bandwidth(for: [[7], [7], [7]]) == nil)
    let copies = try #require(KernelDensity.bandwidth(for: Array(repeating: [1], count: 30) + [[2]]))
    #expect(copies > 0 && copies.isFinite)
    let many = (0..<4000).map { [10 * sin(12.9898 * Double($0)), 3 * sin(78.233 * Double($0))] }
    let bandwidth = try #require(KernelDensity.bandwidth(for: many))
    #expect(bandwidth > 0 && bandwidth < 2)
  }

  @Test("A density integrates to 1")
  func integral() {
    let density = KernelDensity([1, 2, 4], bandwidth: 0.5)
    let step = 0.01
    let sum = density.values(at: stride(from: -4.0, through: 9, by: step).map(\.self)).reduce(0, +) * step
    // Smooth and negligible at the ends: the trapezoidal rule is exact to rounding.
    #expect(abs(sum - 1) < 1e-9)
  }
}
