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
}
