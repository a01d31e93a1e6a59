/// What the paper says, what was measured, and whether that bears it out.
public struct Claim: Sendable, Hashable, Codable {
  /// The paper's figure or table.
  public var figure: String
  /// The paper's words.
  public var quote: String
  /// What was measured, in sentences, each with its uncertainty.
  public var measured: [String]
  /// The numbers that decide.
  public var statistics: [ClaimStatistic]
  /// What they decide.
  public var verdict: Verdict

  /// A claim that holds where each of its statistics has the sign that the paper's words imply.
  ///
  /// - Parameters:
  ///   - figure: The paper's figure or table.
  ///   - quote: The paper's words.
  ///   - statistics: The numbers that decide, at least one.
  ///   - remarks: Sentences after those of the statistics.
  init(_ figure: String, quote: String, _ statistics: [ClaimStatistic], remarks: [String] = []) {
    self.figure = figure
    self.quote = quote
    self.statistics = statistics
    measured = statistics.map(\.sentence) + remarks
    verdict = Verdict(combining: statistics.map(\.verdict))
  }
}

/// Whether a claim is borne out.
public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
  /// Every interval lies on the side that the claim implies.
  case holds
  /// An interval lies on the other side.
  case doesNotHold
  /// An interval holds both signs.
  case notSettled

  /// The verdict on a claim with several parts: all must hold, and one that does not is enough against it.
  init(combining parts: [Verdict]) {
    self = parts.contains(.doesNotHold) ? .doesNotHold : parts.contains(.notSettled) ? .notSettled : .holds
  }
}
