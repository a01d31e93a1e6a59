public import Diagnostics

/// All numbers of a page as one result: what is written beside it as JSON.
public struct ReportResult: Sendable, Encodable {
  /// Always `report`.
  public let command = "report"
  /// The program's version.
  public let version: String
  /// The command line after the program's name.
  public let arguments: [String]
  /// The seed of everything random.
  public let seed: UInt64
  /// The matrix kernel that multiplied, by OpenBLAS' name.
  public var kernel: String?
  /// What was examined.
  public let models: [ModelReport]
  /// The claims, each with the anchor of its section; absent where there are none.
  public let claims: [Claim]?
  /// The results behind the figures, in the order of the page, each as its command would write it.
  public let results: [Numbers]
  /// What is missing and why, each with the anchor of its section; absent where nothing is.
  public let gaps: [Gap]?

  /// A claim and where on the page it stands.
  public struct Claim: Sendable, Encodable {
    /// The anchor.
    public let section: String
    /// The claim.
    public let claim: ReportClaim
  }

  /// Something missing and where on the page that is said.
  public struct Gap: Sendable, Encodable {
    /// The anchor.
    public let section: String
    /// What is missing and why.
    public let reason: String
  }

  /// A result of any command.
  public struct Numbers: Sendable, Encodable {
    let result: any DrawableResult

    /// Writes the result as its command does.
    public func encode(to encoder: any Encoder) throws { try result.encode(to: encoder) }
  }

  /// The numbers of a page.
  public init(_ page: ReportPage) {
    (version, arguments, seed, models) = (page.version, page.arguments, page.seed, page.models)
    let claims = page.sections.compactMap { section in
      section.claim.map { Claim(section: section.id, claim: $0) }
    }
    self.claims = claims.isEmpty ? nil : claims
    results = page.sections.flatMap(\.figures).map { Numbers(result: $0.result) }
    let gaps =
      page.gaps.map { Gap(section: "models", reason: $0) }
      + page.sections.flatMap { section in section.gaps.map { Gap(section: section.id, reason: $0) } }
    self.gaps = gaps.isEmpty ? nil : gaps
  }
}
