/// Holm's correction for several tests at once.
///
/// Of m true null hypotheses at least one is rejected at the level α with probability α at most, however the tests depend on each other.
///
/// - Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
public enum Holm {
  /// The p-values as Holm corrects them: a test is rejected at a level that its corrected p does not exceed.
  ///
  /// - Parameter pValues: Those of the single tests.
  /// - Returns: As many, in the same order: the i-th smallest of m times m + 1 − i, never smaller than a smaller one's, at most 1.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    for (place, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
      largest = max(largest, min(1, Double(pValues.count - place) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
