import ArgumentParser

/// What `reconstruct` says of images and masks.
struct ReconstructionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Use at most N images, chosen by --seed.", valueName: "n"))
  var count = 8

  @Option(help: ArgumentHelp("Images per batch.", valueName: "n"))
  var batchSize = 8

  @Option(
    help: ArgumentHelp(
      "Share of patches removed (default: the method's own, as the checkpoint says, else 0.75).", valueName: "share"))
  var maskRatio: Double?

  @Option(
    help: ArgumentHelp(
      "A .safetensors file with `mask` (N, L): 1 removed, 0 kept, row i for the i-th image given (default: drawn by --seed).",
      valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var masks: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .exclusive,
    help: "Whether the model predicts patches normalised one by one (default: what the checkpoint says, else yes).")
  var normPixels: Bool?

  func validate() throws {
    guard count >= 1 else { throw ValidationError("--count must be at least 1.") }
    guard batchSize >= 1 else { throw ValidationError("--batch-size must be at least 1.") }
    if let maskRatio, !(maskRatio > 0 && maskRatio < 1) {
      throw ValidationError("--mask-ratio must lie between 0 and 1.")
    }
    if maskRatio != nil, masks != nil { throw ValidationError("--masks tells the ratio; leave out --mask-ratio.") }
  }
}
