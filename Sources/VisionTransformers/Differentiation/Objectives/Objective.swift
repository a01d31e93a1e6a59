/// What a model is trained for: which part of the network is used, and how predictions become a loss.
///
/// To add an objective, write a `LossLayer` and a static function like `pixels(normalized:)` in a file of their own.
public struct Objective: Sendable {
  /// Its name in options and results.
  public let name: String
  /// Whether patches are removed before the encoder.
  public let masks: Bool
  /// Whether the decoder is used.
  public let usesDecoder: Bool
  /// Number of classes of the classification head; nil without a head.
  public let classes: Int?
  /// What the classification head looks at; nil without a head.
  public let pooling: HeadPooling?
  /// Whether targets take too long to be made anew for every product: they are then kept even where primal values are not.
  let keepsTargets: Bool
  /// Appends the loss to the predictions: the decoder's for every token, or the encoder's tokens.
  let appendLoss: @Sendable (inout ProgramBuilder, Value) -> any LossLayer
  /// Checks that a batch has what the objective needs.
  let check: @Sendable (LossBatch, Architecture) throws(LossError) -> Void

  init(
    name: String, masks: Bool = true, usesDecoder: Bool = true, classes: Int? = nil,
    pooling: HeadPooling? = nil, keepsTargets: Bool = false,
    appendLoss: @escaping @Sendable (inout ProgramBuilder, Value) -> any LossLayer,
    check: @escaping @Sendable (LossBatch, Architecture) throws(LossError) -> Void
  ) {
    self.name = name
    self.masks = masks
    self.usesDecoder = usesDecoder
    self.classes = classes
    self.pooling = pooling
    self.keepsTargets = keepsTargets
    self.appendLoss = appendLoss
    self.check = check
  }
}
