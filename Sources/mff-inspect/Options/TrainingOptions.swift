import ArgumentParser
import Pretraining
import VisionTransformers

/// What decides a training run; what is not given is the recipe's own, or with --resume what the run began with.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Folder (searched recursively) of PNG, JPEG and WebP files; repeatable.", valueName: "path"),
    completion: .directory)
  var images: [String] = []

  @Option(help: ArgumentHelp("Generated images instead: dead-leaves.", valueName: "kind"))
  var synthetic: String?

  @Option(help: ArgumentHelp("Generated images of an epoch (default: 4096), or the most files to use.", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "random-resized-crop, simple-resized-crop or none (default: the method's own; PixMIM the second, others the first).",
      valueName: "name"))
  var augmentation: String?

  @Option(help: ArgumentHelp("What is learned (default: mae).", valueName: "method"))
  var method: Recipe.Method?

  @Option(help: ArgumentHelp("Checkpoint whose features eva and milan learn to predict.", valueName: "ckpt"))
  var teacher: String?

  @Option(help: ArgumentHelp("Attention heads of the teacher where its checkpoint cannot tell.", valueName: "n"))
  var teacherHeads: Int?

  @Option(help: ArgumentHelp("Share of patches that is removed (default: 0.75).", valueName: "share"))
  var maskRatio: Double?

  @Flag(inversion: .prefixedNo, help: "Whether each patch's target is normalised by itself (default: yes).")
  var normPixels: Bool?

  func validate() throws {
    if !images.isEmpty && synthetic != nil { throw ValidationError("--images and --synthetic exclude each other.") }
    if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
    if let synthetic, synthetic != Recipe.deadLeaves {
      throw ValidationError("--synthetic \(synthetic) is unknown; there is \(Recipe.deadLeaves).")
    }
  }

  func apply(to recipe: inout Recipe) {
    if !images.isEmpty {
      recipe.data.images = images
      recipe.data.synthetic = nil
    }
    if let synthetic {
      recipe.data.synthetic = synthetic
      recipe.data.images = []
    }
    if let count { recipe.data.count = count }
    if let augmentation { recipe.augmentation = augmentation }
    if let method { recipe.method = method }
    if let teacher {
      if recipe.teacher?.path != teacher { recipe.teacher = .init(path: teacher) }
    }
    if let teacherHeads { recipe.teacher?.heads = teacherHeads }
    if let maskRatio { recipe.maskRatio = maskRatio }
    if let normPixels { recipe.normPixels = normPixels }
  }
}

/// The network of a training run.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "micro (64 wide, 56 pixels in patches of 4), tiny, small or base (patches of 16, 224 pixels) (default: micro).",
      valueName: "preset"))
  var arch: String?

  @Option(help: ArgumentHelp("Side of the images, instead of the preset's.", valueName: "pixels")) var imageSize: Int?
  @Option(help: ArgumentHelp("Side of a patch.", valueName: "pixels")) var patchSize: Int?
  @Option(help: ArgumentHelp("Width of the encoder.", valueName: "n")) var width: Int?
  @Option(help: ArgumentHelp("Blocks of the encoder.", valueName: "n")) var depth: Int?
  @Option(help: ArgumentHelp("Attention heads of the encoder.", valueName: "n")) var heads: Int?
  @Option(help: ArgumentHelp("Width of the decoder.", valueName: "n")) var decoderWidth: Int?
  @Option(help: ArgumentHelp("Blocks of the decoder.", valueName: "n")) var decoderDepth: Int?
  @Option(help: ArgumentHelp("Attention heads of the decoder.", valueName: "n")) var decoderHeads: Int?

  @Option(
    help: ArgumentHelp("Fuse these blocks, such as 0,2,4,6,8,11, or all (default: none).", valueName: "indices"))
  var fuse: FuseList?

  @Option(
    help: ArgumentHelp(
      "Fuse so many blocks: Table 8 of the paper at depth 12, else evenly spaced with both ends.", valueName: "n"))
  var fuseCount: Int?

  @Option(help: ArgumentHelp("What fused layers but the last pass through (default: linear).", valueName: "kind"))
  var projection: Architecture.Fusion.Projection?

  @Option(help: ArgumentHelp("How fused layers become one (default: average).", valueName: "kind"))
  var fusion: Architecture.Fusion.Combination?

  @Flag(inversion: .prefixedNo, help: "Keep gradients from flowing through the fusion into shallow layers (A.8).")
  var detach: Bool?

  func validate() throws {
    if fuse != nil && fuseCount != nil { throw ValidationError("--fuse and --fuse-count exclude each other.") }
    if let arch, !Recipe.Network.presets.contains(where: { $0.key == arch }) {
      throw ValidationError(
        "--arch \(arch) is unknown; there are \(Recipe.Network.presets.map(\.key).joined(separator: ", ")).")
    }
  }

  func apply(to recipe: inout Recipe) throws {
    if let network = Recipe.Network.presets.first(where: { $0.key == arch })?.value { recipe.network = network }
    func set(_ path: WritableKeyPath<Recipe.Network, Int>, _ value: Int?) {
      if let value { recipe.network[keyPath: path] = value }
    }
    set(\.imageSize, imageSize)
    set(\.patchSize, patchSize)
    set(\.width, width)
    set(\.depth, depth)
    set(\.heads, heads)
    set(\.decoderWidth, decoderWidth)
    set(\.decoderDepth, decoderDepth)
    set(\.decoderHeads, decoderHeads)
    if let choice = fuse?.choice ?? fuseCount.map(FusedLayerChoice.count) {
      guard recipe.network.depth > 0 else { throw ValidationError("--depth must be at least 1.") }
      recipe.fuse = try choice.layers(depth: recipe.network.depth)
    }
    if let projection { recipe.projection = projection }
    if let fusion { recipe.fusion = fusion }
    if let detach { recipe.detach = detach }
  }
}

/// The optimiser of a training run.
struct OptimizerOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Epochs in all (default: 50).", valueName: "n")) var epochs: Int?
  @Option(help: ArgumentHelp("Images in a batch (default: 64).", valueName: "n")) var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      "Base learning rate: the peak is it times batch size / 256 (default: 1.5e-4).", valueName: "rate"))
  var learningRate: Double?

  @Option(help: ArgumentHelp("Epochs of linear warm-up (default: a twentieth of all).", valueName: "epochs"))
  var warmup: Double?

  @Option(help: ArgumentHelp("On matrices and the patch kernel (default: 0.05).", valueName: "lambda"))
  var weightDecay: Double?

  @Option(help: ArgumentHelp("Longest gradient; longer ones are shortened (default: any).", valueName: "norm"))
  var clip: Double?

  @Option(help: ArgumentHelp("Epsilon of label smoothing, for supervised (default: 0).", valueName: "e"))
  var labelSmoothing: Double?

  func apply(to recipe: inout Recipe) {
    if let epochs { recipe.epochs = epochs }
    if let batchSize { recipe.batchSize = batchSize }
    if let learningRate { recipe.learningRate = learningRate }
    if let warmup { recipe.warmupEpochs = warmup }
    if let weightDecay { recipe.optimizer.weightDecay = weightDecay }
    if let clip { recipe.optimizer.clip = clip }
    if let labelSmoothing { recipe.labelSmoothing = labelSmoothing }
  }
}

/// A list of block indices, or `all`.
struct FuseList: ExpressibleByArgument {
  let choice: FusedLayerChoice

  init?(argument: String) {
    if argument == "all" {
      choice = .all
    } else if let list = IndexList(argument: argument) {
      choice = .layers(list.indices)
    } else {
      return nil
    }
  }
}
