import Diagnostics
import Testing

@Suite("Student's t")
struct StudentTTests {
  /// (probability, degrees of freedom, quantile) by `scipy.stats.t.ppf` of SciPy 1.17.1.
  static let quantiles: [(Double, Int, Double)] = [
    (0.75, 1, 1.0000000000000002), (0.75, 2, 0.8164965809277261), (0.75, 3, 0.7648923284043444),
    (0.75, 7, 0.7111417780817866), (0.75, 30, 0.6827556933212927), (0.75, 63, 0.6784039610578574),
    (0.75, 200, 0.6757184114042201), (0.75, 10000, 0.6745142844835927), (0.9, 1, 3.0776835371752544),
    (0.9, 2, 1.8856180831641272), (0.9, 3, 1.637744353696209), (0.9, 7, 1.4149239276505086),
    (0.9, 30, 1.3104150253913955), (0.9, 63, 1.2951342937828885), (0.9, 200, 1.2857987939948012),
    (0.9, 10000, 1.2816362297304775), (0.975, 1, 12.706204736174694), (0.975, 2, 4.302652729749462),
    (0.975, 3, 3.1824463052837078), (0.975, 7, 2.364624251592784), (0.975, 30, 2.0422724563012378),
    (0.975, 63, 1.998340542520741), (0.975, 200, 1.9718962236339088), (0.975, 10000, 1.960201239890626),
    (0.9995, 1, 636.6192487687897), (0.9995, 2, 31.599054576445365), (0.9995, 3, 12.923978636687961),
    (0.9995, 7, 5.407882520861828), (0.9995, 30, 3.6459586350420627), (0.9995, 63, 3.4517689449610334),
    (0.9995, 200, 3.3398354062757107), (0.9995, 10000, 3.2914999659416355),
  ]

  /// The bisection stops at 1e-12 relative; near the median the tail loses some digits to cancellation.
  @Test("Quantiles are SciPy's to 1e-9", arguments: quantiles)
  func quantile(probability: Double, degreesOfFreedom: Int, expected: Double) {
    let quantile = StudentT.quantile(probability, degreesOfFreedom: degreesOfFreedom)
    #expect(abs(quantile - expected) < 1e-9 * expected)
  }

  @Test("Half of the distribution lies below zero") func median() {
    #expect(abs(StudentT.quantile(0.5, degreesOfFreedom: 5)) < 1e-9)
  }

  /// With one degree of freedom the distribution is Cauchy's: t = tan(π (p − ½)).
  @Test("One degree of freedom gives Cauchy's distribution", arguments: [0.6, 0.8, 0.95])
  func cauchy(probability: Double) {
    let tangents = [0.6: 0.32491969623290634, 0.8: 1.3763819204711736, 0.95: 6.313751514675044]
    let expected = tangents[probability] ?? .nan
    #expect(abs(StudentT.quantile(probability, degreesOfFreedom: 1) - expected) < 1e-9 * expected)
  }
}
