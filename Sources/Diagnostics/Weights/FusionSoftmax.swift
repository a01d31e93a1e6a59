internal import Foundation

/// Fusion weights from the logits that a checkpoint stores.
enum FusionSoftmax {
  /// w = exp(l − max l) / Σ exp(l − max l), in double precision; nil for logits that are not finite, or none.
  static func weights(of logits: [Float]) -> [Double]? {
    let values = logits.map(Double.init)
    guard let largest = values.max(), values.allSatisfy(\.isFinite) else { return nil }
    let exponentials = values.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
