import Foundation
import Testing

@testable import Diagnostics

@Suite("What paired differences decide")
struct PairedDifferencesTests {
  private func differences(_ values: [Double], error: Double = 0) -> PairedDifferences {
    PairedDifferences(values, errors: values.map { _ in error })
  }

  /// Student's tail is exact to about 1e-13, its argument to n roundings.
  @Test("Median and the p of Student's t are SciPy's", arguments: StatisticsReference.cases)
  func sciPy(reference: StatisticsReference.Case) throws {
    let differences = differences(reference.differences)
    #expect(differences.median == reference.median)
    #expect(abs(try #require(differences.tTest) - reference.tTest) <= 1e-10 * reference.tTest)
    let signedRank = min(1, 2 * min(reference.upperTail, reference.lowerTail))
    #expect(try #require(differences.pValue) >= signedRank * (1 - 1e-12))
  }

  @Test("Student's p and interval say the same: 5 % where an end of the interval is 0")
  func intervalAndP() throws {
    for values in [[1.0, 2, 4, 5, 3, 2.5, 3.5, 0.5], [0.1, -2, 3, 4]] {
      let interval = try #require(differences(values).interval)
      let moved = differences(values.map { $0 - interval[0] })
      // Bisection to 1e-12 of the quantile, times the slope of p.
      #expect(abs(try #require(moved.tTest) - 0.05) < 1e-9)
    }
  }

  @Test("Five batches settle nothing, six do, and a single one has neither interval nor p")
  func least() {
    let values = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02]
    #expect(differences(values).isSettled && !differences(Array(values.dropLast())).isSettled)
    let single = differences([1])
    #expect(single.interval == nil && single.tTest == nil && single.pValue == nil && !single.isSettled)
    #expect(!differences(Array(repeating: 0, count: 20)).isSettled)
  }

  @Test("Errors count against the difference in both tests")
  func errors() {
    let values = (1...10).map { 1 + 0.1 * Double($0) }
    #expect(differences(values, error: 0.5).isSettled)
    // The mean is 1.55, its interval ± 0.22: 1.4 leaves too little to Student's t, and three differences on the other side of 0.
    #expect(!differences(values, error: 1.4).isSettled)
    #expect(!differences(values.map { -$0 }, error: 1.4).isSettled)
    #expect(differences(values, error: 1.6).pValue == 1)
  }

  @Test("One huge difference settles nothing; neither do ranks where the mean has the other sign")
  func bothTests() {
    #expect(!differences([1, 1, 1.1, 0.9, 1, 1, 1.2, -2000]).isSettled)
    let one = differences([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, -40])
    #expect(one.mean < 0 && one.median > 0 && one.pValue == 1)
  }

  @Test("With Holm's correction 12 comparisons take nine batches, one takes six", arguments: [(1, 6), (2, 7), (12, 9)])
  func leastForSeveral(comparisons: Int, batches: Int) {
    #expect(PairedDifferences.leastBatches(for: comparisons) == batches)
  }

  /// 5 % of 2,000 is 100, the binomial distribution's 99 % point 123.
  private let most = 0.062

  /// The differences of 80 batches, of which one holds an image of another kind: −2270 beside values below 10.
  @Test("With a heavy tail the sign of each difference drawn at random settles something in at most 5 % of cases")
  func heavyTail() {
    var numbers = SeededNumbers(seed: 53)
    let sizes = (0..<79).map { _ in 3 * abs(numbers.normal()) + 0.01 } + [2270]
    let settled = (0..<2000).count { _ in
      differences((0..<80).map { _ in sizes[numbers.place(of: 80)] * numbers.sign() }).isSettled
    }
    #expect(Double(settled) / 2000 <= most, "\(settled)")
    // That it decides at all: a difference of 2 among batches without that image.
    let found = (0..<200).count { _ in
      differences((0..<80).map { _ in sizes[numbers.place(of: 79)] * numbers.sign() + 2 }).isSettled
    }
    #expect(found > 190, "\(found)")
  }

  @Test("Without a difference at most 5 % of runs settle one, whatever the distribution", arguments: [6, 8, 20])
  func level(count: Int) {
    var numbers = SeededNumbers(seed: UInt64(100 + count))
    let normal = (0..<2000).count { _ in differences((0..<count).map { _ in numbers.normal() }).isSettled }
    let cubed = (0..<2000).count { _ in
      differences((0..<count).map { _ in pow(numbers.normal(), 3) }).isSettled
    }
    #expect(Double(normal) / 2000 <= most && Double(cubed) / 2000 <= most, "\(normal), \(cubed)")
    // No less than half of it for normal differences: with six batches the signed-rank test has 3.1 %.
    #expect(Double(normal) / 2000 > 0.018, "\(normal)")
  }
}

@Suite("How many fresh batches settle a difference")
struct FreshBatchesTests {
  /// Three deviations of 2,000 runs are 2.7 %; with few batches the power jumps from one number to the next.
  @Test("The number said settles in 80 % of runs", arguments: [0.35, 0.5, 0.7, 1, 1.3, 1.6])
  func power(effect: Double) throws {
    let count = try #require(FreshBatches.needed(effect: effect))
    var numbers = SeededNumbers(seed: UInt64(1000 * effect))
    let settled = (0..<2000).count { _ in
      PairedDifferences((0..<count).map { _ in numbers.normal() + effect }, errors: Array(repeating: 0, count: count))
        .isSettled
    }
    let power = Double(settled) / 2000
    #expect(power > 0.77 && power < (count < 20 ? 0.92 : 0.83), "\(count): \(power)")
  }

  @Test("Six at least, none for no difference or one out of reach, and four times as many for half of it")
  func limits() throws {
    #expect(FreshBatches.needed(effect: 50) == 6)
    #expect(FreshBatches.needed(effect: 0) == nil && FreshBatches.needed(effect: -1) == nil)
    #expect(FreshBatches.needed(effect: 1e-3) == nil)
    let (one, half) = (try #require(FreshBatches.needed(effect: 0.1)), try #require(FreshBatches.needed(effect: 0.05)))
    // But for the part that does not grow, and rounding up.
    #expect(half > 3 * one && half <= 4 * one)
  }
}
