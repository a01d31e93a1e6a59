public import Tensors

extension VisionTransformer {
  /// Runs the encoder on whole images, nothing masked, and shows every wanted layer as it comes.
  ///
  /// - Parameters:
  ///   - pixels: Normalised images, shape [n, 3, height, width], n at most `workspace.images`.
  ///   - workspace: Made for this architecture, and for a team at least as wide.
  ///   - layers: The layers to show; blocks after the last of them are not computed.
  ///   - team: Cores for each step of the pass. `.single` where images are already divided.
  ///   - visit: Gets the layer, the image's index in the batch, and its patch tokens, shape [L, D], row-major on the grid;
  ///     class, distillation and register tokens are left out.
  /// - Throws: What `visit` throws; the pass ends there.
  /// - Complexity: 35 GFLOP an image for ViT-B/16 at 224 pixels; memory is the workspace's alone.
  public func encode<Failure: Error>(
    _ pixels: Span<Float>, workspace: inout EncoderWorkspace, layers: Set<Layer>, team: Team = .single,
    visit: (Layer, Int, Span<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    let a = architecture
    let images = pixels.count / a.pixels
    precondition(pixels.count == images * a.pixels && images <= workspace.images && workspace.architecture == a)
    let embedding = PatchEmbedding(architecture: a, team: team)
    let block = BlockForward(encoderOf: a, images: images, team: team)
    let fusion = FusionForward(a, images: images, team: team)
    var remaining = layers.intersection(a.layers(subblocks: true))
    let fuses = remaining.contains(.fused) || remaining.contains(.fusedNorm)
    func show(_ layer: Layer, _ stream: Span<Float>) throws(Failure) {
      guard remaining.remove(layer) != nil else { return }
      for image in 0..<images {
        let start = (image * a.tokens + a.prefix.count) * a.width
        try visit(layer, image, stream.extracting(start..<start + a.patches * a.width))
      }
    }
    try withParameters { (parameters: borrowing ParameterView) throws(Failure) in
      embedding.embed(pixels, patches: &workspace.patches, into: &workspace.stream, parameters)
      try show(.embedding, workspace.stream.span)
      if a.variant.embeddingNorm { block.normalize(&workspace.stream, "embedding.norm", parameters) }
      if a.variant.relativePositions == .shared { relate("relative", parameters, &workspace.bias) }
      for i in 0..<a.depth where !remaining.isEmpty {
        if a.variant.relativePositions == .perBlock {
          relate("blocks.\(i).attention.relative", parameters, &workspace.bias)
        }
        block.attend(
          &workspace.stream, branch: &workspace.branch, wide: &workspace.wide, scores: &workspace.scores,
          bias: workspace.bias, "blocks.\(i)", parameters)
        try show(.attention(i), workspace.stream.span)
        block.transform(
          &workspace.stream, branch: &workspace.branch, wide: &workspace.wide, "blocks.\(i)", parameters)
        try show(.block(i), workspace.stream.span)
        if fuses { fusion?.add(after: i, parameters, in: &workspace) }
      }
      if remaining.contains(.norm) {
        block.normalize(workspace.stream, into: &workspace.branch, "norm", parameters)
        try show(.norm, workspace.branch.span)
      }
      if fuses { fusion?.finish(parameters, in: &workspace) }
      if remaining.contains(.fused) { try show(.fused, workspace.fused.span) }
      if remaining.contains(.fusedNorm) {
        block.normalize(workspace.fused, into: &workspace.branch, "norm", parameters)
        try show(.fusedNorm, workspace.branch.span)
      }
    }
  }
  /// Biases by relative position for attention, from the table of that name.
  private func relate(_ table: ParameterName, _ parameters: borrowing ParameterView, _ bias: inout Buffer) {
    var bias = bias.mutableSpan
    architecture.expandRelativePositions(parameters[table], into: &bias)
  }
}
