public import Reports

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
  public var verdict: ReportVerdict

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
    verdict = ReportVerdict(combining: statistics.map(\.verdict))
  }
}

extension ReportVerdict {
  /// The verdict on a claim with several parts: all must hold, and one that does not is enough against it.
  init(combining parts: [ReportVerdict]) {
    self = parts.contains(.doesNotHold) ? .doesNotHold : parts.contains(.notSettled) ? .notSettled : .holds
  }
}
