internal import Foundation

/// Linear warm-up, then half a cosine down to 0, step by step.
///
/// With t = step / steps of an epoch: η(t) = peak · t / warm-up before the end of the warm-up, then
/// peak · ½ (1 + cos π (t − warm-up) / (epochs − warm-up)). As in MAE's code the very first step has rate 0.
///
/// - Source: Table 5 of the MFF paper; Goyal et al. 2017 for the warm-up and the scaling by the batch, Loshchilov & Hutter
///   2017 for the cosine.
public struct LearningRateSchedule: Sendable, Hashable {
  /// The highest rate.
  public let peak: Double
  /// Epochs of warm-up, also a part of one.
  public let warmupEpochs: Double
  /// Epochs in all.
  public let epochs: Int
  /// Steps of an epoch.
  public let stepsPerEpoch: Int

  /// A schedule.
  ///
  /// - Parameters:
  ///   - baseRate: The rate for batches of 256 images.
  ///   - batchSize: Images in a batch: the peak is baseRate · batchSize / 256.
  ///   - warmupEpochs: Epochs of warm-up.
  ///   - epochs: Epochs in all.
  ///   - stepsPerEpoch: Steps of an epoch.
  public init(baseRate: Double, batchSize: Int, warmupEpochs: Double, epochs: Int, stepsPerEpoch: Int) {
    precondition(warmupEpochs >= 0 && epochs > 0 && stepsPerEpoch > 0)
    peak = baseRate * Double(batchSize) / 256
    self.warmupEpochs = warmupEpochs
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// All steps.
  public var steps: Int { epochs * stepsPerEpoch }

  /// The rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    let epoch = Double(step) / Double(stepsPerEpoch)
    guard epoch >= warmupEpochs else { return peak * epoch / warmupEpochs }
    let rest = Double(epochs) - warmupEpochs
    guard rest > 0 else { return 0 }
    return peak * 0.5 * (1 + cos(.pi * min((epoch - warmupEpochs) / rest, 1)))
  }

  /// The sum of the rates of all steps: AdamW moves no parameter further than about this.
  public var sum: Double { (0..<steps).reduce(0) { $0 + rate(at: $1) } }
}
