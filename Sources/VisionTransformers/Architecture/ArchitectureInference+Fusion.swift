internal import Checkpoints

/// What stands beside the encoder's blocks: fusion and decoder.
extension ArchitectureInference {
  /// Multi-level feature fusion, where the file holds its weights.
  mutating func fusion(depth: Int) throws(ModelError) -> Architecture.Fusion? {
    guard let combination = try combination() else {
      if options.fuse != nil { note("fusion", "none", .tensors("no fusion weights in the file; --fuse is not used")) }
      return nil
    }
    let projection = try projection()
    let count = try fusedCount(combination, projection, depth: depth)
    let layers = try fusedLayers(count: count, depth: depth)
    let detach = try detach()
    return Architecture.Fusion(
      layers: layers, count: count, projection: projection, combination: combination, detach: detach)
  }

  /// How the fused layers become one, told by the tensors; what the file says must agree.
  private mutating func combination() throws(ModelError) -> Architecture.Fusion.Combination? {
    let block = names.sources.filter { $0.key.hasPrefix("fusion.block.") }.flatMap(\.value.values).min()
    let logits = names.tensor(of: "fusion.logits")
    guard block != nil || logits != nil else { return nil }
    if let block, logits != nil {
      throw .unsupportedTensor(
        file: names.file, tensor: block, reason: "an attention over the fused layers beside weights of the same layers")
    }
    let found: Architecture.Fusion.Combination = block == nil ? .average : .attention
    try agree("fusion", with: found.rawValue)
    if let block { note("fusion.combination", found.rawValue, .tensors(block)) }
    return found
  }

  private mutating func projection() throws(ModelError) -> Architecture.Fusion.Projection {
    let found: Architecture.Fusion.Projection =
      names.shape(of: "fusion.projections.0.weight") != nil
      ? .linear : names.shape(of: "fusion.projections.0.fc1.weight") != nil ? .mlp : .none
    try agree("projection", with: found.rawValue)
    note("fusion.projection", found.rawValue, .tensors(found == .none ? "absent" : "present"))
    return found
  }

  /// What the file's metadata says of the fusion must be what its tensors show.
  private func agree(_ key: String, with found: String) throws(ModelError) {
    guard let stated = settings.metadata[key]?.string, stated != found else { return }
    throw .unusableSetting(
      file: names.file, setting: "\(key) in the metadata", value: stated, reason: "the tensors are those of \(found)")
  }

  /// K: the fusion weights, or one more than the projections; an attention without projections does not tell.
  private mutating func fusedCount(
    _ combination: Architecture.Fusion.Combination, _ projection: Architecture.Fusion.Projection, depth: Int
  ) throws(ModelError) -> Int {
    let (count, source): (Int, ValueSource)
    if combination == .average {
      let shape = names.shape(of: "fusion.logits") ?? []
      (count, source) = (shape.reduce(1, *), .tensors("fusion logits"))
      guard (1...depth).contains(count) else {
        throw .unusableShape(
          file: names.file, tensor: names.tensor(of: "fusion.logits") ?? "fusion.logits", shape: shape,
          reason: "a fusion weight for each of 1 to \(depth) fused blocks is needed")
      }
    } else if projection != .none {
      (count, source) = (try names.depth(of: "fusion.projections.") + 1, .tensors("projections"))
    } else if let (layers, stated) = foundFusedLayers(count: nil, depth: depth) {
      (count, source) = (layers.count, stated)
    } else {
      throw .unusableSetting(
        file: names.file, setting: "which layers are fused", value: "unknown",
        reason: "the file holds an attention over them; give --fuse, such as --fuse 0,2,4,6,8,11")
    }
    note("fusion.count", count, source)
    return count
  }

  private mutating func fusedLayers(count: Int, depth: Int) throws(ModelError) -> [Int]? {
    guard let (layers, source) = foundFusedLayers(count: count, depth: depth) else { return nil }
    guard FusedLayers.isPossible(layers, count: count, depth: depth) else {
      throw .unusableSetting(
        file: names.file, setting: "fused layers (\(source))", value: layers.map(String.init).joined(separator: ","),
        reason: "\(count) ascending indices that end with the last block, \(depth - 1), are needed; give --fuse")
    }
    note("fusion.layers", layers.map(String.init).joined(separator: ", "), source)
    return layers
  }

  private func foundFusedLayers(count: Int?, depth: Int) -> ([Int], ValueSource)? {
    FusedLayers.stated(
      count: count, depth: depth, option: options.fuse,
      configuration: settings.mmengine.map { ($0, settings.mmengineName) },
      metadata: settings.metadata)
  }

  /// Whether gradients were kept from the shallow layers; only the metadata of our own files tells.
  private mutating func detach() throws(ModelError) -> Bool {
    guard let text = settings.metadata["detach"]?.string else { return false }
    guard let detach = Bool(text.lowercased()) else {
      throw .unusableSetting(
        file: names.file, setting: "detach in the metadata", value: text, reason: "true or false is needed")
    }
    note("fusion.detach", detach, .file("metadata", key: "detach"))
    return detach
  }

  /// The decoder of MAE, where the file holds it.
  mutating func decoder() throws(ModelError) -> Architecture.Decoder? {
    guard names.shape(of: "decoder.embed.weight") != nil else { return nil }
    let width = try matrix("decoder.embed.weight", columns: width)
    let depth = try names.depth(of: "decoder.blocks.")
    let hidden =
      depth > 0 ? try names.requiredShape(of: "decoder.blocks.0.mlp.fc1.weight", dimensions: 2)[0] : 4 * width
    let outputs = try names.requiredShape(of: "decoder.output.weight", dimensions: 2)[0]
    note("decoder.width", width, .tensors("decoder embedding"))
    note("decoder.depth", depth, .tensors("block indices"))
    note("decoder.hiddenWidth", hidden, .tensors("first linear layer of the perceptron"))
    note("decoder.outputs", outputs, .tensors("prediction of a patch"))
    let (heads, source) = decoderHeads(width: width)
    note("decoder.heads", heads.map(String.init) ?? "unknown", source)
    return Architecture.Decoder(width: width, depth: depth, heads: heads, hiddenWidth: hidden, outputs: outputs)
  }

  private func decoderHeads(width: Int) -> (Int?, ValueSource) {
    if let heads = options.decoderHeads { return (heads, .option("--decoder-heads")) }
    if let (heads, source) = settings.integer(
      config: "decoder_num_attention_heads", arguments: ["decoder_num_heads", "decoder_heads"])
    {
      return (heads, source)
    }
    if let heads = settings.mmengine?.section("neck")?.integer("decoder_num_heads") {
      return (heads, .file(settings.mmengineName, key: "neck.decoder_num_heads"))
    }
    if width == 512 { return (16, .usual("decoder of MAE")) }
    return (nil, .usual("unknown; give --decoder-heads to compute with the decoder"))
  }
}
