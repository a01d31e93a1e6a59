import ArgumentParser
import Diagnostics
import Spectra

/// What `frequency` says of its spectra.
struct SpectraOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Use at most N images, chosen by --seed (default: 64; of --features all).", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("Images per batch (default: 8).", valueName: "n"))
  var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      "all, last (the last block), or a list of embedding, 0 … N−1 (also 0-11), norm, fused, fused-norm; of --features of tensors.",
      valueName: "layers"),
    transform: { LayerSelection(anyNames: $0) })
  var layers = LayerSelection.all

  @Option(help: "After each block, or after the attention inside it, too.")
  var positions: FrequencyPositions = .block

  @Option(help: "The Fourier cells that make up a band: those on the half diagonal, or all of about the same radius.")
  var path: ProfilePath = .diagonal

  @Flag(
    help: "Keep the values of each image, too: in --json, and as rows of --csv, for tests and bootstraps of your own.")
  var perImage = false

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size must be at least 1.") }
  }
}
