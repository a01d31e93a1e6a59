public import ArgumentParser
public import Checkpoints
public import Diagnostics
public import Hessian
public import Images
public import Pretraining
public import Spectra
public import VisionTransformers

// Values of our own modules that can be written on the command line by their names.
extension WeightsSelection: ExpressibleByArgument {}
extension Normalization: ExpressibleByArgument {}
extension FrequencyPositions: ExpressibleByArgument {}
extension ProfilePath: ExpressibleByArgument {}
extension FigureAbscissa: ExpressibleByArgument {}
extension Architecture.PositionResizing: ExpressibleByArgument {}
extension Architecture.Perceptron: ExpressibleByArgument {}
extension ModelOptions.PositionEmbedding: ExpressibleByArgument {}
extension TrainingAxis: ExpressibleByArgument {}
extension Recipe.Method: ExpressibleByArgument {}
extension Architecture.Fusion.Projection: ExpressibleByArgument {}
extension Architecture.Fusion.Combination: ExpressibleByArgument {}
extension SpectrumEnd: ExpressibleByArgument {}
extension HessianSolver: ExpressibleByArgument {}
extension HessianProtocol: ExpressibleByArgument {}
extension HessianDivision: ExpressibleByArgument {}
extension ObjectiveChoice: ExpressibleByArgument {}

extension HessianParameters: ExpressibleByArgument {
  /// The parameters of that name; nil for no name of any.
  public init?(argument: String) { self.init(argument) }
}

extension HeadPooling: ExpressibleByArgument {
  /// The pooling by the words of the command line; nil for others.
  public init?(argument: String) {
    let words: [String: HeadPooling] = [
      "cls": .classToken, "token": .classToken, "mean": .mean, "avg": .mean, "norm-mean": .normalizedMean,
    ]
    guard let pooling = words[argument] else { return nil }
    self = pooling
  }
}
