import ArgumentParser
import Images

/// What every command says of images.
struct ImageOptions: ParsableArguments, RenamedOptions {
  static let optionNames = ["paths": "images"]

  @Option(
    name: .customLong("images"),
    help: ArgumentHelp(
      "Folder (searched recursively), PNG, JPEG or WebP file, or .safetensors file with normalised `images` (N, 3, H, W); repeatable.",
      valueName: "path"),
    completion: .file())
  var paths: [String] = []

  @Option(
    help: ArgumentHelp(
      "Side of the images after resize and centre crop (default: what the checkpoint was trained at).",
      valueName: "pixels"))
  var imageSize: Int?

  @Option(
    help: ArgumentHelp(
      "Share of the resized short side that the centre crop keeps: 0.875 resizes to 256 for 224. Filter, and whether images are squashed or padded, stay the checkpoint's own (default: as the checkpoint tells, else 0.875, bicubic).",
      valueName: "share"))
  var cropPct: Double?

  @Option(
    help: ArgumentHelp(
      "Mean and deviation of pixels in 0 … 1: imagenet, inception, clip, none, or M,M,M/S,S,S (default: the checkpoint's own).",
      valueName: "kind"))
  var normalize: Normalization?

  func validate() throws {
    if let imageSize, imageSize < 1 { throw ValidationError("--image-size must be at least 1.") }
    if let cropPct, !(cropPct > 0 && cropPct <= 1) { throw ValidationError("--crop-pct must be over 0 and at most 1.") }
  }

  /// The paths given, or the bundled images.
  func sources() throws -> [String] { try paths.isEmpty ? [BundledData.images] : paths }
}
