public import Ranks
public import Tensors
internal import VisionTransformers

/// A training run: steps in the order that the recipe decides, with its log, its checkpoints and its state in a folder.
///
/// The same recipe, data, number of threads, number of ranks and BLAS kernel give the same weights, bit for bit, also when the run was
/// stopped, or killed at any moment, and resumed.
///
/// Ranks share every batch: each makes and differentiates its own images, and all take the step that the sum of their gradients
/// asks for. Which images and masks a step sees does not depend on the number of ranks, so that weights agree within rounding,
/// whatever it is. Rank 0 alone has a folder.
public final class TrainingRun {
  /// What does not decide about weights.
  public struct Options: Sendable {
    /// Seconds after which the state is saved again, at most; it is saved with every checkpoint, too.
    public var secondsPerState = 60.0
    /// Cores that make images while others compute.
    public var loaderThreads = 1
    /// Where the data note images that cannot be read; nil where nobody wants to know.
    public var skipped: SkippedImages?

    /// The usual.
    public init() {}
  }

  /// What happens while a run goes on.
  public enum Event: Sendable {
    /// A step was taken.
    case step(Progress)
    /// A checkpoint was written; on rank 0.
    case checkpoint(path: String, epoch: Int)
    /// An image cannot be read, on whichever rank; said once, on every rank.
    case skipped(reason: String)
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
  /// What is kept of the run; on rank 0.
  private let records: RunRecords?
  private let teacher: Teacher?
  private let options: Options
  private let ranks: any RankGroup
  /// The places in a batch of this rank's images.
  private let share: Range<Int>
  /// Images that were said to be unreadable.
  private var said: Set<String> = []

  /// Prepares a run, and goes to where it was saved where its folder holds it already.
  ///
  /// - Parameters:
  ///   - recipe: What shall be trained; that of the folder.
  ///   - folder: Where everything goes, asked for once all else is known to be right, so that no folder is left by a run that
  ///     cannot begin; nil on ranks other than the first.
  ///   - data: The images of the recipe.
  ///   - teacher: For methods that need one.
  ///   - team: Cores to use.
  ///   - options: What does not decide about weights.
  ///   - ranks: Who shares each batch; all make the run at the same time.
  /// - Throws: `PretrainingError`, `LossError`, `TrainingDataError`, `OutputError`, `CheckpointError`.
  public init(
    _ recipe: Recipe, in folder: @autoclosure () throws -> TrainingFolder?, data: any TrainingData,
    teacher: Teacher? = nil, team: Team = Team(), options: Options = Options(), ranks: any RankGroup = SingleRank()
  ) throws {
    try recipe.validate()
    share = try recipe.share(over: ranks)
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
    let trainer = try Trainer(
      recipe.architecture(teacherWidth: teacher?.width), objective: recipe.objective(classes: data.classes?.count),
      images: recipe.batchSize, masked: recipe.maskedPatches, settings: recipe.optimizer, seed: recipe.seed,
      team: team, ranks: ranks)
    schedule = recipe.schedule(stepsPerEpoch: data.count / recipe.batchSize)
    records = try folder().map { try RunRecords($0, of: trainer, classes: data.classes) }
    precondition((records != nil) == ranks.isFirst, "rank 0 alone writes")
    try trainer.followFirst()
    self.trainer = trainer
    firstStep = trainer.step
    self.recipe = recipe
    self.data = data
    self.teacher = teacher
    self.options = options
    self.ranks = ranks
  }

  /// Takes the steps that are left.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked before every step; true on any rank saves the state and ends all.
  ///   - report: Told of every step and checkpoint.
  /// - Returns: How it ended.
  /// - Throws: `PretrainingError` for a loss that is no number; `OutputError` for a full disk; what the data throw. What was
  ///   saved before stays whole.
  public func run(shouldStop: () -> Bool = { false }, report: (Event) throws -> Void = { _ in }) throws -> Outcome {
    let perEpoch = schedule.stepsPerEpoch
    let loader = try BatchLoader(
      data: data, batchSize: recipe.batchSize, share: share, seed: recipe.seed,
      from: .init(epoch: trainer.step / perEpoch, step: trainer.step % perEpoch), epochs: recipe.epochs,
      team: Team(threads: options.loaderThreads))
    records?.begin()
    var rate = StepRate(step: trainer.step)
    while let item = try nextBatch(of: loader, report) {
      if try consult(shouldStop, report) {
        try records?.save(trainer)
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
        try records?.append(progress, gradientNorm: result.gradientNorm)
        rate = StepRate(step: step)
      }
      if step.isMultiple(of: perEpoch) {
        try finish(epoch: step / perEpoch, report)
      } else if let records, records.age > options.secondsPerState {
        try records.save(trainer)
      }
      try report(.step(progress))
    }
    return .finished
  }

  /// The next of this rank's batches; where there is none because no image can be read, what was found out is said first.
  private func nextBatch(of loader: BatchLoader, _ report: (Event) throws -> Void) throws -> BatchLoader.Item? {
    do {
      return try loader.next()
    } catch {
      for reason in options.skipped?.take() ?? [] { try report(.skipped(reason: reason)) }
      throw error
    }
  }

  /// Whether any rank wants to stop; says which images any could not read.
  private func consult(_ shouldStop: () -> Bool, _ report: (Event) throws -> Void) throws -> Bool {
    let skipped = options.skipped?.take() ?? []
    var votes = [shouldStop() ? 1.0 : 0, Double(skipped.count)]
    ranks.sum(&votes)
    if votes[1] > 0 {
      for reason in try ranks.collect(skipped) where said.insert(reason).inserted {
        try report(.skipped(reason: reason))
      }
    }
    return votes[0] > 0
  }

  /// What the loss takes of this rank's images of step `trainer.step`.
  private func batch(_ images: TrainingBatch) -> LossBatch {
    // Of the whole batch: an image's mask does not depend on who works on it.
    let masks =
      recipe.method.masks
      ? PatchMasks.random(
        images: recipe.batchSize, patches: recipe.network.patches, masked: recipe.maskedPatches, seed: recipe.seed,
        batch: trainer.step)[share] : []
    return LossBatch(
      images: images.images, masks: Array(masks), features: teacher?.features(of: images.images) ?? [],
      labels: recipe.method == .supervised ? images.labels : [])
  }

  /// The checkpoint of an epoch where one is due, and the state in any case when the run ends there.
  private func finish(epoch: Int, _ report: (Event) throws -> Void) throws {
    // Equal gradients make equal steps on equal machines. Where machines of several kinds round otherwise, the last bits would
    // drift apart.
    try trainer.followFirst()
    guard let records else { return }
    let isDue = epoch.isMultiple(of: recipe.epochsPerCheckpoint) || epoch == recipe.epochs
    guard isDue || records.age > options.secondsPerState else { return }
    if isDue {
      let path = try records.writeCheckpoint(of: trainer, epoch: epoch)
      try report(.checkpoint(path: path, epoch: epoch))
    }
    try records.save(trainer)
  }
}

/// Steps a second since a step.
private struct StepRate {
  let step: Int
  let start = ContinuousClock.now

  func stepsPerSecond(at step: Int) -> Double { Double(step - self.step) / max(seconds(.now - start), 1e-9) }
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
