import Foundation
import Reports
import Testing

@testable import Reproduction

@Suite("Claims and their verdicts")
struct ClaimTests {
  @Test("The interval of a mean over three seeds is Student's: 4.3027 deviations over √3") func interval() throws {
    // Deviation of 1, 2, 3 is 1; t(0.975, 2) = 4.30265273 from tables, of which eight digits are good.
    let statistic = ClaimStatistic("x", [1, 2, 3], .positive)
    let interval = try #require(statistic.interval)
    #expect(statistic.mean == 2)
    #expect(abs(interval[1] - (2 + 4.30265273 / 3.0.squareRoot())) < 1e-7)
    #expect(abs(interval[0] + interval[1] - 4) < 1e-12)
  }

  @Test("A single seed borrows a deviation and says whose") func borrowed() throws {
    let alone = ClaimStatistic("x", [5], .positive)
    #expect(alone.interval == nil && alone.verdict == .notSettled && alone.sentence.contains("no interval"))
    let borrowing = ClaimStatistic("x", [5], .positive, spread: (of: "the pilot", values: [1, 2, 3]))
    let interval = try #require(borrowing.interval)
    #expect(abs(interval[1] - 5 - 4.30265273) < 1e-7)
    #expect(borrowing.sentence.contains("its spread taken to be that of the pilot"))
  }

  @Test("A value of several seeds does not borrow") func own() {
    let statistic = ClaimStatistic("x", [1, 1.1, 0.9], .positive, spread: (of: "others", values: [-100, 100]))
    #expect(statistic.spreadFrom == nil && statistic.verdict == .holds)
  }

  @Test(
    "The interval decides, and the sign that the claim implies",
    arguments: [
      ([1, 1.1, 0.9], ClaimStatistic.Sign.positive, ReportVerdict.holds), ([1, 1.1, 0.9], .negative, .doesNotHold),
      ([-1, -1.1, -0.9], .positive, .doesNotHold), ([-1, -1.1, -0.9], .negative, .holds),
      ([1, -1, 0.5], .positive, .notSettled),
    ])
  func verdict(_ values: [Double], _ sign: ClaimStatistic.Sign, _ verdict: ReportVerdict) {
    #expect(ClaimStatistic("x", values, sign).verdict == verdict)
  }

  @Test("One part against a claim outweighs the rest; one unsettled part unsettles it") func combination() {
    #expect(ReportVerdict(combining: [.holds, .holds]) == .holds)
    #expect(ReportVerdict(combining: [.holds, .notSettled]) == .notSettled)
    #expect(ReportVerdict(combining: [.holds, .notSettled, .doesNotHold]) == .doesNotHold)
  }

  @Test("A sentence gives mean, interval and seeds, with signs") func sentence() {
    let statistic = ClaimStatistic("Growth", [-1, -2, -3], .negative)
    #expect(statistic.sentence == "Growth: −2.00 [−4.48, +0.484] (mean of 3 seeds).")
  }
}
