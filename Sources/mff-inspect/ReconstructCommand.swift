import ArgumentParser
import Diagnostics
import Foundation
import Tensors

struct ReconstructCommand: DiagnosisCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "Input, masked input and reconstruction as pictures.",
    discussion: """
      Patches are removed from each image, and encoder and decoder reconstruct them from the rest (He et al. 2022, Fig. 2). For \
      each image: the training loss, and the error of the removed pixels beside that of the image's mean visible colour. Several \
      checkpoints get the same images and masks. The result holds the pictures, too (the first 16 images), so that plot can draw \
      them again. Without a path, a bundled MAE and MFF are compared.

      EXAMPLES
        mff-inspect reconstruct ckpt.bin
        mff-inspect reconstruct mae_visualize_vit_base.pth --no-norm-pixels
        mff-inspect reconstruct mae.pth mff.pth --count 4 -o compare.pdf
        mff-inspect reconstruct ckpt.bin --mask-ratio 0.5 --seed 3
        mff-inspect reconstruct ckpt.bin --images x.png --masks mask.safetensors
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Images") var images: ImageOptions

  @OptionGroup(title: "Reconstruction") var reconstruction: ReconstructionOptions
  @OptionGroup(title: "Figure and numbers") var figure: FigureOptions
  @OptionGroup(title: "Run") var general: RunOptions

  func run() throws {
    let console = try general.console
    let files = try figure.files(default: "reconstruct.png")
    try write(try result(arguments: ownArguments, journal: nil, console), to: files, console)
  }

  func result(arguments: [String], journal: String?, _ console: Console) throws -> ReconstructionResult {
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
        for line in words { console.remark("  \(line)") }
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
    console.clearProgress()
    result.drawing = figure.settings
    return result
  }

  private func diagnosis() throws -> ReconstructionDiagnosis {
    var diagnosis = ReconstructionDiagnosis(checkpoints: try checkpoints.requests(), images: try images.sources())
    diagnosis.count = reconstruction.count
    diagnosis.imageSize = images.imageSize
    diagnosis.cropPct = images.cropPct
    diagnosis.normalization = images.normalize
    diagnosis.batchSize = reconstruction.batchSize
    diagnosis.maskRatio = reconstruction.masking.maskRatio
    diagnosis.masks = reconstruction.masking.masks
    diagnosis.normPixels = reconstruction.masking.normPixels
    diagnosis.isStrict = general.strict
    diagnosis.seed = general.seed
    diagnosis.team = general.team
    return diagnosis
  }

  private func write(_ result: ReconstructionResult, to files: ResultFiles, _ console: Console) throws {
    let written = try files.deliver(result)
    if let copies = result.images.copyWarning { console.warn(copies) }
    if let skipped = result.images.skipped {
      console.warn("\(skipped.count) of \(skipped.count + result.images.count) images skipped")
    }
    console.remark("\(result.images.count) images, seed \(result.seed); wrote \(written.joined(separator: ", "))")
  }
}
