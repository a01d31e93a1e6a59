import Diagnostics
import Pretraining
import Tensors
import VisionTransformers

/// A training run that is ready to begin or to go on.
struct PreparedTraining {
  /// Where everything goes.
  let folder: String
  /// What is trained.
  let recipe: Recipe
  /// On which images.
  let data: any TrainingData
  /// The run.
  let run: TrainingRun
  /// What is drawn beside checkpoints; nil for nothing.
  let panel: TrainingPanel?

  /// What happens while it goes on.
  enum Event {
    /// A step was taken.
    case step(TrainingRun.Progress)
    /// An image cannot be read.
    case skipped(reason: String)
    /// A checkpoint or a picture was written.
    case wrote(String)
  }

  /// Takes the steps that are left, until an interruption is held back.
  func go(_ report: (Event) -> Void) throws -> TrainingRun.Outcome {
    try run.run(shouldStop: { Signals.isInterrupted }) { event in
      switch event {
      case .step(let step): report(.step(step))
      case .skipped(let reason): report(.skipped(reason: reason))
      case .checkpoint(let path, let epoch):
        report(.wrote(path))
        guard let panel else { return }
        let picture = "\(folder)/epoch_\(epoch).png"
        _ = try run.trainer.withParameters { try panel.write($0, title: "\(folder), epoch \(epoch)", to: picture) }
        report(.wrote(picture))
      }
    }
  }
}

extension Recipe {
  /// Images of a panel, at most.
  private static let panelImages = 4

  /// The picture of a training that predicts pixels, nil for others: the first images as epoch 0 sees them, the same at each checkpoint.
  func panel(_ architecture: Architecture, images data: any TrainingData, team: Team) throws
    -> TrainingPanel?
  {
    guard method == .mae || method == .pixmim else { return nil }
    let count = min(data.count, Self.panelImages)
    let masks = PatchMasks.random(
      images: count, patches: network.patches, masked: maskedPatches, seed: seed, batch: 0)
    return TrainingPanel(
      architecture, images: try data.batch(Array(0..<count), epoch: 0).images, masks: masks,
      normalizedPixels: normPixels,
      team: team)
  }
}
