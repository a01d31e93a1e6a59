import ArgumentParser

/// What `reconstruct` says of images and masks.
struct ReconstructionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Use at most N images, chosen by --seed.", valueName: "n"))
  var count = 8

  @Option(help: ArgumentHelp("Images per batch.", valueName: "n"))
  var batchSize = 8

  @OptionGroup var masking: MaskOptions

  func validate() throws {
    guard count >= 1 else { throw ValidationError("--count must be at least 1.") }
    guard batchSize >= 1 else { throw ValidationError("--batch-size must be at least 1.") }
  }
}
