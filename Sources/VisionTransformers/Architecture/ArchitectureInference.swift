internal import Checkpoints

/// Infers an architecture, and says where each value came from: the only place that does.
struct ArchitectureInference {
  let names: NameResolution
  let settings: Settings
  let options: ModelOptions
  /// What was found, in the order of finding; also after a failure.
  private(set) var facts: [ArchitectureFact] = []
  /// Where each value is from, by its name.
  var sources: [String: ValueSource] { Dictionary(facts.map { ($0.name, $0.source) }) { $1 } }
  /// D, known from the first step on.
  private(set) var width = 0
  /// Whether the perceptron multiplies a gate and a value, known from `hiddenWidth()` on.
  var isGated = false

  init(_ names: NameResolution, _ settings: Settings, _ options: ModelOptions) {
    self.names = names
    self.settings = settings
    self.options = options
  }

  /// The architecture; `sources` afterwards tells where each of its values is from.
  mutating func infer() throws(ModelError) -> Architecture {
    if let problem = settings.problem { throw problem }
    if let name = settings.unknownArchitecture {
      let reason = "timm has not published a network of this name; its blocks are taken for plain ones"
      note("architecture", name, .assumed(reason, option: "--config"))
    }
    if let source = names.choice.source { note("encoder", names.prefix.isEmpty ? "no prefix" : names.prefix, source) }
    let patch = try names.requiredShape(of: "patch.weight", dimensions: 4)
    guard patch[1] == 3, patch[2] == patch[3] else {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: "patch.weight") ?? "", shape: patch,
        reason: "three colours and square patches are needed")
    }
    let (width, patchSize) = (patch[0], patch[2])
    self.width = width
    note("width", width, .tensors("patch embedding"))
    note("patchSize", patchSize, .tensors("patch embedding"))
    let depth = try names.depth(of: "blocks.")
    guard depth > 0 else {
      throw .missingTensor(
        file: names.file, tensor: names.foreignName(of: "blocks.0.norm1.weight"), dialect: names.dialect.title)
    }
    note("depth", depth, .tensors("block indices"))
    let hidden = try hiddenWidth()
    // That these two have width columns keeps every size of the network within the file's.
    try expect(try matrix("blocks.0.attention.qkv.weight", columns: width), 3 * width, "blocks.0.attention.qkv.weight")

    let prefix = try prefixTokens()
    note("prefix", prefixWords(prefix), .tensors("their embeddings"))
    let (grid, positions) = try grid(prefix: prefix, patchSize: patchSize)
    let variant = try variant(prefix, patch: patchSize)
    let heads = try heads(width: width, depth: depth)
    guard !variant.rotaryPositions || (width / heads).isMultiple(of: 4) else {
      throw .unusableSetting(
        file: names.file, setting: "number of heads", value: "\(heads)",
        reason:
          "rotary positions turn pairs of values by row and by column, \(width / heads) values a head do not divide so")
    }
    let finalNorm = names.shape(of: "norm.weight") != nil
    note("finalNorm", finalNorm, .tensors(finalNorm ? "present" : "absent"))
    return Architecture(
      imageSize: grid.map { $0 * patchSize }, patchSize: patchSize, grid: grid, width: width, depth: depth,
      heads: heads,
      hiddenWidth: hidden, layerNormEpsilon: try epsilon(), prefix: prefix, positions: positions,
      positionResizing: positionResizing(), layerScale: names.shape(of: "blocks.0.scale1") != nil,
      finalNorm: finalNorm, variant: variant, fusion: try fusion(depth: depth), decoder: try decoder())
  }

  mutating func note(_ name: String, _ value: some CustomStringConvertible, _ source: ValueSource) {
    facts.removeAll { $0.name == name }
    facts.append(ArchitectureFact(name: name, value: value.description, source: source))
  }

  /// Notes what can be known where the whole cannot; called after `infer` has failed.
  mutating func noteTheRest() {
    guard let patch = names.shape(of: "patch.weight"), patch.count == 4, width > 0 else { return }
    let depth = (try? names.depth(of: "blocks.")) ?? 0
    if let prefix = try? prefixTokens() { _ = try? grid(prefix: prefix, patchSize: patch[3]) }
    _ = try? heads(width: width, depth: depth)
    _ = try? variant((try? prefixTokens()) ?? [], patch: patch[3])
    _ = try? epsilon()
    _ = positionResizing()
    if depth > 0 { _ = try? fusion(depth: depth) }
    _ = try? decoder()
  }

  /// The rows of a matrix with that many columns.
  func matrix(_ parameter: ParameterName, columns: Int) throws(ModelError) -> Int {
    let shape = try names.requiredShape(of: parameter, dimensions: 2)
    guard shape[1] == columns else {
      throw .shapeMismatch(
        file: names.file, tensor: names.tensor(of: parameter) ?? parameter, expected: [shape[0], columns], found: shape)
    }
    return shape[0]
  }

  private func expect(_ rows: Int, _ expected: Int, _ parameter: ParameterName) throws(ModelError) {
    guard rows == expected else {
      throw .shapeMismatch(
        file: names.file, tensor: names.tensor(of: parameter) ?? parameter, expected: [expected, width],
        found: [rows, width])
    }
  }

  /// The rows of a tensor of shape [rows, D] or [1, rows, D].
  private func rows(of parameter: ParameterName, _ shape: [Int]) throws(ModelError) -> Int {
    guard shape.count >= 2, shape.last == width, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: parameter) ?? parameter, shape: shape,
        reason: "the shape [1, rows, \(width)] is needed, with the width of the patch embedding")
    }
    return shape[shape.count - 2]
  }

  // MARK: Tokens and positions

  private func prefixTokens() throws(ModelError) -> [Architecture.PrefixToken] {
    var prefix: [Architecture.PrefixToken] = []
    if names.shape(of: "class") != nil { prefix.append(.class) }
    if names.shape(of: "distillation") != nil { prefix.append(.distillation) }
    if let registers = names.shape(of: "registers") {
      prefix += Array(repeating: .register, count: try rows(of: "registers", registers))
    }
    return prefix
  }

  private func prefixWords(_ prefix: [Architecture.PrefixToken]) -> String {
    let registers = prefix.count { $0 == .register }
    let words =
      prefix.filter { $0 != .register }.map(\.rawValue)
      + (registers > 0 ? ["\(registers) \(registers == 1 ? "register" : "registers")"] : [])
    return words.isEmpty ? "none" : words.joined(separator: ", ")
  }

  private mutating func grid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows) {
    let (grid, positions, source) = try foundGrid(prefix: prefix, patchSize: patchSize)
    note("grid", "\(grid[0]) × \(grid[1])", source)
    note("imageSize", "\(grid[0] * patchSize) × \(grid[1] * patchSize)", source)
    return (grid, positions)
  }

  private func foundGrid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows, ValueSource) {
    guard let shape = names.shape(of: "position") else {
      if let found = try relativeGrid(prefix: prefix, patchSize: patchSize) { return found }
      throw .missingTensor(
        file: names.file, tensor: names.foreignName(of: "position"), dialect: names.dialect.title)
    }
    let rows = try rows(of: "position", shape)
    let withRows = prefix.count { $0 != .register }
    var readings = [(rows - withRows, Architecture.PositionRows.classAndPatches), (rows, .patches)]
    // timm gives registers rows of their own where it does not leave all prefix tokens without one.
    if withRows < prefix.count { readings.append((rows - prefix.count, .allTokens)) }
    for (patches, positions) in readings {
      if let (size, source) = settings.imageSize, let grid = grid(of: size, patchSize, patches: patches) {
        return (grid, positions, source)
      }
      if let side = squareRoot(patches) {
        return ([side, side], positions, .tensors("\(rows) rows of the position embedding"))
      }
      if let size = options.imageSize, let grid = grid(of: size, patchSize, patches: patches) {
        return (grid, positions, .option("--image-size or the images' own size"))
      }
    }
    throw .unknownGrid(file: names.file, tensor: names.tensor(of: "position") ?? "position", rows: rows)
  }

  /// The grid of a network that has no position embedding but a table of offsets: (2 rows − 1) (2 columns − 1) of them, and three for
  /// a class token.
  private func relativeGrid(
    prefix: [Architecture.PrefixToken], patchSize: Int
  ) throws(ModelError) -> ([Int], Architecture.PositionRows, ValueSource)? {
    let parameter = ["relative", "blocks.0.attention.relative"].first { names.shape(of: $0) != nil }
    guard let parameter, let shape = names.shape(of: parameter), shape.count == 2 else { return nil }
    let offsets = shape[0] - (prefix.isEmpty ? 0 : 3)
    let matches = { (grid: [Int]) in (2 * grid[0] - 1) * (2 * grid[1] - 1) == offsets }
    if let (size, source) = settings.imageSize, let grid = sides(of: size, patchSize), matches(grid) {
      return (grid, .absent, source)
    }
    if let side = squareRoot(offsets), !side.isMultiple(of: 2) {
      return ([(side + 1) / 2, (side + 1) / 2], .absent, .tensors("\(shape[0]) rows of relative positions"))
    }
    if let size = options.imageSize, let grid = sides(of: size, patchSize), matches(grid) {
      return (grid, .absent, .option("--image-size or the images' own size"))
    }
    throw .unknownGrid(file: names.file, tensor: names.tensor(of: parameter) ?? parameter, rows: shape[0])
  }

  /// The grid of images of that size, where it has that many patches.
  private func grid(of size: [Int], _ patchSize: Int, patches: Int) -> [Int]? {
    guard let grid = sides(of: size, patchSize) else { return nil }
    let (product, overflow) = grid[0].multipliedReportingOverflow(by: grid[1])
    return !overflow && product == patches ? grid : nil
  }

  /// Rows and columns of patches of images of that size, no more than a file can have.
  private func sides(of size: [Int], _ patchSize: Int) -> [Int]? {
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 <= 1 << 24 && $0.isMultiple(of: patchSize) }) else {
      return nil
    }
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
    guard names.shape(of: "position") != nil else { return method }
    note("positionResizing", method.rawValue, source)
    return method
  }

  private func foundPositionResizing() -> (Architecture.PositionResizing, ValueSource) {
    if let method = options.positionResizing { return (method, .option("--position-resizing")) }
    if let method = settings.metadata["position_resizing"]?.string.flatMap(Architecture.PositionResizing.init) {
      return (method, .file("metadata", key: "position_resizing"))
    }
    if settings.isTimm { return (.antialiasedBicubic, .file(settings.configName, key: "timm's")) }
    if settings.huggingFaceModel == "dinov2_with_registers" {
      return (.antialiasedBicubic, .file(settings.configName, key: "model_type"))
    }
    if names.isDINO { return (.bicubicByFactor, .usual("DINO's own code, told by student and teacher")) }
    if names.dialect.hasFlaxKernels {
      return (
        names.dialect.positionResizing, .usual("timm's way with files of Flax; Google's own code aligns the corners")
      )
    }
    guard names.dialect.anchor == Dialect.original.anchor, names.shape(of: "decoder.embed.weight") == nil else {
      return (names.dialect.positionResizing, .usual(names.dialect.title))
    }
    // Only DINOv2's own files hold its mask token; with registers its code antialiases.
    if names.isOwnDINOv2 {
      return names.shape(of: "registers") == nil
        ? (.bicubicByFactor, .tensors("mask_token beside LayerScale: DINOv2's own code"))
        : (.antialiasedBicubic, .tensors("register_tokens and mask_token: DINOv2's own code"))
    }
    if ["blocks.0.ls1.gamma", "reg_token"].contains(where: { names.uses(names.prefix + $0) }) {
      return (.antialiasedBicubic, .tensors("names of timm"))
    }
    // MAE's fixed embedding has a class row of zeros; timm's is learned. Only timm publishes this naming as safetensors.
    if names.isSafetensors, !names.classPositionIsZero(width: width) {
      return (
        .antialiasedBicubic,
        .assumed("timm's way: safetensors in its naming, position embedding learned", option: "--position-resizing")
      )
    }
    return (
      .bicubic,
      .assumed("MAE's and DeiT's way; timm's files, which antialias, look the same", option: "--position-resizing")
    )
  }

  // MARK: Heads

  private mutating func heads(width: Int, depth: Int) throws(ModelError) -> Int {
    let (heads, source) = try foundHeads(width: width, depth: depth)
    guard heads > 0, width.isMultiple(of: heads) else {
      throw .unusableSetting(
        file: names.file, setting: "number of heads (\(source))", value: "\(heads)",
        reason: "width \(width) does not divide by it; give --heads")
    }
    note("heads", heads, source)
    return heads
  }

  private func foundHeads(width: Int, depth: Int) throws(ModelError) -> (Int, ValueSource) {
    let shown = try names.headsOfKernels(depth: depth)
    if let shown, let heads = options.heads, heads != shown {
      throw .unusableSetting(
        file: names.file, setting: "number of heads (option --heads)", value: "\(heads)",
        reason: "the kernels of the queries show \(shown); leave --heads away")
    }
    if let shown { return (shown, .tensors("kernels of the queries")) }
    if let heads = options.heads { return (heads, .option("--heads")) }
    if let found = toldHeads ?? statedHeads(width: width, depth: depth) { return found }
    return try HeadsByWidth.heads(width: width, depth: depth, names)
  }

  /// Heads that a configuration states, or the network that it names has.
  private func statedHeads(width: Int, depth: Int) -> (Int, ValueSource)? {
    if let tower = settings.tower {
      for key in ["num_attention_heads", "num_heads", "encoder_attention_heads"] {
        if let heads = tower.value[key]?.int { return (heads, .file(settings.configName, key: tower.key(key))) }
      }
      if let defaults = tower.defaults {
        return (defaults.heads, .file(settings.configName, key: "\(tower.key("model_type")), its usual number"))
      }
    }
    if let found = settings.integer(arguments: ["num_heads", "heads", "n_heads"]) { return found }
    for (arguments, name) in [
      (settings.config?["model_args"], "\(settings.configName), model_args"),
      (settings.arguments?["model_kwargs"], "args, model_kwargs"),
    ] {
      if let heads = arguments?["num_heads"]?.int { return (heads, .file(name, key: "num_heads")) }
    }
    if let timm = settings.timm, timm.value.heads > 0, settings.isTimm || timm.value.width == width {
      return (timm.value.heads, timm.source)
    }
    return settings.mmengine.flatMap {
      MMEngineBackbone($0, called: settings.mmengineName)?.heads(width: width, depth: depth)
    }
  }

  /// Heads that tensors show: columns of a table of relative positions, or values of a head in one of angles.
  private var toldHeads: (Int, ValueSource)? {
    for parameter in ["relative", "blocks.0.attention.relative"] {
      if let shape = names.shape(of: parameter), shape.count == 2, let tensor = names.tensor(of: parameter) {
        return (shape[1], .tensors("columns of \(tensor)"))
      }
    }
    if let shape = names.shape(of: "rotary.cos"), shape.count == 2, let tensor = names.tensor(of: "rotary.cos") {
      return (width / shape[1], .tensors("columns of \(tensor)"))
    }
    return nil
  }

  // MARK: What tensors never tell

  private mutating func epsilon() throws(ModelError) -> Double {
    let (epsilon, source) = foundEpsilon()
    guard epsilon >= 0, Float(epsilon).isFinite else {
      throw .unusableSetting(
        file: names.file, setting: "ε of layer normalisation (\(source))", value: "\(epsilon)",
        reason: "a number ≥ 0 is needed; correct it there")
    }
    note("layerNormEpsilon", epsilon, source)
    return epsilon
  }

  private func foundEpsilon() -> (Double, ValueSource) {
    if let epsilon = options.layerNormEpsilon { return (epsilon, .option("--layer-norm-eps")) }
    if let tower = settings.tower {
      for key in ["layer_norm_eps", "layer_norm_epsilon"] {
        if let epsilon = tower.value[key]?.double { return (epsilon, .file(settings.configName, key: tower.key(key))) }
      }
      if let defaults = tower.defaults {
        return (defaults.layerNormEpsilon, .file(settings.configName, key: "\(tower.key("model_type")), its usual ε"))
      }
    }
    if let timm = settings.timm { return (timm.value.layerNormEpsilon, timm.source) }
    if let epsilon = settings.mmengine?.section("backbone")?.section("norm_cfg")?.number("eps") {
      return (epsilon, .file(settings.mmengineName, key: "backbone.norm_cfg.eps"))
    }
    if let epsilon = settings.metadata["layer_norm_eps"]?.string.flatMap({ Double($0) }) {
      return (epsilon, .file("metadata", key: "layer_norm_eps"))
    }
    return usualEpsilon
  }

  /// What the families have whose naming it is.
  private var usualEpsilon: (Double, ValueSource) {
    switch names.dialect.anchor {
    case Dialect.original.anchor where names.shape(of: "embedding.norm.weight") != nil:
      return (
        1e-5,
        .assumed("timm's CLIP; its plain networks with a norm before the blocks have 1e-6", option: "--layer-norm-eps")
      )
    case Dialect.original.anchor where names.looksLikeBEiT3:
      return (1e-5, .usual("BEiT-3, told by norms inside attention and MLP"))
    case Dialect.mmpretrain.anchor where names.shape(of: "rotary.cos") != nil:
      return (1e-5, .usual("MMPretrain's EVA-02"))
    case Dialect.huggingFaceTower.anchor where names.shape(of: "class") == nil: return (1e-6, .usual("SigLIP"))
    case Dialect.huggingFace.anchor
    where names.shape(of: "blocks.0.scale1") != nil && names.shape(of: "position") != nil:
      return names.shape(of: "relative") == nil && names.shape(of: "blocks.0.attention.relative") == nil
        ? (1e-6, .usual("DINOv2, told by LayerScale")) : (names.dialect.layerNormEpsilon, .usual("BEiT"))
    case Dialect.huggingFace.anchor where !names.showsMAE && names.shape(of: "blocks.0.scale1") == nil:
      return (
        names.dialect.layerNormEpsilon,
        .assumed("ViT's; MSN's files have the same names and 1e-6", option: "--layer-norm-eps")
      )
    default: return (names.dialect.layerNormEpsilon, .usual(names.dialect.title))
    }
  }
}

extension NameResolution {
  /// Whether the tensors are DINOv2's as its own code writes them: its mask token beside LayerScale.
  var isOwnDINOv2: Bool { uses(prefix + "mask_token") && uses(prefix + "blocks.0.ls1.gamma") }

  /// Whether there is an MAE decoder.
  var showsMAE: Bool { shape(of: "decoder.embed.weight") != nil }

  /// BEiT-3 normalises inside attention and MLP, and its MLP is not gated.
  fileprivate var looksLikeBEiT3: Bool {
    guard shape(of: "blocks.0.attention.norm.weight") != nil, shape(of: "blocks.0.mlp.norm.weight") != nil,
      let first = shape(of: "blocks.0.mlp.fc1.weight")?.first, let last = shape(of: "blocks.0.mlp.fc2.weight")?.last
    else { return false }
    return first == last
  }

  /// Whether the file holds a tensor of that name.
  func uses(_ name: String) -> Bool { sources.values.contains { $0.values.contains(name) } }
}
