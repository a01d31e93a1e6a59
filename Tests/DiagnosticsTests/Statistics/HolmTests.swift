import Testing

@testable import Diagnostics

@Suite("Holm's correction")
struct HolmTests {
  @Test(
    "The smallest p is multiplied by the number of tests, the next by one less, and none falls below a smaller one's")
  func byHand() {
    // 4 · 0.01; 3 · 0.02 = 0.06; 2 · 0.03 = 0.06; 1 · 0.5.
    let adjusted = Holm.adjusted([0.03, 0.01, 0.5, 0.02])
    #expect(adjusted == [0.06, 0.04, 0.5, 0.06])
    #expect(Holm.adjusted([0.2]) == [0.2] && Holm.adjusted([]).isEmpty)
    #expect(Holm.adjusted([0.6, 0.7]) == [1, 1])
  }

  /// The closure principle: a test is rejected where every group of tests that holds it is rejected by Bonferroni.
  @Test("It is the closure of Bonferroni's correction over all groups of tests")
  func closure() {
    var numbers = SeededNumbers(seed: 11)
    for count in 1...7 {
      let pValues = (0..<count).map { _ in numbers.uniform() * numbers.uniform() }
      let closed = (0..<count).map { test in
        (1..<(1 << count)).filter { $0 >> test & 1 == 1 }.map { group in
          let members = (0..<count).filter { group >> $0 & 1 == 1 }
          return min(1, Double(members.count) * (members.map { pValues[$0] }.min() ?? 1))
        }.max() ?? 1
      }
      // The same products.
      #expect(Holm.adjusted(pValues) == closed)
    }
  }

  @Test("Where nothing differs one of seven bands seems to in at most 5 % of cases, without it in about 30 %")
  func level() {
    var numbers = SeededNumbers(seed: 5)
    var (corrected, single) = (0, 0)
    for _ in 0..<4000 {
      let pValues = (0..<7).map { _ in numbers.uniform() }
      if Holm.adjusted(pValues).contains(where: { $0 <= 0.05 }) { corrected += 1 }
      if pValues.contains(where: { $0 <= 0.05 }) { single += 1 }
    }
    // 4.9 % and 30.2 % in theory, three deviations of 4,000 draws each.
    #expect(abs(Double(corrected) / 4000 - 0.049) < 0.011 && abs(Double(single) / 4000 - 0.302) < 0.022)
  }
}
