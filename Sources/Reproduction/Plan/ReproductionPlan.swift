/// Everything that the reproduction trains and measures, in words of the command line.
public struct ReproductionPlan: Sendable, Hashable {
  /// How much.
  public let scale: ReproductionScale
  /// The seeds of models that are trained more than once.
  public let seeds: ReproductionSeeds
  /// The training runs.
  public let trainings: [PlannedTraining]
  /// What is measured of them, in the order of the page.
  public let analyses: [PlannedAnalysis]

  /// The plan of a scale.
  ///
  /// - Parameters:
  ///   - scale: How much.
  ///   - seeds: The seeds; the first decides on images and masks of the analyses, too.
  public init(_ scale: ReproductionScale, seeds: ReproductionSeeds = ReproductionSeeds()) {
    self.scale = scale
    self.seeds = seeds
    trainings = Self.trainings(scale, seeds)
    analyses = Self.analyses(scale, seeds, trainings)
  }

  // MARK: Trainings

  private static func trainings(_ scale: ReproductionScale, _ seeds: ReproductionSeeds) -> [PlannedTraining] {
    let first = seeds.first
    // A label says less than the pixels of a hundred patches, so its gradient is noisier: a quarter of the learning rate.
    let supervised = PlannedTraining(
      "supervised", "supervised", scale, seed: first, learningRate: 0.008,
      options: ["--method", "supervised", "--fuse", "all"])
    let eva = PlannedTraining(
      "eva", "EVA-style", scale, seed: first,
      options: ["--method", "eva", "--teacher", supervised.checkpoint, "--fuse", "all"], needs: [supervised.name])
    let repeated = seeds.all.flatMap { seed in
      func one(_ name: String, _ title: String, _ options: [String]) -> PlannedTraining {
        PlannedTraining(
          seeds.name(name, seed), seed == first ? title : "\(title), seed \(seed)", scale, seed: seed, options: options
        )
      }
      return [
        one("mae", "MAE", []), one("mff", "MFF", ["--fuse", "0,2,4,6,8,11"]),
        one("pilot", "MAE, all layers fused", ["--fuse", "all"]),
      ]
    }
    guard scale.hasAblation else { return [supervised, eva] + repeated }
    return [supervised, eva] + repeated + [
      PlannedTraining("fused-2", "2 layers fused", scale, seed: first, options: ["--fuse-count", "2"]),
      PlannedTraining("fused-4", "4 layers fused", scale, seed: first, options: ["--fuse-count", "4"]),
      PlannedTraining(
        "mff-detach", "MFF, detached", scale, seed: first, options: ["--fuse", "0,2,4,6,8,11", "--detach"]),
    ]
  }

  // MARK: Analyses

  private static func analyses(
    _ scale: ReproductionScale, _ seeds: ReproductionSeeds, _ trainings: [PlannedTraining]
  ) -> [PlannedAnalysis] {
    let models = Dictionary(uniqueKeysWithValues: trainings.map { ($0.name, $0) })
    func model(_ name: String) -> PlannedTraining {
      guard let model = models[name] else { preconditionFailure("\(name) is not trained") }
      return model
    }
    func checkpoints(_ names: [String]) -> [(path: String, title: String)] {
      names.map { (model($0).checkpoint, model($0).title) }
    }
    func runs(_ names: [String]) -> [(path: String, title: String)] {
      names.map { (model($0).folder, model($0).title) }
    }
    func each(_ name: String) -> [String] { seeds.all.map { seeds.name(name, $0) } }
    func pairs(_ make: (UInt64, [(path: String, title: String)]) -> PlannedAnalysis) -> [PlannedAnalysis] {
      seeds.all.map { seed in
        make(seed, checkpoints([seeds.name("mae", seed), seeds.name("mff", seed)]))
      }
    }
    let ablation = scale.hasAblation ? ["fused-2", "fused-4", "mff", "pilot", "mff-detach"] : ["mff", "pilot"]
    // 0 is what commands take by themselves.
    let seed = seeds.first == 0 ? [] : ["--seed", "\(seeds.first)"]
    let images = ["--count", "\(scale.images)"] + seed
    return [
      PlannedAnalysis("figure-1", ["weights", "--over-training"], runs(each("pilot"))),
      PlannedAnalysis("figure-2", ["frequency"], checkpoints(each("mae")), options: images),
    ]
      + pairs {
        PlannedAnalysis(
          seeds.name("figure-4", $0), ["frequency"], $1, options: ["--layers", "last"] + images)
      }
      + pairs {
        PlannedAnalysis(
          seeds.name("figure-5", $0), ["hessian"], $1,
          options: ["--solver", "lanczos", "--batches", "\(scale.batches)", "--top", "\(scale.top)"] + seed)
      }
      + [
        PlannedAnalysis("figure-6", ["weights"], checkpoints(["pilot", "eva", "supervised"])),
        PlannedAnalysis("figure-8", ["weights", "--over-training"], runs(ablation)),
        PlannedAnalysis("figure-8-mff", ["weights", "--over-training"], runs(each("mff"))),
        PlannedAnalysis("table-3b", ["reconstruct"], checkpoints(["mae"] + ablation), options: images),
        PlannedAnalysis("pictures", ["reconstruct"], checkpoints(["mae", "mff"]), options: ["--count", "6"] + seed),
      ]
  }
}
