/// Why a loss cannot be computed.
public enum LossError: Error, Sendable, Hashable {
  case wrongCount(what: String, expected: Int, found: Int)
  case wrongOutputs(found: Int, expected: Int, meaning: String)
  case missing(what: String, objective: String)
  case maskRemovesNothing(image: Int)
  case maskRemovesEverything(image: Int)
  case unequalMasks(image: Int, removed: Int, expected: Int)
  case labelOutOfRange(image: Int, label: Int, classes: Int)
  case unsupported(String)
  case nonFiniteParameter(String)
  case nonFiniteInput(image: Int)
  case nonFiniteActivation(layer: String)
  case noParameters(String)
  case notEnoughMemory(needed: Int, limit: Int)
  case notDeterministic(difference: Double)
  case notSymmetric(left: Double, right: Double, tolerance: Double)
}

extension LossError: CustomStringConvertible {
  /// What is wrong, where, and what to do next.
  public var description: String {
    switch self {
    case .wrongCount(let what, let expected, let found):
      "\(what) must have \(expected) values, but there are \(found)"
    case .wrongOutputs(let found, let expected, let meaning):
      "the decoder predicts \(found) values for each patch, but \(meaning) are \(expected); "
        + "choose the objective that the checkpoint was trained for with --objective"
    case .missing(let what, let objective):
      "the objective \(objective) needs \(what)"
    case .maskRemovesNothing(let image):
      "the mask of image \(image) removes no patch, so there is nothing to reconstruct; 1 means removed, 0 kept"
    case .maskRemovesEverything(let image):
      "the mask of image \(image) removes every patch, so the encoder sees nothing; 1 means removed, 0 kept"
    case .unequalMasks(let image, let removed, let expected):
      "the mask of image \(image) removes \(removed) patches, those before it \(expected); all must remove equally many"
    case .labelOutOfRange(let image, let label, let classes):
      "the label of image \(image) is \(label), but the head has \(classes) classes (0 … \(classes - 1))"
    case .unsupported(let reason):
      reason
    case .nonFiniteParameter(let name):
      "parameter \(name) holds NaN or infinite values; the training may have diverged: take an earlier checkpoint"
    case .nonFiniteInput(let image):
      "image \(image) holds NaN or infinite values; check the image and its normalisation"
    case .nonFiniteActivation(let layer):
      "NaN or infinite values appear first in layer \(layer); weights and images are finite, so a value overflowed there"
    case .noParameters(let selection):
      "the model has no trainable parameter in \(selection)"
    case .notEnoughMemory(let needed, let limit):
      "one image at a time already takes \(needed >> 20) MB, more than the limit of \(limit >> 20) MB; raise the limit"
    case .notDeterministic(let difference):
      "the same Hessian-vector product came out differently twice (largest difference \(difference)); "
        + "the processor or its libraries compute wrongly, so no result can be trusted"
    case .notSymmetric(let left, let right, let tolerance):
      "uᵀHv = \(left) but vᵀHu = \(right), further apart than rounding explains (\(tolerance)); please report this model"
    }
  }
}
