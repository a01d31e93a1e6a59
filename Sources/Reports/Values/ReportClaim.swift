/// What a paper says, what was measured here, and whether that agrees.
public struct ReportClaim: Sendable, Hashable, Codable {
  /// The place in the paper, such as the number of a figure.
  public var place: String
  /// The paper's words: a short quotation.
  public var quotation: String
  /// What was measured here, in sentences with their uncertainty.
  public var measured: [String]
  /// Whether that agrees.
  public var verdict: ReportVerdict

  /// A claim and what became of it.
  public init(place: String, quotation: String, measured: [String], verdict: ReportVerdict) {
    self.place = place
    self.quotation = quotation
    self.measured = measured
    self.verdict = verdict
  }
}

/// Whether a claim holds at the scale of the measurement.
public enum ReportVerdict: String, Sendable, Hashable, Codable, CaseIterable {
  /// The measurement shows what the paper says.
  case holds
  /// The measurement shows something else.
  case doesNotHold
  /// The measurement cannot tell.
  case notSettled

  /// The verdict in words.
  public var words: String {
    switch self {
    case .holds: "holds at this scale"
    case .doesNotHold: "does not hold at this scale"
    case .notSettled: "not settled at this scale"
    }
  }
}
