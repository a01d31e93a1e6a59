extension Architecture {
  /// The network that MAE trains: a class token, square images, norms with ε = 1e-6, hidden layers four times as wide.
  ///
  /// - Parameters:
  ///   - imageSize: Side of the images in pixels, a multiple of the patch's.
  ///   - patchSize: Side of a patch in pixels.
  ///   - width: D, a multiple of `heads`.
  ///   - depth: Number of blocks.
  ///   - heads: Attention heads.
  ///   - fusion: Multi-level feature fusion; nil without.
  ///   - decoder: The decoder; nil without.
  public init(
    imageSize: Int, patchSize: Int, width: Int, depth: Int, heads: Int, fusion: Fusion? = nil, decoder: Decoder? = nil
  ) {
    precondition(patchSize > 0 && imageSize.isMultiple(of: patchSize) && heads > 0 && width.isMultiple(of: heads))
    let side = imageSize / patchSize
    self.init(
      imageSize: [imageSize, imageSize], patchSize: patchSize, grid: [side, side], width: width, depth: depth,
      heads: heads, hiddenWidth: 4 * width, layerNormEpsilon: 1e-6, prefix: [.class], positions: .classAndPatches,
      positionResizing: .bicubic, layerScale: false, finalNorm: true, fusion: fusion, decoder: decoder)
  }
}

extension Architecture.Fusion {
  /// The fusion of these blocks.
  ///
  /// - Parameters:
  ///   - layers: Indices of the fused blocks, ascending, the last block last.
  ///   - projection: What each of them but the last passes through.
  ///   - combination: How they become one.
  ///   - detach: Whether gradients are kept from flowing through the fusion into the shallow layers.
  public init(
    layers: [Int], projection: Projection, combination: Combination = .average, detach: Bool = false
  ) {
    self.init(layers: layers, count: layers.count, projection: projection, combination: combination, detach: detach)
  }
}

extension Architecture.Decoder {
  /// A decoder of MAE, hidden layers four times as wide.
  ///
  /// - Parameters:
  ///   - width: Width of its residual stream.
  ///   - depth: Number of blocks.
  ///   - heads: Attention heads.
  ///   - outputs: Values predicted for each patch: 3 P² for pixels.
  public init(width: Int, depth: Int, heads: Int, outputs: Int) {
    precondition(heads > 0 && width.isMultiple(of: heads))
    self.init(width: width, depth: depth, heads: heads, hiddenWidth: 4 * width, outputs: outputs)
  }
}
