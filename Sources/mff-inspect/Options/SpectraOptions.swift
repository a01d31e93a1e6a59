import ArgumentParser
import Diagnostics
import Spectra

/// What `frequency` says of its spectra.
struct SpectraOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Use at most N images, chosen by --seed.", valueName: "n"))
  var count = 64

  @Option(help: ArgumentHelp("Images per batch.", valueName: "n"))
  var batchSize = 8

  @Option(
    help: ArgumentHelp(
      "all, last (the last block), or a list of embedding, 0 … N−1, norm, fused, fused-norm.", valueName: "layers"),
    transform: readLayers)
  var layers = LayerSelection.all

  @Option(help: "After each block, or after the attention inside it, too.")
  var positions: FrequencyPositions = .block

  @Option(help: "The Fourier cells that make up a band: those on the half diagonal, or all of about the same radius.")
  var path: ProfilePath = .diagonal

  func validate() throws {
    guard count >= 1 else { throw ValidationError("--count must be at least 1.") }
    guard batchSize >= 1 else { throw ValidationError("--batch-size must be at least 1.") }
  }

  @Sendable
  private static func readLayers(_ text: String) throws -> LayerSelection {
    guard let layers = LayerSelection(text) else {
      throw ValidationError(
        "no layer is called so; give all, last, or a list such as embedding,0,11,norm,fused,fused-norm")
    }
    return layers
  }
}
