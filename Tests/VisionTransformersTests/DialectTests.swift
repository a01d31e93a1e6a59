import Testing

@testable import VisionTransformers

@Suite("Dialects")
struct DialectTests {
  @Test(
    "A name's first number is its index",
    arguments: [
      ("blocks.3.mlp.fc1.bias", "blocks.#.mlp.fc1.bias", 3), ("blocks.10.gamma_1", "blocks.#.gamma_1", 10),
      ("encoder.layers.encoder_layer_7.mlp.linear_1.bias", "encoder.layers.encoder_layer_#.mlp.linear_1.bias", 7),
      ("layers.0.ffn.layers.0.0.weight", "layers.#.ffn.layers.0.0.weight", 0), ("cls_token", "cls_token", nil),
      ("blocks.999999.x", "blocks.#.x", 999_999), ("blocks.1000000.x", "blocks.1000000.x", nil), ("", "", nil),
      ("mlp.fc1", "mlp.fc1", nil), ("a..5", "a..#", 5), ("blocks.-1.x", "blocks.-1.x", nil),
      ("blocks.٣.x", "blocks.٣.x", nil),
    ] as [(String, String, Int?)])
  func patterns(name: String, pattern: String, index: Int?) {
    let found = NamePattern(name)
    #expect(found.pattern == pattern && found.index == index)
    if index != nil { #expect(NamePattern.name(pattern, index) == name) }
  }

  /// Our own parameters as patterns, for a network that has everything.
  private func ownParameters() -> Set<String> {
    let fusions: [Architecture.Fusion] = [
      .init(layers: [0, 1], projection: .linear), .init(layers: [0, 1], projection: .mlp, combination: .attention),
    ]
    return fusions.reduce(into: variantParameters()) { $0.formUnion(ownParameters($1)) }
  }

  /// What networks have that are not plain.
  private func variantParameters() -> Set<String> {
    var variant = Architecture.Variant()
    variant.perceptronNorm = true
    variant.attentionNorm = true
    variant.embeddingNorm = true
    variant.rotaryPositions = true
    return [Architecture.RelativePositions.shared, .perBlock].reduce(into: []) { parameters, kind in
      variant.relativePositions = kind
      var architecture = Architecture(imageSize: 4, patchSize: 2, width: 8, depth: 2, heads: 2)
      architecture.variant = variant
      parameters.formUnion(ParameterLayout(encoderOf: architecture).parameters.map { NamePattern($0.name).pattern })
    }
  }

  private func ownParameters(_ fusion: Architecture.Fusion) -> Set<String> {
    let architecture = Architecture(
      imageSize: [4, 4], patchSize: 2, grid: [2, 2], width: 8, depth: 2, heads: 2, hiddenWidth: 16,
      layerNormEpsilon: 1e-6,
      prefix: [.class, .distillation, .register], positions: .classAndPatches, positionResizing: .bicubic,
      layerScale: true, finalNorm: true, fusion: fusion, decoder: nil)
    return Set(ParameterLayout(encoderOf: architecture).parameters.map { NamePattern($0.name).pattern })
  }

  /// The decoder's parameters; its blocks are blocks as a plain encoder's.
  private func decoderParameters() -> Set<String> {
    let plain = ownParameters(.init(layers: [0, 1], projection: .linear))
    let blocks = plain.filter { $0.hasPrefix("blocks.#.") }.map { "decoder." + $0 }
    let others = ["embed", "norm", "output"].flatMap { ["decoder.\($0).weight", "decoder.\($0).bias"] }
    return Set(blocks + others + ["decoder.mask", "decoder.position"])
  }

  private func parameters(_ table: [String: Dialect.Destination]) -> Set<String> {
    Set(
      table.values.compactMap { destination in
        switch destination {
        case .whole(let name), .part(let name, _, _), .copy(let name): name
        case .derived: nil
        }
      })
  }

  @Test("Every foreign name leads to a parameter that exists", arguments: Dialect.all.indices)
  func destinations(index: Int) {
    let dialect = Dialect.all[index]
    #expect(parameters(dialect.encoder).subtracting(ownParameters()).isEmpty)
    // BEiT for masked images keeps the encoder's final norm there.
    let beside = decoderParameters().union(["norm.weight", "norm.bias"])
    #expect(parameters(dialect.decoder).subtracting(beside).isEmpty)
    let head = ["head.weight", "head.bias"]
    #expect(parameters(dialect.head).subtracting(head + ["head.norm.weight", "head.norm.bias"]).isEmpty)
    #expect(dialect.head.isEmpty || parameters(dialect.head).isSuperset(of: head))
    guard case .whole(let anchor) = dialect.encoder[NamePattern(dialect.anchor).pattern] else {
      Issue.record("\(dialect.anchor) is no parameter")
      return
    }
    #expect(["patch.weight", "embedding.norm.weight"].contains(anchor))
  }

  @Test("Every parameter is reached by some dialect, and a plain network by each")
  func reachable() {
    let reached = Dialect.all.reduce(into: Set<String>()) { $0.formUnion(parameters($1.encoder)) }
    #expect(reached == ownParameters())
    var optional: Set<String> = ["distillation", "registers", "blocks.#.scale1", "blocks.#.scale2"]
    optional.formUnion(reached.filter { $0.hasPrefix("fusion.") })
    optional.formUnion(variantParameters().subtracting(ownParameters(.init(layers: [0, 1], projection: .linear))))
    for dialect in Dialect.all {
      #expect(ownParameters().subtracting(parameters(dialect.encoder)).isSubset(of: optional), "\(dialect.title)")
      if !dialect.decoder.isEmpty {
        let left = decoderParameters().subtracting(parameters(dialect.decoder))
        #expect(left.isSubset(of: ["decoder.blocks.#.scale1", "decoder.blocks.#.scale2"]), "\(dialect.title): \(left)")
      }
    }
  }

  @Test(
    "Parts of a parameter are complete and in the order queries, keys, values, or gate, value",
    arguments: Dialect.all.indices)
  func parts(index: Int) {
    var found: [String: [Int]] = [:]
    for table in [Dialect.all[index].encoder, Dialect.all[index].decoder] {
      for (name, destination) in table {
        guard case .part(let parameter, let part, let count) = destination else { continue }
        if count == 2 {
          #expect(parameter.contains("mlp.fc1"))
          #expect((part == 0) == (name.contains("fc1_g") || name.contains("w1.")), "\(name)")
          continue
        }
        #expect(count == 3)
        // Behind a dot, or in names of Flax a slash; those also end in /kernel.
        let isQuery = name.contains(".q") || name.contains("/q")
        let isKey = name.contains(".k") || name.contains("/key")
        let letter = isQuery ? 0 : isKey ? 1 : 2
        #expect(part == letter, "\(name)")
        found[parameter, default: []].append(part)
      }
    }
    for parts in found.values { #expect(Set(parts) == [0, 1, 2]) }
  }

  @Test("Refused and ignored beginnings hide no name of the tables", arguments: Dialect.all.indices)
  func beginnings(index: Int) {
    let dialect = Dialect.all[index]
    for beginning in dialect.ignored.keys {
      #expect(!dialect.encoder.keys.contains { $0.hasPrefix(beginning) }, "\(beginning)")
      #expect(!dialect.decoder.keys.contains { $0.hasPrefix(beginning) }, "\(beginning)")
    }
  }
}
