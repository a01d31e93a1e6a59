public import Diagnostics
public import Reports
internal import VisionTransformers

/// The page of a reproduction: a section for each figure of the paper, with its claim and what became of it.
public struct ReproductionPage: Sendable {
  private let plan: ReproductionPlan
  private let results: ReproductionResults
  private let claims: [String: Claim]

  /// A page of what was found.
  ///
  /// - Parameters:
  ///   - plan: What was done.
  ///   - results: What was found.
  public init(_ plan: ReproductionPlan, _ results: ReproductionResults) {
    self.plan = plan
    self.results = results
    claims = Dictionary(uniqueKeysWithValues: results.claims.map { ($0.figure, $0) })
  }

  /// The page.
  ///
  /// - Parameters:
  ///   - models: What `describe` says of the models.
  ///   - arguments: The command line after the program's name.
  /// - Returns: A page that is yet to be written.
  public func page(models: [ModelReport], arguments: [String]) -> ReportPage {
    var page = ReportPage(
      title: "Improving Pixel-based MIM by Reducing Wasted Modeling Capability: the analysis at laptop scale",
      introduction: introduction, models: models, sections: figures + [ablation, pictures, trainings],
      seed: plan.seeds.first, arguments: arguments)
    page.endsWithModels = true
    return page
  }

  private var introduction: [String] {
    let seeds = plan.seeds.all.map(String.init).joined(separator: ", ")
    return [
      "The figures of the analysis in the MFF paper (ICCV 2023), made anew from small models: 64 wide, 12 blocks, 14 × 14 patches of 4 "
        + "pixels, trained on \(plan.scale.imagesPerEpoch) generated dead-leaves pictures, each seen \(plan.scale.views). MAE, MFF and "
        + "the pilot with the seeds \(seeds), which change initial values, order, crops and masks; the other models with the first.",
      "A claim holds where the 95 % interval of each of its statistics has the sign that the paper’s words imply, does not hold where "
        + "one has the other, and is not settled otherwise. Intervals are Student’s t over seeds; where a model has one seed, the "
        + "spread is that of another, which is said. Each interval stands by itself: one in twenty misses its mark.",
      "Spectra, eigenvalues and reconstructions are of the bundled images, which another generator drew than that of the training "
        + "pictures, so that no model has seen their like.",
      "What small models of synthetic pictures show may differ from what ViT-B shows on ImageNet, either way."
        + (plan.scale == .full
          ? "" : " This is a \(plan.scale.rawValue) reproduction, trained too little to settle much."),
    ]
  }

  // MARK: Sections

  /// The command line of every training.
  private var trainings: ReportSection {
    ReportSection(
      id: "trainings", title: "Trainings",
      paragraphs: ["Every model by the command line that trains it, to be given in the folder of this page."],
      tables: [
        ReportTable(
          caption: "Models and their command lines", columns: ["model", "command line"],
          rows: plan.trainings.map {
            [.text($0.title), .text(ShellWords.line($0.arguments))]
          })
      ])
  }

  private var figures: [ReportSection] {
    [
      section(
        "figure-1", "Fig. 1", "Fig. 1: fusing all layers of MAE",
        [("figure-1", "Fusion weights over training of MAE with all layers fused, a panel for each seed.")]),
      section(
        "figure-2", "Fig. 2", "Fig. 2: frequency analysis of MAE",
        [("figure-2", "Relative log amplitude against frequency, a line for each layer, a panel for each seed.")]),
      section(
        "figure-4", "Fig. 4", "Fig. 4: the encoder’s output with and without fusion",
        eachSeed(
          "figure-4",
          "Log amplitude of the last block’s output, band by band, and the difference with its interval, paired by image."
        )),
      section(
        "figure-5", "Fig. 5", "Fig. 5: Hessian max eigenvalue spectrum",
        eachSeed(
          "figure-5",
          "Eigenvalues of largest magnitude, the top \(plan.scale.top) of each of \(plan.scale.batches) mini-batches.")),
      section(
        "figure-6", "Fig. 6", "Fig. 6: MAE, EVA and supervised",
        [("figure-6", "Fusion weights at the end of training of three models that fuse all their layers.")]),
      section(
        "figure-8", "Fig. 8", "Fig. 8: any number of fused layers",
        [
          ("figure-8", "Fusion weights over training, a panel for each model."),
          ("figure-8-mff", "The same of MFF, a panel for each seed."),
        ]),
    ]
  }

  private func section(
    _ name: String, _ figure: String, _ title: String, _ captions: [(name: String, caption: String)]
  ) -> ReportSection {
    let claim = claims[figure]
    return ReportSection(
      id: name, title: title, claim: claim.map(ReportClaim.init), tables: claim.map { [statistics(of: $0)] } ?? [],
      figures: captions.compactMap { name, caption in
        results[name].map { ReportFigure($0, caption: caption, fileName: name) }
      })
  }

  /// The same figure for each seed.
  private func eachSeed(_ name: String, _ caption: String) -> [(name: String, caption: String)] {
    plan.seeds.all.map { (plan.seeds.name(name, $0), "Seed \($0). \(caption)") }
  }

  /// The numbers that decide about a claim.
  private func statistics(of claim: Claim) -> ReportTable {
    ReportTable(
      caption: "What decides: each number for each seed, its mean and 95 % interval",
      columns: ["statistic", "expected", "each seed", "mean", "95 % interval", "verdict"],
      rows: claim.statistics.map { statistic in
        let values = statistic.values.map { ReportNumber.signed(3).text($0) }.joined(separator: ", ")
        return [
          .text(statistic.name), .text(statistic.expected == .positive ? "> 0" : "< 0"), .text(values),
          .number(statistic.mean, .signed(3)), .interval(statistic.interval, .signed(3)),
          .text(statistic.verdict.words),
        ]
      },
      note: claim.statistics.compactMap(\.spreadFrom).first.map {
        "One seed: the interval rests on the spread of \($0) over its seeds."
      })
  }

  /// Table 3(b) and A.8 as far as they can be told without a downstream task.
  private var ablation: ReportSection {
    let result = results.reconstruction["table-3b"]
    let models = result?.models ?? []
    func losses(_ model: ReconstructionModel) -> [Double] { model.details.images.map(\.scores.loss) }
    let rows = models.map { model -> [ReportCell] in
      let (summary, weights) = (model.details.summary, model.checkpoint.architecture?.fusion)
      let layers = weights?.layers.map { $0.map(String.init).joined(separator: ", ") }
      let difference = SampleMean(zip(losses(model), losses(models[0])).map { $0 - $1 })
      return [
        .text(model.checkpoint.name), .text(weights == nil ? "1 (the last)" : layers ?? "unknown"),
        .number(summary.loss.mean, error: summary.loss.standardError, .digits(4)),
        model.checkpoint == models[0].checkpoint
          ? .none : difference.map { .number($0.mean, error: $0.standardError, .signed(2)) } ?? .none,
        summary.pixels.psnr.map { .number($0.mean, error: $0.standardError, .digits(4)) } ?? .none,
      ]
    }
    return ReportSection(
      id: "table-3b", title: "Table 3(b) and A.8: how many layers, and detached ones",
      paragraphs: [
        "The paper compares accuracy downstream, which is not measured here. What can be said is how well each model reconstructs "
          + "images that it has never seen: the same images and masks for all."
      ],
      tables: [
        ReportTable(
          caption: "Reconstruction of \(result?.images.count ?? 0) images",
          columns: ["model", "fused layers", "loss", "loss less MAE’s, paired", "PSNR in dB"], rows: rows,
          note:
            "Mean and standard error over images. Differences are paired by image, so they are better known than either loss; but each "
            + "model has one seed, and other seeds would differ, too."
        )
      ])
  }

  private var pictures: ReportSection {
    ReportSection(
      id: "pictures", title: "Reconstructions",
      figures: results["pictures"].map {
        [
          ReportFigure(
            $0, caption: "Input, masked input and reconstruction by MAE and MFF, seed \(plan.seeds.first).",
            fileName: "pictures")
        ]
      } ?? [])
  }
}

extension ReportClaim {
  /// A claim as a page shows it.
  fileprivate init(_ claim: Claim) {
    self.init(place: claim.figure, quotation: claim.quote, measured: claim.measured, verdict: claim.verdict)
  }
}
