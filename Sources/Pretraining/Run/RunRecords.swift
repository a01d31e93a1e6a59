internal import OutputFiles

/// What a run leaves in its folder as it goes on: the log, checkpoints, and the state that resuming needs.
final class RunRecords {
  private let folder: TrainingFolder
  private let checkpoints: CheckpointWriter
  private var log: ScalarLog
  private var lastSave = ContinuousClock.now

  /// Brings a trainer to where the run was saved, and opens the log behind that step.
  ///
  /// - Throws: `CheckpointError`, `PretrainingError.damaged`, `OutputError`.
  init(_ folder: TrainingFolder, of trainer: Trainer, classes: [String]?) throws {
    self.folder = folder
    checkpoints = CheckpointWriter(recipe: folder.recipe, classes: classes)
    let isRestored = try folder.restore(trainer)
    log = try ScalarLog(folder.logPath, through: isRestored ? trainer.step : nil)
    if !isRestored, !trainer.fusionWeights.isEmpty {
      try log.append(.init(step: 0, epoch: 0, weights: trainer.fusionWeights))
    }
  }

  /// Seconds since the state was saved, or since the first step.
  var age: Double { seconds(.now - lastSave) }

  /// The first step is about to be taken.
  func begin() { lastSave = .now }

  /// Adds a line to the log.
  func append(_ progress: TrainingRun.Progress, gradientNorm: Double?) throws(OutputError) {
    try log.append(
      .init(
        step: progress.step, epoch: progress.epoch, loss: progress.loss, learningRate: progress.learningRate,
        imagesPerSecond: progress.imagesPerSecond, gradientNorm: gradientNorm, weights: progress.fusionWeights))
  }

  /// Writes the model after an epoch.
  ///
  /// - Returns: The file.
  func writeCheckpoint(of trainer: Trainer, epoch: Int) throws(OutputError) -> String {
    let path = folder.checkpointPath(epoch: epoch)
    try checkpoints.write(trainer, epoch: epoch, to: path)
    return path
  }

  /// Saves what resuming needs; the log first: a state never stands beside a log that lacks its steps.
  func save(_ trainer: Trainer) throws {
    try log.flush()
    try folder.save(trainer)
    lastSave = .now
  }
}
