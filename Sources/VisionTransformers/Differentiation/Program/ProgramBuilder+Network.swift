internal import Tensors

/// What the encoder of a program offers to an objective.
struct EncodedImages {
  /// The encoder's tokens after fusion and final norm, shape [images · tokens, D].
  let tokens: Value
  /// Where the pixels of the visible patches go.
  let patches: Place
}

extension ProgramBuilder {
  /// A pre-norm transformer block.
  ///
  /// Dosovitskiy et al. 2021, eq. 2 and 3.
  mutating func block(_ x: Value, _ name: String, tokens: Int, heads: Int) -> Value {
    let sequences = x.rows / tokens
    let qkv = linear(normalize(x, "\(name).norm1"), "\(name).attention.qkv")
    let attended = attend(qkv, "\(name).attention", images: sequences, tokens: tokens, heads: heads)
    let middle = branch(attended, "\(name).attention.output", "\(name).scale1", adding: x)
    let hidden = gelu(linear(normalize(middle, "\(name).norm2"), "\(name).mlp.fc1"), "\(name).mlp.gelu")
    return branch(hidden, "\(name).mlp.fc2", "\(name).scale2", adding: middle)
  }

  /// The last linear layer of a branch, on its way into the residual stream.
  private mutating func branch(_ x: Value, _ linear: String, _ scale: String, adding residual: Value) -> Value {
    guard holds(scale) else { return self.linear(x, linear, adding: residual) }
    return self.scale(self.linear(x, linear), scale, adding: residual)
  }

  /// Embedding, blocks, fusion, final norm.
  mutating func encode() -> EncodedImages {
    let a = architecture
    let (embedding, patches) = embed()
    var (stream, fused): (Value, [Value]) = (embedding, [])
    for i in 0..<a.depth {
      stream = block(stream, "blocks.\(i)", tokens: encoderTokens, heads: a.heads)
      if let position = a.fusion?.layers?.firstIndex(of: i) { fused.append(fusionEntry(stream, position)) }
    }
    if let fusion = a.fusion, !fused.isEmpty { stream = fuse(fused, fusion) }
    return EncodedImages(tokens: a.finalNorm ? normalize(stream, "norm") : stream, patches: patches)
  }

  /// Pᵢ(xᵢ) for the fused layer at a position; the last one is not projected.
  private mutating func fusionEntry(_ x: Value, _ position: Int) -> Value {
    guard let fusion = architecture.fusion, position < fusion.count - 1 else { return x }
    let input = fusion.detach ? x.detached : x
    let name = "fusion.projections.\(position)"
    switch fusion.projection {
    case .none: return input
    case .linear: return linear(input, name)
    case .mlp: return linear(gelu(linear(input, "\(name).fc1"), "\(name).gelu"), "\(name).fc2")
    }
  }

  private mutating func fuse(_ entries: [Value], _ fusion: Architecture.Fusion) -> Value {
    switch fusion.combination {
    case .average: average(entries)
    case .attention: attendOverLayers(entries)
    }
  }

  /// The whole network of an objective, and where the pixels of visible patches go.
  static func program(for objective: Objective, builder: consuming ProgramBuilder) -> (program: Program, patches: Place)
  {
    var builder = builder
    let encoded = builder.encode()
    var predictions = encoded.tokens
    if objective.usesDecoder, let decoder = builder.architecture.decoder, let heads = decoder.heads {
      predictions = builder.decode(predictions, decoder, heads: heads)
    }
    let loss = objective.appendLoss(&builder, predictions)
    return (builder.finish(loss), encoded.patches)
  }

  /// The MAE decoder: predictions for every token, shape [images · all tokens, outputs].
  mutating func decode(_ encoded: Value, _ decoder: Architecture.Decoder, heads: Int) -> Value {
    var stream = insertMaskTokens(linear(encoded, "decoder.embed"))
    for i in 0..<decoder.depth {
      stream = block(stream, "decoder.blocks.\(i)", tokens: architecture.tokens, heads: heads)
    }
    return linear(normalize(stream, "decoder.norm"), "decoder.output")
  }
}
