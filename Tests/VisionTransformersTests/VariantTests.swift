import Foundation
import Testing

@testable import VisionTransformers

@Suite("Networks that are not the plain one")
struct VariantTests {
  private let images = TinyFile.values(2 * 108, name: "images")

  /// The largest difference of any token of any layer that both networks show.
  private func difference(_ a: TinyFile, _ b: TinyFile, _ options: ModelOptions = ModelOptions(heads: 2)) throws
    -> Float
  {
    let (x, y) = (try tokens(of: a.load(options), images), try tokens(of: b.load(options), images))
    let layers = Set(x.keys).intersection(y.keys)
    #expect(layers.count >= 5)
    return layers.map { largestDifference(x[$0], y[$0]) }.max() ?? .infinity
  }

  /// A plain network, changed.
  private func file(_ change: (inout TinyFile) -> Void) -> TinyFile {
    var file = TinyFile.original()
    change(&file)
    return file
  }

  private static let tables = (0..<2).map { "blocks.\($0).attn.relative_position_bias_table" }

  /// Values of one table for each offset of a 3 × 3 grid, and three for the class token.
  private func related(_ names: [String], _ values: [Float]? = nil) -> TinyFile {
    file { file in
      for name in names {
        file.shapes[name] = [28, 2]
        file.values[name] = values
      }
    }
  }

  /// A product whose roundings fall otherwise: 60 ε of values of a few units.
  private let rounding: Float = 2e-5

  // MARK: Relative positions

  @Test("A table of zeros is no table, and so is one of equal values, which a softmax does not see")
  func zeroTable() throws {
    let plain = TinyFile.original()
    for value: Float in [0, 3] {
      let table = [Float](repeating: value, count: 56)
      #expect(try difference(plain, related(Self.tables, table)) < rounding)
      #expect(try difference(plain, related(["rel_pos_bias.relative_position_bias_table"], table)) < rounding)
    }
    #expect(try difference(plain, related(Self.tables)) > 1e-3)
  }

  @Test("One table for all blocks is the same table in every block")
  func sharedTable() throws {
    let values = TinyFile.values(56, name: "table")
    let shared = related(["rel_pos_bias.relative_position_bias_table"], values)
    #expect(try difference(related(Self.tables, values), shared) == 0)
  }

  @Test("Every pair of patches gets its offset's bias, and the class token its three rows")
  func offsets() throws {
    var a = Architecture(imageSize: 6, patchSize: 2, width: 8, depth: 1, heads: 2)
    a.imageSize = [4, 6]
    a.grid = [2, 3]
    // 3 · 5 offsets and three rows more; the entry says its row and head.
    let table = (0..<18).flatMap { row in [Float(row), Float(row) + 0.5] }
    var bias = [Float](repeating: -1, count: 2 * 7 * 7)
    var span = bias.mutableSpan
    a.expandRelativePositions(table.span, into: &span)
    for head in 0..<2 {
      for p in 0..<7 {
        for q in 0..<7 {
          let row: Int
          switch (p, q) {
          case (0, 0): row = 17
          case (0, _): row = 15
          case (_, 0): row = 16
          default:
            let (down, across) = ((p - 1) / 3 - (q - 1) / 3, (p - 1) % 3 - (q - 1) % 3)
            row = (down + 1) * 5 + across + 2
          }
          #expect(bias[(head * 7 + p) * 7 + q] == Float(row) + Float(head) * 0.5, "\(p) \(q)")
        }
      }
    }
  }

  @Test("Without a position embedding the table tells the grid, and heads are its columns")
  func tableAlone() throws {
    var file = related(Self.tables)
    file.shapes["pos_embed"] = nil
    let description = try file.describe(ModelOptions())
    let a = description.architecture
    #expect(a.grid == [3, 3] && a.positions == .absent && a.heads == 2 && a.positionCount == 0)
    #expect(!ParameterLayout(encoderOf: a).contains("position"))
    let embedding = try #require(try tokens(of: file.load(ModelOptions()), images)[.embedding])
    var zero = TinyFile.original()
    zero.values["pos_embed"] = [Float](repeating: 0, count: 80)
    #expect(try largestDifference(embedding, tokens(of: zero.load(), images)[.embedding]) == 0)
  }

  @Test("Images of another size are refused by the table's name")
  func tableAtAnotherSize() throws {
    let error = #expect(throws: ModelError.self) { try related(Self.tables).load(imageSize: [8, 8]) }
    #expect(error?.description.contains(Self.tables[0]) == true && error?.description.contains("6 × 6") == true)
  }

  // MARK: Rotary positions

  private func turned(_ cosines: [Float]?, _ sines: [Float]?) -> TinyFile {
    file { file in
      file.shapes["rope.freqs_cos"] = [9, 4]
      file.shapes["rope.freqs_sin"] = [9, 4]
      file.values["rope.freqs_cos"] = cosines
      file.values["rope.freqs_sin"] = sines
    }
  }

  @Test("Angles of zero turn nothing, and others do")
  func zeroAngles() throws {
    let (ones, zeros) = ([Float](repeating: 1, count: 36), [Float](repeating: 0, count: 36))
    #expect(try difference(TinyFile.original(), turned(ones, zeros)) == 0)
    let table = RotaryTable(grid: [3, 3], headWidth: 4)
    #expect(try difference(TinyFile.original(), turned(table.values(cos), table.values(sin))) > 1e-3)
  }

  @Test("A head's first half turns with rows and its second with columns, on the scale of a grid of 16")
  func angles() {
    let table = RotaryTable(grid: [2, 4], headWidth: 8).values { $0 }
    // Frequencies 1 and 10000^(−1/2) = 0.01, each for two neighbours; row 1 of 2 stands at 8, column 3 of 4 at 12.
    #expect(Array(table[7 * 8..<8 * 8]) == [8, 8, 0.08, 0.08, 12, 12, 0.12, 0.12])
    #expect(table[0..<8].allSatisfy { $0 == 0 })
    let unit = zip(
      RotaryTable(grid: [3, 5], headWidth: 12).values(cos), RotaryTable(grid: [3, 5], headWidth: 12).values(sin))
    // Cosine and sine are rounded once each.
    #expect(unit.allSatisfy { abs($0 * $0 + $1 * $1 - 1) < 3e-7 })
  }

  /// EVA-02 as timm writes it: gate and value apart, keys without bias, no angles in the file.
  private func eva() -> TinyFile {
    file { file in
      for i in 0..<2 {
        let block = "blocks.\(i)"
        for kind in ["weight", "bias"] {
          file.shapes["\(block).mlp.fc1_g.\(kind)"] = file.shapes["\(block).mlp.fc1.\(kind)"]
          file.shapes["\(block).mlp.fc1_x.\(kind)"] = file.shapes["\(block).mlp.fc1.\(kind)"]
          file.shapes["\(block).mlp.fc1.\(kind)"] = nil
          file.shapes["\(block).mlp.norm.\(kind)"] = [12]
          file.shapes["\(block).attn.norm.\(kind)"] = [8]
        }
        file.shapes["\(block).attn.qkv.bias"] = nil
        file.shapes["\(block).attn.q_bias"] = [8]
        file.shapes["\(block).attn.v_bias"] = [8]
      }
    }
  }

  @Test("Angles that a file leaves out are EVA-02's, and stored ones the same at every size")
  func leftOut() throws {
    let table = RotaryTable(grid: [3, 3], headWidth: 4)
    var stored = eva()
    for scope in ["rope", "blocks.0.attn.rope", "blocks.1.attn.rope"] {
      stored.shapes["\(scope).freqs_cos"] = [9, 4]
      stored.shapes["\(scope).freqs_sin"] = [9, 4]
      stored.values["\(scope).freqs_cos"] = table.values(cos)
      stored.values["\(scope).freqs_sin"] = table.values(sin)
    }
    #expect(try difference(eva(), stored) == 0)
    let (a, b) = (try eva().load(imageSize: [8, 8]), try stored.load(imageSize: [8, 8]))
    #expect(a.values(of: "rotary.cos") == b.values(of: "rotary.cos") && a.values(of: "rotary.cos").count == 64)
    let other = turned([Float](repeating: 0.5, count: 36), [Float](repeating: 0.5, count: 36))
    let error = #expect(throws: ModelError.self) { try other.load(imageSize: [8, 8]) }
    #expect(error?.description.contains("rope.freqs_cos") == true)
  }

  @Test("Heads that do not divide into pairs for rows and columns are refused", arguments: [4, 8])
  func narrowHeads(heads: Int) {
    #expect(eva().refusal(ModelOptions(heads: heads))?.contains("rotary positions") == true)
  }

  @Test(
    "The grid of rotary positions is the configuration's; without one it is each image's own, except in timm's EVA-02",
    arguments: [
      (#""model_args": {"use_rot_pos_emb": true}, "architecture": "eva_giant_patch14_224""#, nil),
      (#""model_args": {"use_rot_pos_emb": true}, "architecture": "a_network_of_mine""#, nil),
      (#""model_args": {"ref_feat_shape": null}, "architecture": "eva02_base_patch14_224""#, [16, 16]),
      (#""model_args": {"ref_feat_shape": 7}, "architecture": "eva02_base_patch14_224""#, [7, 7]),
      (#""model_args": {"ref_feat_shape": [7, 5]}, "architecture": "eva02_base_patch14_224""#, [7, 5]),
      (#""model_args": {}, "architecture": "eva02_base_patch14_224""#, [16, 16]),
    ] as [(String, [Int]?)])
  func statedGrid(config: String, reference: [Int]?) throws {
    var stated = eva()
    let sizes = #""embed_dim": 8, "depth": 2, "patch_size": 2, "num_heads": 2"#
    let sized = config.replacingOccurrences(of: "args\": {", with: "args\": {\(sizes), ")
      .replacingOccurrences(of: ", }", with: "}")
    stated.config = "{\(sized), \"pretrained_cfg\": {}}"
    let description = try stated.describe()
    #expect(description.architecture.variant.rotaryGrid == reference)
    #expect(!description.assumptions([.encoder]).contains { $0.what.hasPrefix("rotary") })
    // Without a reference the angle of a patch is its row or column times the frequency.
    let table = RotaryTable(grid: [3, 3], headWidth: 4, reference: reference ?? [3, 3])
    #expect(try stated.load().values(of: "rotary.cos") == table.values(of: "rotary.cos"))
  }

  @Test("A grid of rotary positions that is none is refused by its key")
  func wrongGrid() {
    var stated = eva()
    stated.config = #"""
      {"model_args": {"embed_dim": 8, "depth": 2, "patch_size": 2, "ref_feat_shape": [7]},
      "architecture": "eva02_base_patch14_224", "pretrained_cfg": {}}
      """#
    #expect(stated.refusal()?.contains("model_args.ref_feat_shape") == true)
    #expect(stated.refusal()?.contains("--rotary-grid") == true)
  }

  @Test("An encoder before a detector's decoder is refused, since windows do not show; a configuration tells")
  func detector() {
    var detector = TinyFile.original(prefix: "backbone.0.encoder.")
    detector.shapes["transformer.decoder.layers.0.cross_attn.sampling_offsets.weight"] = [16, 8]
    #expect(detector.refusal()?.contains("cross_attn.sampling_offsets.weight is a part of a detector") == true)
    detector.config = #"{"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}"#
    #expect(detector.refusal() == nil)
  }

  @Test("EVA-02 is understood by its tensors")
  func understood() throws {
    let description = try eva().describe()
    let variant = description.architecture.variant
    #expect(variant.perceptron == .swiGLU && variant.rotaryPositions && variant.attentionNorm && variant.perceptronNorm)
    #expect(description.architecture.hiddenWidth == 12 && description.ignored.isEmpty)
    #expect(description.pixelNormalization.mean == PixelNormalization.clip.mean)
    let model = try eva().load()
    #expect(model.values(of: "blocks.0.attention.qkv.bias")[8..<16].allSatisfy { $0 == 0 })
  }

  // MARK: Perceptrons and norms

  @Test("A gate whose value is zero leaves the last layer's bias alone")
  func shutGate() throws {
    let zeros = [Float](repeating: 0, count: 96)
    let shut = file { file in
      for i in 0..<2 {
        for kind in ["weight", "bias"] {
          file.shapes["blocks.\(i).mlp.fc1.\(kind)"] = nil
          file.shapes["blocks.\(i).mlp.w3.\(kind)"] = file.shapes["blocks.\(i).mlp.fc2.\(kind)"]
          file.values["blocks.\(i).mlp.w3.\(kind)"] = TinyFile.values(
            kind == "weight" ? 96 : 8, name: "blocks.\(i).mlp.fc2.\(kind)")
          file.shapes["blocks.\(i).mlp.fc2.\(kind)"] = nil
        }
        file.shapes["blocks.\(i).mlp.w1.weight"] = [12, 8]
        file.shapes["blocks.\(i).mlp.w1.bias"] = [12]
        file.shapes["blocks.\(i).mlp.w2.weight"] = [12, 8]
        file.shapes["blocks.\(i).mlp.w2.bias"] = [12]
        file.values["blocks.\(i).mlp.w2.weight"] = zeros
        file.values["blocks.\(i).mlp.w2.bias"] = Array(zeros[..<12])
      }
    }
    let idle = file { file in
      for i in 0..<2 {
        file.values["blocks.\(i).mlp.fc1.weight"] = zeros
        file.values["blocks.\(i).mlp.fc1.bias"] = Array(zeros[..<12])
      }
    }
    #expect(try difference(shut, idle) == 0)
  }

  @Test("The activation is what option, configuration and metadata say, in this order")
  func activation() throws {
    var file = TinyFile.original()
    file.metadata["perceptron"] = "gelu-tanh"
    #expect(try file.describe().architecture.variant.perceptron == .tanhGELU)
    file.config =
      #"{"architecture": "vit_base_patch16_clip_quickgelu_224", "model_args": {"embed_dim": 8, "depth": 2, "patch_size": 2}, "pretrained_cfg": {}}"#
    #expect(try file.describe().architecture.variant.perceptron == .quickGELU)
    file.config = #"{"architecture": "vit", "model_args": {"act_layer": "quick_gelu"}}"#
    #expect(try file.describe().architecture.variant.perceptron == .quickGELU)
    let described = try file.describe(ModelOptions(heads: 2, activation: .gelu))
    #expect(described.architecture.variant.perceptron == .gelu)
    #expect(described.sources["perceptron"]?.description == "option --activation")
    // They are three functions: 0.02 and 5e-4 apart at most, before a layer of weights below ½.
    let models = try [Architecture.Perceptron.gelu, .quickGELU, .tanhGELU].map {
      try tokens(of: TinyFile.original().load(ModelOptions(heads: 2, activation: $0)), images)[.norm]
    }
    #expect(largestDifference(models[0], models[1]) > 1e-4 && largestDifference(models[0], models[1]) < 0.3)
    #expect(largestDifference(models[0], models[2]) > 1e-6 && largestDifference(models[0], models[2]) < 0.01)
  }

  @Test("SigLIP without a configuration: gelu, and its approximation for the sizes whose code says so")
  func siglip() throws {
    var file = TinyFile.original()
    file.shapes["cls_token"] = nil
    file.shapes["pos_embed"] = [1, 9, 8]
    file.shapes["attn_pool.latent"] = [1, 1, 8]
    let description = try file.describe()
    #expect(description.architecture.variant == Architecture.Variant() && description.architecture.prefix.isEmpty)
    #expect(description.pixelNormalization.mean == [0.5, 0.5, 0.5])
    #expect(description.assumptions([.encoder]).map(\.what).contains("activation"))
  }

  @Test("SigLIP's names without a head may be PaddleOCR-VL's, which rotates: assumed, unless a configuration tells")
  func headlessTower() throws {
    let tower = "vision_model."
    var file = TinyFile()
    file.shapes = [
      "embeddings.patch_embedding.weight": [8, 3, 2, 2], "embeddings.patch_embedding.bias": [8],
      "embeddings.position_embedding.weight": [9, 8], "post_layernorm.weight": [8], "post_layernorm.bias": [8],
    ]
    for i in 0..<2 {
      for (name, shape) in [
        "layer_norm1": [8], "layer_norm2": [8], "self_attn.q_proj": [8, 8], "self_attn.k_proj": [8, 8],
        "self_attn.v_proj": [8, 8], "self_attn.out_proj": [8, 8], "mlp.fc1": [12, 8], "mlp.fc2": [8, 12],
      ] {
        file.shapes["encoder.layers.\(i).\(name).weight"] = shape
        file.shapes["encoder.layers.\(i).\(name).bias"] = [shape[0]]
      }
    }
    file.shapes = Dictionary(uniqueKeysWithValues: file.shapes.map { (tower + $0, $1) })
    let assumed = try file.describe().assumptions([.encoder])
    #expect(assumed.map(\.what) == ["rotary positions"] && assumed.map(\.option) == ["--config"])
    var pooled = file
    pooled.shapes[tower + "head.probe"] = [1, 1, 8]
    #expect(try pooled.describe().assumptions([.encoder]).isEmpty)
    file.config = #"{"model_type": "siglip_vision_model", "hidden_size": 8, "num_hidden_layers": 2}"#
    #expect(try file.describe().assumptions([.encoder]).isEmpty)
    file.config = #"{"model_type": "paddleocr_vl_vision", "hidden_size": 8, "num_hidden_layers": 2}"#
    #expect(file.refusal()?.contains("paddleocr_vl_vision") == true)
  }

  @Test("A norm in front of the blocks comes after the layer embedding")
  func embeddingNorm() throws {
    let normed = file { file in
      for kind in ["weight", "bias"] { file.shapes["norm_pre.\(kind)"] = [8] }
    }
    let (a, b) = (try tokens(of: TinyFile.original().load(), images), try tokens(of: normed.load(), images))
    #expect(a[.embedding] == b[.embedding] && a[.block(0)] != b[.block(0)])
    #expect(try normed.describe().architecture.layerNormEpsilon == 1e-5)
  }

  @Test("Branches whose outputs are normalised to zero add nothing")
  func outputNorm() throws {
    var file = TinyFile.original()
    file.config =
      #"{"architecture": "eva02_enormous_patch14_clip_224", "model_args": {"embed_dim": 8, "depth": 2, "patch_size": 2}, "pretrained_cfg": {}}"#
    #expect(try file.describe().architecture.variant.norms == .output)
    for i in 0..<2 {
      for j in 1...2 {
        for kind in ["weight", "bias"] { file.values["blocks.\(i).norm\(j).\(kind)"] = [Float](repeating: 0, count: 8) }
      }
    }
    let found = try tokens(of: file.load(), images)
    #expect(found[.block(1)] == found[.embedding] && found[.attention(0)] == found[.embedding])
  }

  // MARK: What is not known of them

  @Test("Losses are refused by the tensor whose derivatives are not known")
  func derivatives() throws {
    let cases: [(TinyFile, ModelOptions, String)] = [
      (related(Self.tables), ModelOptions(heads: 2), Self.tables[0]),
      (eva(), ModelOptions(heads: 2), "blocks.0.mlp.fc1_g.weight"),
      (
        file { file in for kind in ["weight", "bias"] { file.shapes["norm_pre.\(kind)"] = [8] } },
        ModelOptions(heads: 2),
        "norm_pre.weight"
      ),
      (TinyFile.original(), ModelOptions(heads: 2, activation: .quickGELU), "blocks.0.mlp.fc1.weight"),
      (
        turned([Float](repeating: 1, count: 36), [Float](repeating: 0, count: 36)), ModelOptions(heads: 2),
        "attn.qkv.weight"
      ),
      (
        file { file in
          for i in 0..<2 {
            file.shapes["blocks.\(i).attn.qkv.bias"] = nil
            for part in "qv" { file.shapes["blocks.\(i).attn.\(part)_bias"] = [8] }
          }
        }, ModelOptions(heads: 2), "blocks.0.attn.q_bias"
      ),
    ]
    for (file, options, tensor) in cases {
      var file = file
      file.addDecoder()
      file.shapes["mask_token"] = [1, 1, 8]
      var options = options
      options.decoderHeads = 2
      let folder = try TemporaryFolder()
      let description = try ModelDescription(file.open(in: folder), options: options)
      let error = #expect(throws: ModelError.self) { try description.loadForLoss(.pixels(normalized: true)) }
      #expect(error?.description.contains(tensor) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains("derivatives") == true)
    }
  }

  @Test("A result from before there were variants is one of a plain network")
  func decoding() throws {
    let plain = Architecture(imageSize: 6, patchSize: 2, width: 8, depth: 1, heads: 2)
    let data = try JSONEncoder().encode(plain)
    var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object.removeValue(forKey: "variant") != nil)
    let older = try JSONSerialization.data(withJSONObject: object)
    #expect(try JSONDecoder().decode(Architecture.self, from: older) == plain)
  }
}
