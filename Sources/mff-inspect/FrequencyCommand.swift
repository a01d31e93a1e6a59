import ArgumentParser
import Diagnostics
import Foundation
import Ranks
import Spectra
import Tensors

struct FrequencyCommand: DiagnosisCommand, DividedCommand {
  static let configuration = CommandConfiguration(
    commandName: "frequency",
    abstract: "Fourier log-amplitude of every layer's patch features.",
    discussion: """
      Whole images pass through the encoder, nothing masked. For each layer and image: ln(|F| + 1e-6) of the two-dimensional Fourier \
      transform of every channel, mean over channels and images, along the half diagonal from zero frequency on \
      (Park & Kim, ICLR 2022; Fig. 2 and 4 of the MFF paper). Without a path, a bundled MAE and MFF are compared.

      --features takes features that another program computed, of any network: a tensor of shape (N, C, h, w) for each layer, named \
      after it, in a .safetensors, .npz or PyTorch file. Layers appear in natural order of their names, 2 before 10, or in that of \
      --layers; grids may differ; --channels-last is for shape (N, h, w, C). Two files are compared image by image where they hold equally many.

      EXAMPLES
        mff-inspect frequency ckpt.bin
        mff-inspect frequency vit.safetensors --images photos/ --count 256 -o vit.pdf
        mff-inspect frequency mae.pth mff.pth --layers last -o figure4.svg
        mff-inspect frequency vit.pth --positions subblock --against depth
        mff-inspect frequency --features swin.safetensors --against depth
        mff-inspect frequency ckpt.bin --json - -q
        mff-inspect frequency mae.pth mff.pth --layers last --per-image --csv
        mff-inspect frequency run/epoch_*.pth --layers last
        mpirun -n 4 mff-inspect frequency vit.pth --images photos/ --count 50000
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Features instead of a checkpoint") var features: FeatureOptions
  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Spectra") var spectra: SpectraOptions

  @Option(help: "The figure's axis: frequency, a line for each layer; or depth, the highest band of each checkpoint.")
  var against: FigureAbscissa = .frequency

  @OptionGroup(title: "Figure and numbers") var figure: FigureOptions
  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    if features.paths.isEmpty {
      try checkpoints.checkNames(
        for: checkpoints.checkpoints.isEmpty ? BundledData.checkpointCount : checkpoints.checkpoints.count,
        "checkpoints")
      guard spectra.layers.namesKnownLayers else {
        throw ValidationError(
          "--layers: no layer is called so; give all, last, or a list such as embedding,0,11,norm,fused,fused-norm or 0-11."
        )
      }
    } else {
      try validateFeatures()
    }
    guard against == .frequency || spectra.layers.spansDepth else {
      throw ValidationError("--against depth needs two layers from the embedding to the last block; try --layers all.")
    }
  }

  /// Refuses what says nothing of features.
  private func validateFeatures() throws {
    guard checkpoints.checkpoints.isEmpty else {
      throw ValidationError(
        "--features stands instead of a checkpoint; compute them one by one, and draw both results with plot.")
    }
    let subblocks = spectra.positions == .subblock ? ["--positions"] : []
    let batches = spectra.batchSize == nil ? [] : ["--batch-size"]
    if let option = (checkpoints.givenForCheckpoints + images.given + subblocks + batches).first {
      throw ValidationError("\(option) has no meaning for --features, which are computed already.")
    }
    try checkpoints.checkNames(for: features.paths.count, "files of features")
  }

  func run() throws {
    let console = try general.console
    // The other ranks write nothing, and their machines need not have the place.
    let files = Job.ranks.isFirst ? try figure.files(default: "frequency.png") : nil
    let result = try result(arguments: ownArguments, journal: nil, console)
    if let files { try write(result, to: files, console) }
  }

  func result(arguments: [String], journal: String?, _ console: Console) throws -> FrequencyResult {
    var result = try features.paths.isEmpty ? modelResult(arguments, console) : featureResult(arguments, console)
    console.clearProgress()
    result.drawing = figure.settings
    result.drawing?.against = against
    return result
  }

  private func modelResult(_ arguments: [String], _ console: Console) throws -> FrequencyResult {
    var diagnosis = try diagnosis()
    diagnosis.arguments = arguments
    if checkpoints.checkpoints.isEmpty || images.paths.isEmpty {
      console.remark(BundledData.remark(checkpoints: checkpoints.checkpoints.isEmpty, images: images.paths.isEmpty))
    }
    var start = ContinuousClock.now
    return try diagnosis.run { event in
      switch event {
      case .opened(let model):
        for line in model.remarks(verbose: general.verbose) { console.remark(line) }
      case .prepared(_, let words, let warnings):
        console.remark("  \(words)")
        for warning in warnings { console.warn(warning) }
      case .assumed(let values):
        for value in values { console.remark("  \(value.words)") }
      case .images(let model, let done, let count):
        if done == 0 { start = .now }
        console.progress(model, done: done, count: count, since: start, unit: "images")
      case .skipped(let reason):
        console.skip(reason)
      }
    }
  }

  private func featureResult(_ arguments: [String], _ console: Console) throws -> FrequencyResult {
    guard Job.ranks.count == 1 else { throw UndividedCommand(name: "--features", ranks: Job.ranks.count) }
    var diagnosis = FeatureDiagnosis(files: features.requests(names: checkpoints.names))
    diagnosis.count = spectra.count
    diagnosis.layers = spectra.layers
    diagnosis.channelsLast = features.channelsLast
    diagnosis.path = spectra.path
    diagnosis.keepsImages = spectra.perImage
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    diagnosis.arguments = arguments
    var start = ContinuousClock.now
    return try diagnosis.run { event in
      switch event {
      case .opened(let file):
        start = .now
        console.remark(file.remark)
        if let warning = file.layoutWarning { console.warn("\(file.name): \(warning)") }
      case .maps(let file, let done, let count):
        console.progress(file, done: done, count: count, since: start, unit: "maps")
      case .notCompared(let reason):
        console.warn("no difference of the two is computed: \(reason)")
      }
    }
  }

  private func diagnosis() throws -> FrequencyDiagnosis {
    var diagnosis = FrequencyDiagnosis(checkpoints: try checkpoints.requests(), images: try images.sources())
    diagnosis.count = spectra.count ?? diagnosis.count
    diagnosis.imageSize = images.imageSize
    diagnosis.cropPct = images.cropPct
    diagnosis.normalization = images.normalize
    diagnosis.batchSize = spectra.batchSize ?? diagnosis.batchSize
    diagnosis.layers = spectra.layers
    diagnosis.positions = spectra.positions
    diagnosis.path = spectra.path
    diagnosis.keepsImages = spectra.perImage
    diagnosis.isStrict = general.strict
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    diagnosis.ranks = Job.ranks
    return diagnosis
  }

  private func write(_ result: FrequencyResult, to files: ResultFiles, _ console: Console) throws {
    let written = try files.deliver(result)
    let files = written.joined(separator: ", ")
    guard let images = result.images else { return console.remark("wrote \(files)") }
    if let copies = images.copyWarning { console.warn(copies) }
    if let skipped = images.skipped {
      console.warn("\(skipped.count) of \(skipped.count + images.count) images skipped")
    }
    console.remark("\(images.count) images, seed \(result.seed); wrote \(files)")
  }
}
