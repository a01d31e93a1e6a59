import ArgumentParser
import Diagnostics
import Foundation
import Images
import OutputFiles
import Pretraining
import Ranks
import Tensors
import VisionTransformers

struct PretrainCommand: DividedCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Trains MAE, PixMIM, EVA-, MILAN-style and supervised ViTs, with or without MFF.",
    discussion: """
      AdamW with the recipe of the MFF paper (Table 5), on folders of images or on generated ones. The run folder holds \
      config.json, scalars.jsonl (loss, learning rate, fusion weights), checkpoints as safetensors in the naming of MAE's code, \
      beside each a picture of what mae and pixmim reconstruct by then, and what --resume needs: a run that was stopped (Ctrl-C saves) or killed goes on to the same weights, bit for bit.

      AdamW moves a fusion logit by no more than the learning rate in a step: for fusion weights to move at all, the learning \
      rates of all steps must sum to 3 or more. The laptop recipe does that with a base rate of 6e-3 at batch size 64 (a \
      peak of 1.5e-3) over 4,000 steps or more; the sum is printed when a run begins.

      The teacher of eva and milan is the checkpoint you give, usually a supervised model trained here, not CLIP; milan masks \
      at random.

      EXAMPLES
        mff-inspect pretrain -o mae --synthetic dead-leaves
        mff-inspect pretrain -o mff --images photos/ --arch tiny --fuse-count 6
        mff-inspect pretrain -o all --synthetic dead-leaves --fuse all --epochs 70
        mff-inspect pretrain -o sup --synthetic dead-leaves --method supervised
        mff-inspect pretrain -o pilot --resume
        mpirun -n 4 mff-inspect pretrain -o base --images photos/ --arch base
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The run folder.", valueName: "folder"), completion: .directory)
  var output: String

  @Flag(help: "Continue the run in the folder; other options may be left out, and must not differ from its own.")
  var resume = false

  @OptionGroup(title: "Images and method") var training: TrainingOptions
  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Optimiser") var optimizer: OptimizerOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint after every so many epochs, and after the last (default: 5).", valueName: "epochs"))
  var saveEvery: Int?

  @Flag(
    inversion: .prefixedNo,
    help: "With each checkpoint of mae and pixmim a picture: some training images, masked, and reconstructed.")
  var panel = true

  @Flag(inversion: .prefixedNo, help: "Checkpoints in half precision: half as large (default: no).")
  var half: Bool?

  @Option(help: ArgumentHelp("A line in scalars.jsonl after every so many steps (default: 10).", valueName: "steps"))
  var logEvery: Int?

  @Option(help: ArgumentHelp("Decides everything random (default: 0).", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Processor cores to use (default: all that this process may use).", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Where to compute: there is cpu, and nothing else.", valueName: "device"))
  var device: String?

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  func validate() throws {
    try RunOptions.check(device: device)
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    if let saveEvery, saveEvery < 1 { throw ValidationError("--save-every must be at least 1.") }
    if let logEvery, logEvery < 1 { throw ValidationError("--log-every must be at least 1.") }
    guard !output.isEmpty else { throw ValidationError("--output must name a folder.") }
  }

  func run() throws {
    let console = Console(quiet: quiet)
    let team = Job.team(threads: threads)
    try Job.kernel(console)
    let training = try prepare(team, Job.ranks)
    introduce(training, console)
    try train(training, console)
  }

  /// The run, ready to begin or to go on.
  ///
  /// - Parameters:
  ///   - team: Cores to use.
  ///   - ranks: Who shares each batch.
  /// - Returns: The run with its images and the panel that is drawn beside its checkpoints.
  /// - Throws: What the folder, the images, the teacher or the run throw.
  func prepare(_ team: Team, _ ranks: any RankGroup = SingleRank()) throws -> PreparedTraining {
    // Other ranks' machines need not have the folder.
    var recipe = try ranks.broadcast(ranks.isFirst ? try recipe() : Recipe())
    var options = TrainingRun.Options()
    let skipped = SkippedImages()
    (options.loaderThreads, options.skipped) = (team.width, skipped)
    let data = try recipe.makeData { skipped.note($0) }
    recipe.data.found = data.count
    let teacher = try recipe.teacher.map {
      try Teacher($0, of: recipe.network, batchSize: recipe.share(over: ranks).count, team: team)
    }
    recipe.teacher = teacher?.source
    try recipe.agree(over: ranks, on: data)
    let run = try TrainingRun(
      recipe, in: ranks.isFirst ? TrainingFolder(output, recipe: recipe, resumes: resume) : nil, data: data,
      teacher: teacher, team: team, options: options, ranks: ranks)
    let draws = panel && ranks.isFirst
    let panel = draws ? try recipe.panel(run.trainer.loss.architecture, images: data, team: team) : nil
    return PreparedTraining(folder: output, recipe: recipe, data: data, run: run, panel: panel)
  }

  /// What is asked for: from the folder's own recipe with --resume, else from the defaults.
  func recipe() throws -> Recipe {
    var recipe = Recipe()
    recipe.epochs = 50
    if resume {
      guard let stored = try TrainingFolder.recipe(in: output) else {
        throw PretrainingError.holdsNoRun(path: output)
      }
      recipe = stored
    }
    training.apply(to: &recipe)
    try network.apply(to: &recipe)
    optimizer.apply(to: &recipe)
    if let saveEvery { recipe.epochsPerCheckpoint = saveEvery }
    if let half { recipe.halfPrecision = half }
    if let logEvery { recipe.stepsPerLine = logEvery }
    if let seed { recipe.seed = seed }
    if !recipe.method.needsTeacher, training.teacher != nil {
      throw ValidationError("--teacher is for --method eva and milan.")
    }
    try recipe.validate()
    return recipe
  }

  private func introduce(_ training: PreparedTraining, _ console: Console) {
    let (run, recipe, data) = (training.run, training.recipe, training.data)
    let (a, schedule) = (run.trainer.loss.architecture, run.schedule)
    let fused = recipe.fuse.map { ", fused layers \($0.map(String.init).joined(separator: ","))" } ?? ""
    console.remark(
      "\(recipe.method.rawValue): ViT \(a.width) wide, \(a.depth) blocks, \(a.grid[0]) × \(a.grid[1]) patches\(fused); "
        + "\(run.trainer.loss.active.count) parameters, \(data.description)")
    let peak = String(format: "%.3g", schedule.peak)
    console.remark(
      "\(schedule.steps) steps of \(recipe.batchSize) images, \(schedule.stepsPerEpoch) an epoch; learning rate up to "
        + "\(peak), in all \(String(format: "%.3g", schedule.sum)); seed \(recipe.seed)")
    if recipe.fuse != nil, recipe.fusion == .average, schedule.sum < 3 {
      console.remark(
        "The fusion weights will hardly move: the learning rates of all steps sum to less than 3; "
          + "give a higher --learning-rate or more --epochs.")
    }
    if let teacher = recipe.teacher {
      console.remark("The teacher is \(teacher.path), not CLIP: its features, not those of the paper, are the target.")
    }
    if run.firstStep == schedule.steps {
      console.remark("The run is complete: nothing is left to do.")
    } else if run.firstStep > 0 {
      console.remark("Going on after step \(run.firstStep).")
    }
  }

  private func train(_ training: PreparedTraining, _ console: Console) throws {
    Signals.holdBack()
    let run = training.run
    var progress = TrainingProgress(console)
    defer { console.clearProgress() }
    let outcome: TrainingRun.Outcome
    do {
      outcome = try training.go { event in
        switch event {
        case .step(let step): progress.show(step)
        case .skipped(let reason): console.warn("image skipped: \(reason)")
        case .wrote(let path): console.remark("wrote \(path)")
        }
      }
    } catch let error as OutputError {
      console.remark("what was saved before stays; mff-inspect pretrain -o \(output) --resume goes on from there")
      throw error
    }
    console.clearProgress()
    switch outcome {
    case .finished:
      let weights = run.trainer.fusionWeights.map { String(format: "%.3f", $0) }.joined(separator: " ")
      console.remark("done after \(run.trainer.step) steps" + (weights.isEmpty ? "" : "; fusion weights \(weights)"))
    case .stopped(let step):
      console.remark("stopped and saved after step \(step); mff-inspect pretrain -o \(output) --resume goes on")
      // The first rank that ends takes the others with it.
      Job.ranks.barrier()
      Signals.obey()
    }
  }
}

/// Loss, speed and time left: a line that changes on a terminal, a new one twice a minute elsewhere.
private struct TrainingProgress {
  private let console: Console
  private var last: ContinuousClock.Instant?

  init(_ console: Console) { self.console = console }

  mutating func show(_ p: TrainingRun.Progress) {
    let now = ContinuousClock.now
    let pause = console.isTerminal ? 0.1 : 30
    guard last.map({ seconds(now - $0) >= pause }) ?? true || (!console.isTerminal && p.step == p.steps) else { return }
    last = now
    console.progress(
      "epoch \(String(format: "%.2f", p.epoch)), step \(p.step) of \(p.steps): loss \(String(format: "%.4f", p.loss)), "
        + "\(String(format: "%.0f", p.imagesPerSecond)) images/s, \(console.time(p.secondsLeft)) left")
  }
}
