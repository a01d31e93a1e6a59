public import ArgumentParser
public import Checkpoints
public import Diagnostics
public import Hessian
public import Images
public import Pretraining
public import Spectra
public import VisionTransformers

// Values of our own modules that can be written on the command line by their names; those of groups that one command hands on to
// another are written again.
extension WeightsSelection: ExpressibleByArgument, CommandWord {}
extension Normalization: ExpressibleByArgument, CommandWord {}
extension FrequencyPositions: ExpressibleByArgument {}
extension ProfilePath: ExpressibleByArgument {}
extension FigureAbscissa: ExpressibleByArgument {}
extension Architecture.PositionResizing: ExpressibleByArgument, CommandWord {}
extension ModelOptions.PositionEmbedding: ExpressibleByArgument, CommandWord {}
extension TrainingAxis: ExpressibleByArgument {}
extension Recipe.Method: ExpressibleByArgument {}
extension Architecture.Fusion.Projection: ExpressibleByArgument {}
extension Architecture.Fusion.Combination: ExpressibleByArgument {}
extension SpectrumEnd: ExpressibleByArgument {}
extension HessianSolver: ExpressibleByArgument {}
extension HessianProtocol: ExpressibleByArgument, CommandWord {}
extension HessianDivision: ExpressibleByArgument {}
extension ObjectiveChoice: ExpressibleByArgument, CommandWord {}

extension HessianParameters: ExpressibleByArgument, CommandWord {
  /// The parameters of that name; nil for no name of any.
  public init?(argument: String) { self.init(argument) }

  var word: String { description }
}

extension Architecture.Perceptron: ExpressibleByArgument, CommandWord {
  /// What `--activation` can be; a gated perceptron shows in its tensors.
  static let choices: [Self] = [.gelu, .quickGELU, .tanhGELU]

  /// What help and messages offer.
  public static var allValueStrings: [String] { choices.map(\.rawValue) }
}

extension HeadPooling: ExpressibleByArgument, CommandWord {
  /// The pooling by the words of the command line; nil for others.
  public init?(argument: String) {
    let words: [String: HeadPooling] = [
      "cls": .classToken, "token": .classToken, "mean": .mean, "avg": .mean, "norm-mean": .normalizedMean,
    ]
    guard let pooling = words[argument] else { return nil }
    self = pooling
  }

  /// What help and messages offer.
  public static var allValueStrings: [String] { ["cls", "mean", "norm-mean"] }

  var word: String {
    switch self {
    case .classToken: "cls"
    case .mean: "mean"
    case .normalizedMean: "norm-mean"
    }
  }
}
