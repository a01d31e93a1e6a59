import ArgumentParser
import Checkpoints
import Diagnostics
import VisionTransformers

/// What every command says of checkpoints.
struct CheckpointOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Checkpoint files, sharded checkpoints' index files, or Hugging Face model folders; three or more that differ in numbers only "
        + "are taken in natural order, 2 before 10."),
    completion: .file())
  var checkpoints: [String] = []

  @Option(
    help: ArgumentHelp(
      "Attention heads where the checkpoint cannot tell (default: inferred, and said).", valueName: "n"))
  var heads: Int?

  @Option(help: ArgumentHelp("Attention heads of the decoder where the checkpoint cannot tell.", valueName: "n"))
  var decoderHeads: Int?

  @Option(
    help: ArgumentHelp(
      "Indices of the fused layers where the checkpoint cannot tell, such as 0,2,4,6,8,11.", valueName: "indices"))
  var fuse: IndexList?

  @Option(
    help: ArgumentHelp(
      "How the position embedding becomes another size (default: as the family's own code, and said).",
      valueName: "method"))
  var positionResizing: Architecture.PositionResizing?

  @Option(
    help: ArgumentHelp(
      "What the perceptrons compute where the checkpoint cannot tell (default: inferred).",
      valueName: "function"))
  var activation: Architecture.Perceptron?

  @Option(
    help: ArgumentHelp(
      "ε of layer normalisation where the checkpoint cannot tell, such as 1e-6 (default: the family's).",
      valueName: "epsilon"))
  var layerNormEps: Double?

  @Option(
    help: ArgumentHelp(
      "What the classification head reads where the checkpoint cannot tell: cls, mean, or norm-mean (the mean, normalised).",
      valueName: "tokens"))
  var pooling: HeadPooling?

  @Option(
    help: ArgumentHelp(
      "Whether position embeddings are parameters: trained, fixed (default: as the family has them).", valueName: "kind"
    ))
  var positionEmbedding: ModelOptions.PositionEmbedding?

  @Option(
    help: ArgumentHelp(
      "Rows and columns of the grid on whose scale rotary positions are counted, such as 16,16.", valueName: "grid"))
  var rotaryGrid: RotaryGrid?

  @Option(
    help: ArgumentHelp(
      "What stands before weight and bias of the classification head, where its name is unusual, such as fc.",
      valueName: "prefix"))
  var headPrefix: String?

  @Option(
    help: ArgumentHelp(
      "The model's configuration where none lies beside the checkpoint: config.json of Hugging Face or timm, or MMEngine's .py.",
      valueName: "file"),
    completion: .file())
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Which weights of a file that holds several: model, ema, teacher, student, a key, or a prefix of names.",
      valueName: "which"))
  var weightsFrom: WeightsSelection = .model

  @Option(
    name: .customLong("name"),
    help: ArgumentHelp(
      "Label of the first, second, … checkpoint in figures; repeatable (default: the file's name).", valueName: "label")
  )
  var names: [String] = []

  func validate() throws {
    if let heads, heads < 1 { throw ValidationError("--heads must be at least 1.") }
    if let decoderHeads, decoderHeads < 1 { throw ValidationError("--decoder-heads must be at least 1.") }
    guard activation.map(Architecture.Perceptron.choices.contains) ?? true else {
      throw ValidationError("--activation is gelu, quick-gelu or gelu-tanh; a gated perceptron shows in its tensors.")
    }
    if let epsilon = layerNormEps, !(epsilon >= 0 && Float(epsilon).isFinite) {
      throw ValidationError("--layer-norm-eps must be a number of at least 0.")
    }
    guard headPrefix != "" else { throw ValidationError("--head-prefix must not be empty.") }
    guard !names.contains("") else { throw ValidationError("--name must not be empty.") }
  }

  /// The checkpoints named on the command line, or the bundled ones.
  func requests() throws -> [CheckpointRequest] {
    try checkNames(for: checkpoints.isEmpty ? BundledData.checkpointCount : checkpoints.count, "checkpoints")
    // Labels belong to paths in the order given.
    let ordered = names.isEmpty ? CheckpointOrder.natural(checkpoints) : checkpoints
    let labels = PathLabels.labels(of: ordered)
    let paths = try checkpoints.isEmpty ? BundledData.checkpoints : Array(zip(ordered, labels))
    return paths.enumerated().map { index, item in request(item.0, index, label: item.1) }
  }

  /// The checkpoint or run of that index; `label` names it where --name does not.
  func request(_ path: String, _ index: Int, label: String?) -> CheckpointRequest {
    CheckpointRequest(
      path: path, name: index < names.count ? names[index] : label, weights: weightsFrom, options: modelOptions,
      configuration: config)
  }

  /// What the options say of the network.
  var modelOptions: ModelOptions {
    var options = ModelOptions(
      heads: heads, decoderHeads: decoderHeads, fuse: fuse?.indices, positionResizing: positionResizing,
      activation: activation)
    options.layerNormEpsilon = layerNormEps
    options.pooling = pooling
    options.positionEmbedding = positionEmbedding
    options.rotaryGrid = rotaryGrid?.sides
    options.headPrefix = headPrefix.map { $0.hasSuffix(".") ? $0 : $0 + "." }
    return options
  }
}

extension CheckpointOptions: RenamedOptions {
  static let optionNames = ["names": "name"]

  /// Refuses more labels than there are things to label.
  func checkNames(for count: Int, _ things: String) throws {
    guard names.count <= count else {
      throw ValidationError("--name is given \(names.count) times for \(count) \(things).")
    }
  }

  /// The options that say something of networks, in the words of a command line.
  var modelWords: [String] {
    var options = self
    options.names = []
    return options.words
  }

  /// The options given that say something of a checkpoint and nothing of features.
  var givenForCheckpoints: [String] { given.filter { $0 != "--name" } }
}

/// A comma-separated list of block indices.
struct IndexList: ExpressibleByArgument, CommandWord {
  let indices: [Int]

  var word: String { indices.map(String.init).joined(separator: ",") }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, !numbers.isEmpty, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    indices = numbers
  }
}

/// Rows and columns of a grid, such as 16,16.
struct RotaryGrid: ExpressibleByArgument, CommandWord {
  let sides: [Int]

  var word: String { sides.map(String.init).joined(separator: ",") }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let sides = parts.compactMap(\.self)
    guard parts.count == 2, sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) else { return nil }
    self.sides = sides
  }
}
