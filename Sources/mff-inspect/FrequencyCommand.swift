import ArgumentParser
import Diagnostics
import Foundation
import Spectra
import Tensors

struct FrequencyCommand: DiagnosisCommand {
  static let configuration = CommandConfiguration(
    commandName: "frequency",
    abstract: "Fourier log-amplitude of every layer's patch features.",
    discussion: """
      Whole images pass through the encoder, nothing masked. For each layer and image: ln(|F| + 1e-6) of the two-dimensional Fourier \
      transform of every channel, mean over channels and images, along the half diagonal from zero frequency on \
      (Park & Kim, ICLR 2022; Fig. 2 and 4 of the MFF paper). Without a path, a bundled MAE and MFF are compared.

      EXAMPLES
        mff-inspect frequency ckpt.bin
        mff-inspect frequency vit.safetensors --images photos/ --count 256 -o vit.pdf
        mff-inspect frequency mae.pth mff.pth --layers last -o figure4.svg
        mff-inspect frequency vit.pth --positions subblock --against depth
        mff-inspect frequency ckpt.bin --json - -q
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Spectra") var spectra: SpectraOptions

  @Option(help: "The figure's axis: frequency, a line for each layer; or depth, the highest band of each checkpoint.")
  var against: FigureAbscissa = .frequency

  @OptionGroup(title: "Figure and numbers") var figure: FigureOptions
  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    guard against == .frequency || spectra.layers.spansDepth else {
      throw ValidationError("--against depth needs two layers from the embedding to the last block; try --layers all.")
    }
  }

  func run() throws {
    let console = general.console
    let files = try figure.files(default: "frequency.png")
    try write(try result(arguments: ownArguments, journal: nil, console), to: files, console)
  }

  func result(arguments: [String], journal: String?, _ console: Console) throws -> FrequencyResult {
    var diagnosis = try diagnosis()
    diagnosis.arguments = arguments
    if checkpoints.checkpoints.isEmpty || images.paths.isEmpty {
      console.remark(BundledData.remark(checkpoints: checkpoints.checkpoints.isEmpty, images: images.paths.isEmpty))
    }
    var start = ContinuousClock.now
    var result = try diagnosis.run { event in
      switch event {
      case .opened(let model):
        for line in model.remarks(verbose: general.verbose) { console.remark(line) }
      case .prepared(_, let words, let warnings):
        console.remark("  \(words)")
        for warning in warnings { console.warn(warning) }
      case .images(let model, let done, let count):
        if done == 0 { start = .now }
        console.progress(model, done: done, count: count, since: start, unit: "images")
      case .skipped(let reason):
        console.warn("image skipped: \(reason)")
      }
    }
    console.clearProgress()
    result.drawing = DrawingSettings(title: figure.title, width: figure.width, dpi: figure.dpi, against: against)
    return result
  }

  private func diagnosis() throws -> FrequencyDiagnosis {
    var diagnosis = FrequencyDiagnosis(checkpoints: try checkpoints.requests(), images: try images.sources())
    diagnosis.count = spectra.count
    diagnosis.imageSize = images.imageSize
    diagnosis.cropPct = images.cropPct
    diagnosis.normalization = images.normalize
    diagnosis.batchSize = spectra.batchSize
    diagnosis.layers = spectra.layers
    diagnosis.positions = spectra.positions
    diagnosis.path = spectra.path
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    return diagnosis
  }

  private func write(_ result: FrequencyResult, to files: ResultFiles, _ console: Console) throws {
    let written = try files.deliver(result, width: figure.width)
    if let skipped = result.images.skipped {
      console.warn("\(skipped.count) of \(skipped.count + result.images.count) images skipped")
    }
    console.remark("\(result.images.count) images, seed \(result.seed); wrote \(written.joined(separator: ", "))")
  }
}
