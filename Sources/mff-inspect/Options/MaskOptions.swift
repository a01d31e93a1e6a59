import ArgumentParser

/// What commands that remove patches say of masks and targets.
struct MaskOptions: ParsableArguments {
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
    help: "Whether targets are patches normalised one by one (default: what the checkpoint says, else yes).")
  var normPixels: Bool?

  func validate() throws {
    if let maskRatio, !(maskRatio > 0 && maskRatio < 1) {
      throw ValidationError("--mask-ratio must lie between 0 and 1.")
    }
    if maskRatio != nil, masks != nil { throw ValidationError("--masks tells the ratio; leave out --mask-ratio.") }
  }
}
