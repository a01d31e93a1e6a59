/// What the records of one run say of their course, at 95 %.
public enum RecordsCourse: Sendable, Hashable {
  /// They grow.
  case rises
  /// They shrink.
  case falls
  /// They do not move at all.
  case still
  /// Their scatter along the run could have made what growth there seems to be.
  case open
  /// They depend on each other over so many records that growth cannot be told from drift.
  case drift

  /// A verdict takes so many times as many records as depend on each other.
  static let stretches = 12.0

  /// What change and slope say together; nil for a change without interval.
  ///
  /// A verdict takes both: where the line rises and the last third does not exceed the first, neither settles anything. And it takes
  /// records whose dependence fades within a small part of the run: a walk at random, where each record is the one before plus a step, has
  /// a slope, too.
  ///
  /// - Parameters:
  ///   - change: Late less early, of values of the order of 1.
  ///   - slopeInterval: The slope's; where there is no axis, that of the change.
  ///   - reach: Over how many records they depend on each other.
  ///   - count: How many records there are.
  public init?(change: DependentRecords.Estimate, slopeInterval: [Double]?, reach: Double?, count: Int) {
    guard let ends = change.interval, let error = change.standardError, let reach else { return nil }
    let others = slopeInterval ?? [0, 0]
    let sign = ends[0] > 0 && others[0] > 0 ? 1 : ends[1] < 0 && others[1] < 0 ? -1 : 0
    // Below 1e-12 lies the rounding of values that do not move, or that move along a line without scatter.
    if ends.allSatisfy({ abs($0) < 1e-12 }) {
      self = .still
    } else if sign != 0, error >= 1e-12, reach * Self.stretches > Double(count) {
      self = .drift
    } else {
      self = sign > 0 ? .rises : sign < 0 ? .falls : .open
    }
  }
}
