internal import Checkpoints

/// What stands beside the encoder's blocks: fusion and decoder.
extension ArchitectureInference {
  /// Multi-level feature fusion, where the file holds its weights.
  mutating func fusion(depth: Int) throws(ModelError) -> Architecture.Fusion? {
    guard let shape = names.shape(of: "fusion.logits") else {
      if options.fuse != nil { note("fusion", "none", .tensors("no fusion weights in the file; --fuse is not used")) }
      return nil
    }
    let count = shape.reduce(1, *)
    guard (1...depth).contains(count) else {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: "fusion.logits") ?? "fusion.logits", shape: shape,
        reason: "a fusion weight for each of 1 to \(depth) fused blocks is needed")
    }
    let hasProjections = names.shape(of: "fusion.projections.0.weight") != nil
    note("fusion.count", count, .tensors("fusion logits"))
    note("fusion.projection", hasProjections ? "linear" : "none", .tensors(hasProjections ? "present" : "absent"))
    let layers = try fusedLayers(count: count, depth: depth)
    return Architecture.Fusion(layers: layers, count: count, projection: hasProjections ? .linear : .none)
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

  private func foundFusedLayers(count: Int, depth: Int) -> ([Int], ValueSource)? {
    FusedLayers.stated(
      count: count, depth: depth, option: options.fuse, configuration: settings.mmengine.map { ($0, "meta.cfg") },
      metadata: settings.metadata)
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
