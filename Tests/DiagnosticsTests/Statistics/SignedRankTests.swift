import Foundation
import Testing

@testable import Diagnostics

@Suite("Wilcoxon's signed-rank test")
struct SignedRankTests {
  /// Sums of at most n (n + 1) probabilities, each through n additions, all of them positive; SciPy's are as long.
  private func tolerance(_ count: Int) -> Double { 4 * Double(count * (count + 1) + count) * 0x1p-53 }

  @Test("There are references of every kind")
  func references() {
    #expect(StatisticsReference.cases.count == 12)
    #expect(StatisticsReference.cases.contains { $0.differences.contains(0) })
  }

  @Test(
    "Tails are SciPy's: exact without ties, over all signs with them, normal beyond 500 differences",
    arguments: StatisticsReference.cases)
  func sciPy(reference: StatisticsReference.Case) {
    let test = SignedRankTest(reference.differences)
    #expect(test.isExact == (test.count <= 500))
    #expect(test.count == reference.differences.count { $0 != 0 })
    // The normal tail takes a few roundings, enlarged by the slope of its logarithm, |z| < 10.
    let tolerance = test.isExact ? tolerance(test.count) : 100 * 0x1p-52
    #expect(abs(test.upperTail - reference.upperTail) <= tolerance * reference.upperTail)
    #expect(abs(test.lowerTail - reference.lowerTail) <= tolerance * reference.lowerTail)
    #expect(test.pValue == min(1, 2 * min(test.upperTail, test.lowerTail)))
  }

  /// Halves are exact.
  @Test("Differences of one sign have p = 2 / 2ⁿ: five are never below 5 %, six are", arguments: 1...20)
  func oneSign(count: Int) {
    let test = SignedRankTest((1...count).map { Double($0) * 0.3 })
    #expect(test.statistic == Double(count * (count + 1) / 2))
    #expect(test.upperTail == 1 / Double(1 << count) && test.lowerTail == 1)
    #expect(test.pValue == 2 / Double(1 << count))
    #expect((test.pValue <= 0.05) == (count >= 6))
  }

  /// Hollander, Wolfe and Chicken, table A.4: for n = 8 P(W⁺ ≥ 33) = 0.020, of 5 / 256.
  @Test("The table's n = 8") func table() {
    // Ranks 1 and 2 are negative.
    let test = SignedRankTest([-1, -2, 3, 4, 5, 6, 7, 8])
    #expect(test.statistic == 33 && test.upperTail == 5.0 / 256)
  }

  @Test("Zeros are dropped, ties share ranks, and nothing at all has p = 1")
  func conventions() {
    #expect(SignedRankTest([0, 0, 1, 2, -3]) == SignedRankTest([1, 2, -3]))
    // Ranks 1.5, 1.5, 3: of the eight sums 0, 1.5 twice, 3 twice, 4.5 twice, 6 three are 4.5 or more.
    let tied = SignedRankTest([1, -1, 2])
    #expect(tied.statistic == 4.5 && tied.upperTail == 3.0 / 8 && tied.lowerTail == 7.0 / 8)
    #expect(SignedRankTest([]).pValue == 1 && SignedRankTest([0, 0]).pValue == 1)
    #expect(SignedRankTest([0, 0]).count == 0)
  }

  @Test("The distribution is that of all signs, one by one, and symmetric")
  func enumeration() {
    let ranks = [2, 5, 5, 8, 11, 11, 14]
    var counts = [Int](repeating: 0, count: ranks.reduce(0, +) + 1)
    for signs in 0..<(1 << ranks.count) {
      counts[ranks.indices.reduce(0) { $0 + (signs >> $1 & 1) * ranks[$1] }] += 1
    }
    let probabilities = SignedRankDistribution(doubledRanks: ranks).probabilities
    // Multiples of 2⁻⁷ are exact.
    #expect(probabilities == counts.map { Double($0) / 128 })
    #expect(probabilities == probabilities.reversed())
  }

  @Test("Only signs and the order of sizes count; the other way round the tails change places")
  func invariants() {
    var numbers = SeededNumbers(seed: 3)
    for _ in 0..<20 {
      let differences = (0..<15).map { _ in numbers.normal() + 0.3 }
      let test = SignedRankTest(differences)
      #expect(SignedRankTest(differences.map { 7 * $0 * $0 * $0 }) == test)
      let turned = SignedRankTest(differences.map { -$0 })
      #expect(
        abs(turned.upperTail - test.lowerTail) <= tolerance(15)
          && abs(turned.lowerTail - test.upperTail) <= tolerance(15))
      // A difference that rises never lowers W⁺.
      var risen = differences
      risen[4] += numbers.uniform()
      #expect(SignedRankTest(risen).statistic >= test.statistic)
    }
  }

  /// At 300 differences the normal distribution is off by at most 2e-4; it stands in beyond 500 only.
  @Test("Where the normal distribution stands in it is as good as the exact one")
  func normal() {
    for negative in [2, 3, 5] {
      let differences = (1...300).map {
        Double($0) * ($0 % negative == 0 ? -1 : 1) * (negative == 2 && $0 > 240 ? -1 : 1)
      }
      let (exact, normal) = (SignedRankTest(differences), SignedRankTest(differences, mostExact: 0))
      #expect(exact.isExact && !normal.isExact)
      #expect(abs(exact.upperTail - normal.upperTail) < 2e-4 && abs(exact.lowerTail - normal.lowerTail) < 2e-4)
    }
  }
}

@Suite("Sign test")
struct SignTestTests {
  /// Three logarithms of factorials and one power, each rounded at the size of n ln n, and as many additions as there are signs.
  @Test("The p is SciPy's", arguments: StatisticsReference.cases)
  func sciPy(reference: StatisticsReference.Case) {
    let n = Double(reference.differences.count)
    let p = SignTest(reference.differences).pValue
    #expect(abs(p - reference.signTest) <= 8 * n * (1 + log(n)) * 0x1p-52 * reference.signTest)
  }

  @Test("Half of ten is no sign of anything; one sign only is 2 / 2ⁿ; zeros say nothing")
  func closedForms() {
    #expect(SignTest([1, -1, 2, -2, 3, -3]).pValue == 1)
    // Logarithms of factorials up to 7! are rounded: 8.5 · 2⁻⁵² a few times.
    #expect(abs(SignTest([1, 2, 3, 4, 5, 6, 7]).pValue - 2.0 / 128) < 1e-13)
    // 1 + 8 of 256.
    #expect(abs(SignTest([1, 1, 1, 0, 1, 1, 1, 1, -5]).pValue - 2 * 9.0 / 256) < 1e-13)
    #expect(SignTest([0]).pValue == 1 && SignTest([]).pValue == 1)
  }
}
