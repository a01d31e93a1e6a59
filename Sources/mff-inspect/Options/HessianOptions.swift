import ArgumentParser
import Diagnostics
import Hessian
import VisionTransformers

/// What `hessian` says of the loss.
struct LossOptionGroup: ParsableArguments {
  @Option(help: ArgumentHelp("The loss (auto: what the checkpoint was trained for).", valueName: "loss"))
  var objective: ObjectiveChoice = .auto

  @Option(
    help: ArgumentHelp("The checkpoint whose features are predicted, for features-masked and -all.", valueName: "ckpt"),
    completion: .file())
  var teacher: String?

  @Option(
    help: ArgumentHelp(
      "Classes of the images: folder (the sub-folder is the class), or a file of labels.", valueName: "folder|file"))
  var labels: String?

  @OptionGroup var masking: MaskOptions

  @Option(
    help: ArgumentHelp(
      "Parameters of the Hessian: all, encoder, decoder, block:I, or per-block (a spectrum for each block).",
      valueName: "which"))
  var parameters: HessianParameters = .selection(.all)

  @Option(
    help: ArgumentHelp(
      "Adds the curvature of ½ L ‖w‖² on weight matrices and the patch kernel (default: 0; park2022: 0.05).",
      valueName: "l"))
  var weightDecay: Double?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "reconstruction: no augmentation, no weight decay; park2022: a tenth of the images, augmented, weight decay 0.05.",
      valueName: "name"))
  var protocolName: HessianProtocol = .reconstruction

  func validate() throws {
    if let weightDecay, !(weightDecay >= 0 && weightDecay.isFinite) {
      throw ValidationError("--weight-decay must be 0 or more.")
    }
    if labels == "" { throw ValidationError("--labels must be folder or a file.") }
  }
}

/// What `hessian` says of eigenvalues.
struct SpectrumOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Eigenvalues of each batch (default: 5; without a checkpoint 3).", valueName: "k"))
  var top: Int?

  @Option(
    help: ArgumentHelp(
      "Batches (default: 8; park2022: as many as its images make; without a checkpoint 4).", valueName: "n"))
  var batches: Int?

  @Option(help: ArgumentHelp("Images of a batch.", valueName: "n"))
  var batchSize = 16

  @Option(help: ArgumentHelp("Use at most N images, chosen by --seed (default: batches × batch size).", valueName: "n"))
  var count: Int?

  @Option(help: "magnitude: largest |λ| first, the sign kept; largest: largest λ first.")
  var which: SpectrumEnd = .magnitude

  @Option(help: "power: power iteration with deflation; lanczos: needs a fraction of the products.")
  var solver: HessianSolver = .power

  @Option(help: ArgumentHelp("A value is settled when its residual is at most this share of it.", valueName: "share"))
  var tolerance = 1e-3

  @Option(
    help: ArgumentHelp(
      "Most Hessian-vector products: for each eigenvalue with power (default: 100), in all with lanczos (300).",
      valueName: "n"))
  var maxIterations: Int?

  @Option(
    help: ArgumentHelp(
      "Vectors that lanczos keeps before it restarts (default: 4k, at least 20; fewer where memory is short).",
      valueName: "m"))
  var basis: Int?

  @Option(
    help: ArgumentHelp(
      "Most memory to take, as in 8G (default: what is free). Larger batches are worked through in parts.",
      valueName: "size"))
  var memory: MemorySize?

  @Flag(
    inversion: .prefixedNo, exclusivity: .exclusive,
    help: "Look for eigenvalues that the solver overlooked, by a search of its own in each batch.")
  var rankCheck = true

  @Option(
    help: ArgumentHelp(
      "Most products of that search while nothing shows (default: 12); more of them exclude more.", valueName: "n"))
  var rankCheckProducts: Int?

  @Flag(help: "Prove ranks by the Hessian itself, with a product for each of at most 4,000 --parameters.")
  var proveRanks = false

  @Flag(help: "Start each batch from the vectors of the one before it.")
  var warmStart = false

  @Flag(help: "Estimate the density of the whole spectrum, too (stochastic Lanczos quadrature), and draw it.")
  var density = false

  @Flag(help: "Estimate the trace, too (Hutchinson).")
  var trace = false

  @Option(
    help: ArgumentHelp(
      "Write eigenvectors as .safetensors, a file for each batch (-MODEL-BATCH or -MODEL-BLOCK-BATCH before the ending).",
      valueName: "file"),
    completion: .file(extensions: ["safetensors"]))
  var saveVectors: String?

  @Option(
    help:
      "What the ranks of an MPI job divide: batches, or the images of each (for batches larger than a machine's memory)."
  )
  var divide: HessianDivision = .batches

  @Flag(help: "Say what the run would take, and compute nothing but that.")
  var dryRun = false

  @Flag(help: "Go on from the finished batches of a run that was interrupted.")
  var resume = false

  func validate() throws {
    for (value, name) in [
      (top, "--top"), (batches, "--batches"), (batchSize, "--batch-size"), (count, "--count"),
      (maxIterations, "--max-iterations"), (rankCheckProducts, "--rank-check-products"),
    ] {
      if let value, value < 1 { throw ValidationError("\(name) must be at least 1.") }
    }
    guard tolerance >= 0, tolerance < 1 else { throw ValidationError("--tolerance must be at least 0 and below 1.") }
    if let basis {
      guard solver == .lanczos else { throw ValidationError("--basis belongs to --solver lanczos.") }
      guard basis >= (top ?? 5) + 2 else {
        throw ValidationError("--basis must be at least \((top ?? 5) + 2), two more than --top.")
      }
    }
    if !rankCheck, rankCheckProducts != nil || proveRanks {
      throw ValidationError("--no-rank-check excludes --rank-check-products and --prove-ranks.")
    }
    if resume, dryRun { throw ValidationError("--resume and --dry-run exclude each other.") }
    if let saveVectors, !saveVectors.hasSuffix(".safetensors") {
      throw ValidationError("--save-vectors \(saveVectors) must end in .safetensors.")
    }
  }
}

/// An amount of memory on the command line.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    guard let bytes = ByteCount.parse(argument), bytes > 0 else { return nil }
    self.bytes = bytes
  }
}
