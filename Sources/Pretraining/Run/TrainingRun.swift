public import Tensors
internal import Foundation
internal import OutputFiles
internal import VisionTransformers

/// A training run: steps in the order that the recipe decides, with its log, its checkpoints and its state in a folder.
///
/// The same recipe, data and number of threads give the same weights, bit for bit, also when the run was stopped, or killed at
/// any moment, and resumed.
public final class TrainingRun {
  /// What does not decide about weights.
  public struct Options: Sendable, Hashable {
    /// Seconds after which the state is saved again, at most; it is saved with every checkpoint, too.
    public var secondsPerState = 60.0
    /// Cores that make images while others compute.
    public var loaderThreads = 1

    /// The usual.
    public init() {}
  }

  /// What happens while a run goes on.
  public enum Event: Sendable {
    /// A step was taken.
    case step(Progress)
    /// A checkpoint was written.
    case checkpoint(path: String, epoch: Int)
  }

  /// How far a run is.
  public struct Progress: Sendable, Hashable {
    /// Steps taken, this one included.
    public var step: Int
    /// All steps of the run.
    public var steps: Int
    /// Epochs done, the begun one as a fraction.
    public var epoch: Double
    /// L before this step.
    public var loss: Double
    /// η of this step.
    public var learningRate: Double
    /// Images a second, since the last line of the log.
    public var imagesPerSecond: Double
    /// Seconds that the rest will take at this rate.
    public var secondsLeft: Double
    /// The fusion weights after this step; empty without.
    public var fusionWeights: [Double]
    /// Whether the log has a line of this step.
    public var isLogged: Bool
  }

  /// How a run ended.
  public enum Outcome: Sendable, Hashable {
    /// All steps were taken.
    case finished
    /// It was asked to stop after this step; the state is saved.
    case stopped(step: Int)
  }

  /// The network in training.
  public let trainer: Trainer
  /// The learning rate of every step.
  public let schedule: LearningRateSchedule
  /// The step that the run began or was resumed at.
  public let firstStep: Int

  private let recipe: Recipe
  private let data: any TrainingData
  private let folder: TrainingFolder
  private let teacher: Teacher?
  private let team: Team
  private let options: Options
  private var log: ScalarLog
  private var lastSave = ContinuousClock.now

  /// Prepares a run, and goes to where it was saved where its folder holds it already.
  ///
  /// - Parameters:
  ///   - folder: Where everything goes; its recipe decides.
  ///   - data: The images of the recipe.
  ///   - teacher: For methods that need one.
  ///   - team: Cores to use.
  ///   - options: What does not decide about weights.
  /// - Throws: `PretrainingError`, `LossError`, `TrainingDataError`, `OutputError`, `CheckpointError`.
  public init(
    in folder: TrainingFolder, data: any TrainingData, teacher: Teacher? = nil, team: Team = Team(),
    options: Options = Options()
  ) throws {
    let recipe = folder.recipe
    try recipe.validate()
    guard data.imageSize == recipe.network.imageSize else {
      throw PretrainingError.imageSize(
        data: data.description, found: data.imageSize, expected: recipe.network.imageSize)
    }
    if recipe.method == .supervised, (data.classes?.count ?? 0) < 2 {
      throw PretrainingError.noClasses(data: data.description)
    }
    if recipe.method.needsTeacher && teacher == nil {
      throw PretrainingError.missingTeacher(method: recipe.method.rawValue)
    }
    guard data.count >= recipe.batchSize else {
      throw TrainingDataError.fewerThanABatch(
        count: data.count, batchSize: recipe.batchSize, data: data.description)
    }
    trainer = try Trainer(
      recipe.architecture(teacherWidth: teacher?.width), objective: recipe.objective(classes: data.classes?.count),
      images: recipe.batchSize, masked: recipe.maskedPatches, settings: recipe.optimizer, seed: recipe.seed,
      team: team)
    schedule = recipe.schedule(stepsPerEpoch: data.count / recipe.batchSize)
    let isRestored = try folder.restore(trainer)
    firstStep = trainer.step
    log = try ScalarLog(folder.logPath, through: isRestored ? firstStep : nil)
    if !isRestored, !trainer.fusionWeights.isEmpty {
      try log.append(.init(step: 0, epoch: 0, weights: trainer.fusionWeights))
    }
    self.recipe = recipe
    self.data = data
    self.folder = folder
    self.teacher = teacher
    self.team = team
    self.options = options
  }

  /// Takes the steps that are left.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked before every step; true saves the state and ends.
  ///   - report: Told of every step and checkpoint.
  /// - Returns: How it ended.
  /// - Throws: `PretrainingError` for a loss that is no number; `OutputError` for a full disk; what the data throw. What was
  ///   saved before stays whole.
  public func run(shouldStop: () -> Bool = { false }, report: (Event) throws -> Void = { _ in }) throws -> Outcome {
    let perEpoch = schedule.stepsPerEpoch
    let loader = try BatchLoader(
      data: data, batchSize: recipe.batchSize, seed: recipe.seed,
      from: .init(epoch: trainer.step / perEpoch, step: trainer.step % perEpoch), epochs: recipe.epochs,
      team: Team(threads: options.loaderThreads))
    lastSave = .now
    var rate = StepRate(step: trainer.step)
    while let item = try loader.next() {
      if shouldStop() {
        try save()
        return .stopped(step: trainer.step)
      }
      let learningRate = schedule.rate(at: trainer.step)
      let result = try trainer.step(batch(item.batch), learningRate: learningRate)
      let step = trainer.step
      let isLogged = step.isMultiple(of: recipe.stepsPerLine) || step == schedule.steps
      let progress = Progress(
        step: step, steps: schedule.steps, epoch: Double(step) / Double(perEpoch), loss: result.loss,
        learningRate: learningRate, imagesPerSecond: rate.stepsPerSecond(at: step) * Double(recipe.batchSize),
        secondsLeft: Double(schedule.steps - step) / rate.stepsPerSecond(at: step),
        fusionWeights: trainer.fusionWeights, isLogged: isLogged)
      if isLogged {
        try log(progress, gradientNorm: result.gradientNorm)
        rate = StepRate(step: step)
      }
      if step.isMultiple(of: perEpoch) {
        try finish(epoch: step / perEpoch, report)
      } else if seconds(.now - lastSave) > options.secondsPerState {
        try save()
      }
      try report(.step(progress))
    }
    return .finished
  }

  /// What the loss takes of the images of step `trainer.step`.
  private func batch(_ images: TrainingBatch) -> LossBatch {
    LossBatch(
      images: images.images,
      masks: recipe.method.masks
        ? PatchMasks.random(
          images: recipe.batchSize, patches: recipe.network.patches, masked: recipe.maskedPatches, seed: recipe.seed,
          batch: trainer.step) : [],
      features: teacher?.features(of: images.images) ?? [],
      labels: recipe.method == .supervised ? images.labels : [])
  }

  private func log(_ progress: Progress, gradientNorm: Double?) throws(OutputError) {
    try log.append(
      .init(
        step: progress.step, epoch: progress.epoch, loss: progress.loss, learningRate: progress.learningRate,
        imagesPerSecond: progress.imagesPerSecond, gradientNorm: gradientNorm, weights: progress.fusionWeights))
  }

  /// The checkpoint of an epoch where one is due, and the state in any case when the run ends there.
  private func finish(epoch: Int, _ report: (Event) throws -> Void) throws {
    let isDue = epoch.isMultiple(of: recipe.epochsPerCheckpoint) || epoch == recipe.epochs
    guard isDue || seconds(.now - lastSave) > options.secondsPerState else { return }
    if isDue {
      let path = folder.checkpointPath(epoch: epoch)
      try CheckpointWriter(recipe: recipe, classes: data.classes).write(trainer, epoch: epoch, to: path)
      try report(.checkpoint(path: path, epoch: epoch))
    }
    try save()
  }

  /// The log first: a state never stands beside a log that lacks its steps.
  private func save() throws {
    try log.flush()
    try folder.save(trainer)
    lastSave = .now
  }
}

/// Steps a second since a step.
private struct StepRate {
  let step: Int
  let start = ContinuousClock.now

  func stepsPerSecond(at step: Int) -> Double { Double(step - self.step) / max(seconds(.now - start), 1e-9) }
}

/// A duration in seconds.
private func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
