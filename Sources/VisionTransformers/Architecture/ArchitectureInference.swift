internal import Checkpoints

/// What a user says of a checkpoint that its file may not tell.
public struct ModelOptions: Sendable, Hashable {
  /// `--heads`.
  public var heads: Int?
  /// `--decoder-heads`.
  public var decoderHeads: Int?
  /// `--fuse`.
  public var fuse: [Int]?
  /// Height and width of the images that will be given, which tell a grid that is not square.
  public var imageSize: [Int]?

  /// Options as given; nil where the file shall tell.
  public init(heads: Int? = nil, decoderHeads: Int? = nil, fuse: [Int]? = nil, imageSize: [Int]? = nil) {
    self.heads = heads
    self.decoderHeads = decoderHeads
    self.fuse = fuse
    self.imageSize = imageSize
  }
}

/// Infers an architecture, and says where each value came from: the only place that does.
struct ArchitectureInference {
  let names: NameResolution
  let settings: Settings
  let options: ModelOptions
  private(set) var sources: [String: ValueSource] = [:]

  init(_ names: NameResolution, _ settings: Settings, _ options: ModelOptions) {
    self.names = names
    self.settings = settings
    self.options = options
  }

  /// The architecture; `sources` afterwards tells where each of its values is from.
  mutating func infer() throws(ModelError) -> Architecture {
    let patch = try names.requiredShape(of: "patch.weight", dimensions: 4)
    guard patch[1] == 3, patch[2] == patch[3] else {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: "patch.weight") ?? "", shape: patch,
        reason: "three colours and square patches are needed")
    }
    let (width, patchSize) = (patch[0], patch[2])
    note("width", .tensors("patch embedding"))
    note("patchSize", .tensors("patch embedding"))
    let depth = try names.depth(of: "blocks.")
    guard depth > 0 else {
      throw .missingTensor(
        file: names.file, tensor: names.foreignName(of: "blocks.0.norm1.weight"), dialect: names.dialect.title)
    }
    note("depth", .tensors("block indices"))
    let hidden = try names.requiredShape(of: "blocks.0.mlp.fc1.weight", dimensions: 2)[0]
    note("hiddenWidth", .tensors("first linear layer of the perceptron"))
    try checkActivation()

    let prefix = prefixTokens()
    let (grid, positions) = try grid(prefix: prefix, patchSize: patchSize)
    let heads = try heads(width: width, depth: depth)
    let finalNorm = names.shape(of: "norm.weight") != nil
    note("finalNorm", .tensors(finalNorm ? "present" : "absent"))
    return Architecture(
      imageSize: grid.map { $0 * patchSize }, patchSize: patchSize, grid: grid, width: width, depth: depth, heads: heads,
      hiddenWidth: hidden, layerNormEpsilon: epsilon(), prefix: prefix, positions: positions,
      positionResizing: positionResizing(), layerScale: names.shape(of: "blocks.0.scale1") != nil,
      finalNorm: finalNorm, fusion: try fusion(depth: depth), decoder: try decoder())
  }

  private mutating func note(_ key: String, _ source: ValueSource) { sources[key] = source }

  // MARK: Tokens and positions

  private func prefixTokens() -> [Architecture.PrefixToken] {
    var prefix: [Architecture.PrefixToken] = []
    if names.shape(of: "class") != nil { prefix.append(.class) }
    if names.shape(of: "distillation") != nil { prefix.append(.distillation) }
    if let registers = names.shape(of: "registers"), registers.count >= 2 {
      prefix += Array(repeating: .register, count: registers[registers.count - 2])
    }
    return prefix
  }

  private mutating func grid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows) {
    guard let shape = names.shape(of: "position"), shape.count >= 2, !shape.contains(0) else {
      throw .missingTensor(
        file: names.file, tensor: names.foreignName(of: "position"), dialect: names.dialect.title)
    }
    let rows = shape[shape.count - 2]
    let withRows = prefix.count { $0 != .register }
    for (patches, positions) in [(rows - withRows, Architecture.PositionRows.classAndPatches), (rows, .patches)] {
      if let size = settings.imageSize, let grid = grid(of: size, patchSize), grid.reduce(1, *) == patches {
        note("grid", .file("config.json", key: "image_size"))
        return (grid, positions)
      }
      if let side = squareRoot(patches) {
        note("grid", .tensors("\(rows) rows of the position embedding"))
        return ([side, side], positions)
      }
      if let size = options.imageSize, let grid = grid(of: size, patchSize), grid.reduce(1, *) == patches {
        note("grid", .option("--image-size or the images' own size"))
        return (grid, positions)
      }
    }
    throw .unknownGrid(file: names.file, tensor: names.tensor(of: "position") ?? "position", rows: rows)
  }

  private func grid(of size: [Int], _ patchSize: Int) -> [Int]? {
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0.isMultiple(of: patchSize) }) else { return nil }
    return size.map { $0 / patchSize }
  }

  private func squareRoot(_ n: Int) -> Int? {
    guard n > 0 else { return nil }
    let root = Int(Double(n).squareRoot().rounded())
    return root * root == n ? root : nil
  }

  /// Tensors in the original naming do not tell whose code they came from; what surrounds them does.
  private mutating func positionResizing() -> Architecture.PositionResizing {
    let (method, source) = foundPositionResizing()
    note("positionResizing", source)
    return method
  }

  private func foundPositionResizing() -> (Architecture.PositionResizing, ValueSource) {
    if settings.isTimm { return (.antialiasedBicubic, .file("config.json", key: "timm's")) }
    if settings.huggingFaceModel == "dinov2_with_registers" {
      return (.antialiasedBicubic, .file("config.json", key: "model_type"))
    }
    if names.isDINO { return (.bicubicByFactor, .usual("DINO's own code, told by student and teacher")) }
    guard names.dialect.anchor == Dialect.original.anchor, names.shape(of: "decoder.embed.weight") == nil else {
      return (names.dialect.positionResizing, .usual(names.dialect.title))
    }
    if ["blocks.0.ls1.gamma", "reg_token"].contains(where: { names.uses(names.prefix + $0) }) {
      return (.antialiasedBicubic, .tensors("names of timm"))
    }
    // MAE's fixed embedding has a class row of zeros; timm's is learned. Only timm publishes this naming as safetensors.
    if names.isSafetensors, !names.classPositionIsZero {
      return (.antialiasedBicubic, .usual("timm's way: safetensors in its naming, position embedding learned"))
    }
    return (.bicubic, .usual("MAE's and DeiT's way"))
  }

  // MARK: Heads

  private mutating func heads(width: Int, depth: Int) throws(ModelError) -> Int {
    let (heads, source) = try foundHeads(width: width, depth: depth)
    guard heads > 0, width.isMultiple(of: heads) else {
      throw .unusableSetting(
        file: names.file, setting: "number of heads (\(source))", value: "\(heads)",
        reason: "width \(width) does not divide by it; give --heads")
    }
    note("heads", source)
    return heads
  }

  private func foundHeads(width: Int, depth: Int) throws(ModelError) -> (Int, ValueSource) {
    if let heads = options.heads { return (heads, .option("--heads")) }
    if let found = settings.integer(config: "num_attention_heads", arguments: ["num_heads", "heads"]) { return found }
    if let heads = settings.config?["model_args"]?["num_heads"]?.int {
      return (heads, .file("config.json", key: "model_args.num_heads"))
    }
    if let backbone = settings.mmengine?.section("backbone") {
      if let heads = backbone.integer("num_heads") { return (heads, .file("meta.cfg", key: "backbone.num_heads")) }
      if backbone.string("arch") == "s", width == 768, depth == 8 { return (8, .file("meta.cfg", key: "backbone.arch")) }
    }
    // Sizes whose heads are not 64 wide, in every published code base.
    let table = [1280: 16, 1408: 16, 1664: 16]
    if let heads = table[width] { return (heads, .usual("ViT of width \(width)")) }
    if width.isMultiple(of: 64) { return (width / 64, .usual("64 values a head")) }
    throw .unknownHeads(file: names.file, width: width)
  }

  // MARK: What tensors never tell

  private mutating func epsilon() -> Double {
    for key in ["layer_norm_eps"] {
      if let epsilon = settings.config?[key]?.double {
        note("layerNormEpsilon", .file("config.json", key: key))
        return epsilon
      }
    }
    let epsilon = settings.huggingFaceModel == "dinov2" ? 1e-6 : names.dialect.layerNormEpsilon
    note("layerNormEpsilon", .usual(names.dialect.title))
    return epsilon
  }

  private func checkActivation() throws(ModelError) {
    guard let activation = settings.config?["hidden_act"]?.string, activation != "gelu" else { return }
    throw .unusableSetting(
      file: names.file, setting: "hidden_act in config.json", value: activation, reason: "only gelu (erf) is supported")
  }

  // MARK: Fusion and decoder

  private mutating func fusion(depth: Int) throws(ModelError) -> Architecture.Fusion? {
    guard let shape = names.shape(of: "fusion.logits") else {
      if options.fuse != nil { note("fusion", .tensors("no fusion weights in the file; --fuse is not used")) }
      return nil
    }
    let count = shape.reduce(1, *)
    let hasProjections = names.shape(of: "fusion.projections.0.weight") != nil
    let layers = try fusedLayers(count: count, depth: depth)
    return Architecture.Fusion(layers: layers, count: count, projection: hasProjections ? .linear : .none)
  }

  private mutating func fusedLayers(count: Int, depth: Int) throws(ModelError) -> [Int]? {
    guard let (layers, source) = foundFusedLayers(count: count, depth: depth) else { return nil }
    let ascending = zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 }
    guard layers.count == count, ascending, layers.first.map({ $0 >= 0 }) ?? false, layers.last == depth - 1 else {
      throw .unusableSetting(
        file: names.file, setting: "fused layers (\(source))", value: layers.map(String.init).joined(separator: ","),
        reason: "\(count) ascending indices that end with the last block, \(depth - 1), are needed")
    }
    note("fusion.layers", source)
    return layers
  }

  private func foundFusedLayers(count: Int, depth: Int) -> ([Int], ValueSource)? {
    if let fuse = options.fuse { return (fuse, .option("--fuse")) }
    if let layers = settings.mmengine?.section("backbone")?.integers("out_indices") {
      return (layers.map { $0 < 0 ? depth + $0 : $0 }, .file("meta.cfg", key: "backbone.out_indices"))
    }
    if let layers = settings.metadata["fused_layers"]?.string {
      let indices = layers.split(separator: ",").compactMap { Int($0) }
      return (indices, .file("metadata", key: "fused_layers"))
    }
    if count == depth { return (Array(0..<depth), .usual("as many fused layers as blocks")) }
    let table8 = [1: [11], 2: [0, 11], 4: [0, 4, 8, 11], 6: [0, 2, 4, 6, 8, 11]]
    if depth == 12, let layers = table8[count] { return (layers, .usual("Table 8 of the MFF paper")) }
    return nil
  }

  private mutating func decoder() throws(ModelError) -> Architecture.Decoder? {
    guard let embed = names.shape(of: "decoder.embed.weight"), embed.count == 2 else { return nil }
    let width = embed[0]
    let depth = try names.depth(of: "decoder.blocks.")
    let hidden = depth > 0 ? try names.requiredShape(of: "decoder.blocks.0.mlp.fc1.weight", dimensions: 2)[0] : 4 * width
    let outputs = try names.requiredShape(of: "decoder.output.weight", dimensions: 2)[0]
    let (heads, source) = decoderHeads(width: width)
    note("decoder.heads", source)
    return Architecture.Decoder(width: width, depth: depth, heads: heads, hiddenWidth: hidden, outputs: outputs)
  }

  private func decoderHeads(width: Int) -> (Int?, ValueSource) {
    if let heads = options.decoderHeads { return (heads, .option("--decoder-heads")) }
    if let (heads, source) = settings.integer(config: "decoder_num_attention_heads", arguments: ["decoder_num_heads"]) {
      return (heads, source)
    }
    if let heads = settings.mmengine?.section("neck")?.integer("decoder_num_heads") {
      return (heads, .file("meta.cfg", key: "neck.decoder_num_heads"))
    }
    if width == 512 { return (16, .usual("decoder of MAE")) }
    return (nil, .usual("unknown; give --decoder-heads to compute with the decoder"))
  }
}

extension NameResolution {
  /// Whether the file holds a tensor of that name.
  func uses(_ name: String) -> Bool { sources.values.contains { $0.values.contains(name) } }
}
