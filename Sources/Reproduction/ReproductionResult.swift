internal import Diagnostics

/// What `reproduce` found: the paper's claims, and where everything behind them is.
public struct ReproductionResult: Sendable, Hashable, Codable {
  /// Always `reproduce`.
  public var command = "reproduce"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The first of three seeds.
  public var seed: UInt64
  /// The matrix kernel that multiplied last, by OpenBLAS' name; what was kept from earlier runs names its own.
  public var kernel: String?
  /// How much was trained and measured.
  public var scale: ReproductionScale
  /// The claims with their verdicts.
  public var claims: [Claim]
  /// The training runs.
  public var trainings: [Item]
  /// The figures' numbers.
  public var analyses: [Item]

  /// Something that a command line made.
  public struct Item: Sendable, Hashable, Codable {
    /// What it is called.
    public var name: String
    /// The command line after the program's name, to be given in the reproduction's folder.
    public var arguments: [String]
    /// The file that it made, in the reproduction's folder.
    public var file: String
  }

  /// The result of a plan.
  ///
  /// - Parameters:
  ///   - plan: What was done.
  ///   - results: What was found.
  ///   - arguments: The command line after the program's name.
  public init(_ plan: ReproductionPlan, _ results: ReproductionResults, arguments: [String]) {
    version = ToolVersion.current
    self.arguments = arguments
    seed = plan.seeds.first
    scale = plan.scale
    claims = results.claims
    trainings = plan.trainings.map { Item(name: $0.name, arguments: $0.arguments, file: $0.checkpoint) }
    analyses = plan.analyses.map { Item(name: $0.name, arguments: $0.arguments, file: $0.numbers) }
  }
}
