/// Everything that the reproduction trains and measures, in words of the command line.
public struct ReproductionPlan: Sendable, Hashable {
  /// How much.
  public let scale: ReproductionScale
  /// The training runs.
  public let trainings: [PlannedTraining]
  /// What is measured of them, in the order of the page.
  public let analyses: [PlannedAnalysis]

  /// The plan of a scale.
  ///
  /// - Parameter scale: How much.
  public init(_ scale: ReproductionScale) {
    self.scale = scale
    trainings = Self.trainings(scale)
    analyses = Self.analyses(scale, trainings)
  }

  // MARK: Trainings

  /// The folder of a model with a seed: the first seed has the plain name.
  static func name(_ model: String, seed: UInt64) -> String { seed == 0 ? model : "\(model)-seed-\(seed)" }

  private static func trainings(_ scale: ReproductionScale) -> [PlannedTraining] {
    // A label says less than the pixels of a hundred patches, so its gradient is noisier: a quarter of the learning rate.
    let supervised = PlannedTraining(
      "supervised", "supervised", scale, learningRate: 0.008, options: ["--method", "supervised", "--fuse", "all"])
    let eva = PlannedTraining(
      "eva", "EVA-style", scale,
      options: ["--method", "eva", "--teacher", supervised.checkpoint, "--fuse", "all"], needs: [supervised.name])
    let repeated = ReproductionScale.seeds.flatMap { seed in
      func one(_ name: String, _ title: String, _ options: [String]) -> PlannedTraining {
        PlannedTraining(
          Self.name(name, seed: seed), seed == 0 ? title : "\(title), seed \(seed)", scale, seed: seed, options: options
        )
      }
      return [
        one("mae", "MAE", []), one("mff", "MFF", ["--fuse", "0,2,4,6,8,11"]),
        one("pilot", "MAE, all layers fused", ["--fuse", "all"]),
      ]
    }
    guard scale.hasAblation else { return [supervised, eva] + repeated }
    return [supervised, eva] + repeated + [
      PlannedTraining("fused-2", "2 layers fused", scale, options: ["--fuse-count", "2"]),
      PlannedTraining("fused-4", "4 layers fused", scale, options: ["--fuse-count", "4"]),
      PlannedTraining("mff-detach", "MFF, detached", scale, options: ["--fuse", "0,2,4,6,8,11", "--detach"]),
    ]
  }

  // MARK: Analyses

  private static func analyses(_ scale: ReproductionScale, _ trainings: [PlannedTraining]) -> [PlannedAnalysis] {
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
    func seeds(_ name: String) -> [String] { ReproductionScale.seeds.map { Self.name(name, seed: $0) } }
    func pairs(_ make: (UInt64, [(path: String, title: String)]) -> PlannedAnalysis) -> [PlannedAnalysis] {
      ReproductionScale.seeds.map { seed in
        make(seed, checkpoints([Self.name("mae", seed: seed), Self.name("mff", seed: seed)]))
      }
    }
    let ablation = scale.hasAblation ? ["fused-2", "fused-4", "mff", "pilot", "mff-detach"] : ["mff", "pilot"]
    let images = ["--count", "\(scale.images)"]
    return [
      PlannedAnalysis("figure-1", ["weights", "--over-training"], runs(seeds("pilot"))),
      PlannedAnalysis("figure-2", ["frequency"], checkpoints(seeds("mae")), options: images),
    ]
      + pairs {
        PlannedAnalysis(
          Self.name("figure-4", seed: $0), ["frequency"], $1, options: ["--layers", "last"] + images)
      }
      + pairs {
        PlannedAnalysis(
          Self.name("figure-5", seed: $0), ["hessian"], $1,
          options: ["--solver", "lanczos", "--batches", "\(scale.batches)", "--top", "\(scale.top)"])
      }
      + [
        PlannedAnalysis("figure-6", ["weights"], checkpoints(["pilot", "eva", "supervised"])),
        PlannedAnalysis("figure-8", ["weights", "--over-training"], runs(ablation)),
        PlannedAnalysis("figure-8-mff", ["weights", "--over-training"], runs(seeds("mff"))),
        PlannedAnalysis("table-3b", ["reconstruct"], checkpoints(["mae"] + ablation), options: images),
        PlannedAnalysis("pictures", ["reconstruct"], checkpoints(["mae", "mff"]), options: ["--count", "6"]),
      ]
  }
}
