internal import Foundation

/// Where eigenvalues may be that a run has not shown, in the order of ranks.
extension KrylovPolynomials {
  /// Whether no eigenvalue of this rank can have a component of at least `component` in the start vector.
  func excludes(rank: Double, _ which: SpectrumEnd, component: Double) -> Bool {
    excludes(rank, component: component) && (which == .largest || excludes(-rank, component: component))
  }

  /// The rank beyond which nothing can have been overlooked; nil where rounding hides all.
  ///
  /// - Parameters:
  ///   - low: A rank that no Ritz value exceeds.
  ///   - scale: How large the operator's values are: the first step of the search.
  ///   - which: Which end of the spectrum.
  ///   - component: δ.
  /// - Returns: `low` or more.
  func limit(above low: Double, scale: Double, _ which: SpectrumEnd, component: Double) -> Double? {
    guard scale > 0, !excludes(rank: low, which, component: component) else { return low }
    // Beyond the largest Ritz value every polynomial grows, so that the excluded ranks have one lower end.
    var (open, step) = (low, 1e-6 * scale)
    while !excludes(rank: open + step, which, component: component) {
      guard step < 1e3 * scale else { return nil }
      open += step
      step *= 2
    }
    var closed = open + step
    while closed - open > 1e-3 * (closed - low) {
      let middle = (open + closed) / 2
      if excludes(rank: middle, which, component: component) { closed = middle } else { open = middle }
    }
    return closed
  }

  /// The largest rank above `low`, up to `high`, that an eigenvalue may have; nil where none may.
  ///
  /// Tried at 64 ranks, closest to each other at the ends; the distance of two is added to what is found. Open stretches are narrower only around
  /// Ritz values that have settled, of which there must be none in between.
  func largestOpen(from low: Double, to high: Double, _ which: SpectrumEnd, component: Double) -> Double? {
    guard high > low else { return nil }
    var before = high
    for i in 0..<64 {
      let rank = low + (high - low) * (1 + cos(Double.pi * Double(i) / 64)) / 2
      if !excludes(rank: rank, which, component: component) { return before }
      before = rank
    }
    return nil
  }
}
