import Foundation
import Testing

@testable import VisionTransformers

@Suite("Checkpoints that are refused")
struct RefusalTests {
  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the message must say.
    let words: [String]
    let change: @Sendable (inout TinyFile) -> Void

    init(_ name: String, _ words: String..., change: @escaping @Sendable (inout TinyFile) -> Void) {
      testDescription = name
      self.words = words
      self.change = change
    }
  }

  static let original: [Lie] = [
    Lie("missing block", "blocks.1.norm1.weight is missing") { file in
      for name in file.shapes.keys where name.hasPrefix("blocks.1.") {
        file.shapes["blocks.3." + name.dropFirst(9)] = file.shapes.removeValue(forKey: name)
      }
    },
    Lie("no block", "blocks.0.norm1.weight is missing") { file in
      file.shapes = file.shapes.filter { !$0.key.hasPrefix("blocks.") }
    },
    Lie("block index of six digits", "blocks.2.norm1.weight is missing") {
      $0.shapes["blocks.999999.norm1.weight"] = [8]
    },
    Lie("block index beyond all", "blocks.99999999999999999999.norm1.weight") {
      $0.shapes["blocks.99999999999999999999.norm1.weight"] = [8]
    },
    Lie("block index #", "blocks.#.norm1.weight") { $0.shapes["blocks.#.norm1.weight"] = [8] },
    Lie("missing tensor", "blocks.1.mlp.fc2.weight is missing") { $0.shapes["blocks.1.mlp.fc2.weight"] = nil },
    Lie("missing position embedding", "pos_embed is missing") { $0.shapes["pos_embed"] = nil },
    Lie("missing norm bias", "norm.bias is missing") { $0.shapes["norm.bias"] = nil },
    Lie("a gate beside a plain perceptron", "blocks.0.mlp.fc1_g.weight", "both claim") {
      $0.shapes["blocks.0.mlp.fc1_g.weight"] = [12, 8]
    },
    Lie("a value beside a plain perceptron", "blocks.0.mlp.fc1_x.weight", "both claim") {
      $0.shapes["blocks.0.mlp.fc1_x.weight"] = [12, 8]
    },
    Lie("a bias of values beside one of all", "blocks.0.attn.v_bias", "both claim") {
      $0.shapes["blocks.0.attn.v_bias"] = [8]
    },
    Lie("biases of queries without values'", "blocks.0.attn.v_bias is missing") { file in
      for i in 0..<2 {
        file.shapes["blocks.\(i).attn.qkv.bias"] = nil
        file.shapes["blocks.\(i).attn.q_bias"] = [8]
      }
    },
    Lie("a bias of keys in one block", "blocks.1.attn.k_bias is missing") { file in
      for i in 0..<2 {
        file.shapes["blocks.\(i).attn.qkv.bias"] = nil
        for part in i == 0 ? "qkv" : "qv" { file.shapes["blocks.\(i).attn.\(part)_bias"] = [8] }
      }
    },
    Lie("normalised queries", "blocks.1.attn.q_norm.weight", "not supported") {
      $0.shapes["blocks.1.attn.q_norm.weight"] = [4]
    },
    Lie("rotary embedding of another kind", "rope.freqs", "rotary") { $0.shapes["rope.freqs"] = [2, 4] },
    Lie("cosines without sines", "rope.freqs_sin is missing") { $0.shapes["rope.freqs_cos"] = [9, 4] },
    Lie("sines without cosines", "rope.freqs_sin", "not supported") { $0.shapes["rope.freqs_sin"] = [9, 4] },
    Lie("a block that turns otherwise", "blocks.1.attn.rope.freqs_cos", "differs from the others'") { file in
      for name in ["rope.freqs_cos", "rope.freqs_sin", "blocks.1.attn.rope.freqs_cos"] { file.shapes[name] = [9, 4] }
    },
    Lie("relative bias of another grid", "rel_pos_bias.relative_position_bias_table has shape [25, 2]", "[28, 2]") {
      $0.shapes["rel_pos_bias.relative_position_bias_table"] = [25, 2]
    },
    Lie("relative bias of another kind", "rel_pos_bias.mlp.weight", "relative") {
      $0.shapes["rel_pos_bias.mlp.weight"] = [25, 2]
    },
    Lie("relative bias in one block", "blocks.1.attn.relative_position_bias_table is missing") {
      $0.shapes["blocks.0.attn.relative_position_bias_table"] = [28, 2]
    },
    Lie("relative bias of blocks and of all", "blocks.0.attn.relative_position_bias_table", "not supported") { file in
      for scope in ["rel_pos_bias", "blocks.0.attn", "blocks.1.attn"] {
        file.shapes["\(scope).relative_position_bias_table"] = [28, 2]
      }
    },
    Lie("relative bias beside registers", "rel_pos_bias.relative_position_bias_table", "one class token") { file in
      file.shapes["rel_pos_bias.relative_position_bias_table"] = [28, 2]
      file.shapes["reg_token"] = [1, 2, 8]
    },
    Lie("half a pre-norm", "norm_pre.bias is missing") { $0.shapes["norm_pre.weight"] = [8] },
    Lie("a pre-norm and no final norm", "norm_pre.weight", "Perception Encoder") { file in
      for kind in ["weight", "bias"] {
        file.shapes["norm_pre.\(kind)"] = [8]
        file.shapes["norm.\(kind)"] = nil
      }
    },
    Lie("normalised patches", "patch_embed.norm.weight", "not one convolution") {
      $0.shapes["patch_embed.norm.weight"] = [8]
    },
    Lie("two names for one", "blocks.00.norm1.weight", "both claim") { $0.shapes["blocks.00.norm1.weight"] = [8] },
    Lie("two register names", "reg_token", "register_tokens", "both claim") {
      $0.shapes["reg_token"] = [1, 2, 8]
      $0.shapes["register_tokens"] = [1, 2, 8]
    },
    Lie("NaN", "blocks.1.attn.proj.bias", "NaN or infinite") { file in
      file.values["blocks.1.attn.proj.bias"] = [0, 0, 0, .nan, 0, 0, 0, 0]
    },
    Lie("infinity", "patch_embed.proj.weight", "NaN or infinite") { file in
      file.values["patch_embed.proj.weight"] = [Float](repeating: -.infinity, count: 96)
    },
    Lie("wrong norm", "blocks.1.norm2.weight has shape [9]", "[8]") { $0.shapes["blocks.1.norm2.weight"] = [9] },
    Lie("transposed matrix", "blocks.1.mlp.fc1.weight has shape [8, 12]") {
      $0.shapes["blocks.1.mlp.fc1.weight"] = [8, 12]
    },
    Lie("queries only", "blocks.0.attn.qkv.weight has shape [8, 8]", "[24, 8]") {
      $0.shapes["blocks.0.attn.qkv.weight"] = [8, 8]
    },
    Lie("flat patch kernel", "patch_embed.proj.weight has shape [8, 12]", "4 axes") {
      $0.shapes["patch_embed.proj.weight"] = [8, 12]
    },
    Lie("one colour", "three colours") { $0.shapes["patch_embed.proj.weight"] = [8, 1, 2, 2] },
    Lie("oblong patches", "square patches") { $0.shapes["patch_embed.proj.weight"] = [8, 3, 2, 4] },
    Lie("other width", "pos_embed has shape [1, 10, 9]") { $0.shapes["pos_embed"] = [1, 10, 9] },
    Lie("several embeddings", "pos_embed has shape [2, 10, 8]") { $0.shapes["pos_embed"] = [2, 10, 8] },
    Lie("flat embedding", "pos_embed has shape [80]") { $0.shapes["pos_embed"] = [80] },
    Lie("scalar embedding", "pos_embed has shape []") { $0.shapes["pos_embed"] = [] },
    Lie("no grid", "pos_embed has 8 rows", "--image-size") { $0.shapes["pos_embed"] = [1, 8, 8] },
    Lie("flat registers", "reg_token has shape [8]") { $0.shapes["reg_token"] = [8] },
    Lie("square registers", "reg_token has shape [2, 2, 8]") { $0.shapes["reg_token"] = [2, 2, 8] },
    Lie("narrow registers", "reg_token has shape [1, 2, 4]") { $0.shapes["reg_token"] = [1, 2, 4] },
    Lie("scale in one block", "blocks.1.ls1.gamma", "not supported") { $0.shapes["blocks.1.ls1.gamma"] = [8] },
    Lie("one scale of two", "blocks.0.ls2.gamma is missing") { file in
      file.shapes["blocks.0.ls1.gamma"] = [8]
      file.shapes["blocks.1.ls1.gamma"] = [8]
    },
    Lie("more fused layers than blocks", "proj_weights has shape [3]", "1 to 2") { $0.shapes["proj_weights"] = [3] },
    Lie("missing projection", "proj_layers.0.bias is missing") { file in
      file.shapes["proj_weights"] = [2]
      file.shapes["proj_layers.0.weight"] = [8, 8]
    },
    Lie("projection too many", "proj_layers.1.", "not supported") { file in
      file.shapes["proj_weights"] = [2]
      for j in 0..<2 {
        file.shapes["proj_layers.\(j).weight"] = [8, 8]
        file.shapes["proj_layers.\(j).bias"] = [8]
      }
    },
    Lie("projection without weights", "proj_layers.0", "not supported") { file in
      file.shapes["proj_layers.0.weight"] = [8, 8]
      file.shapes["proj_layers.0.bias"] = [8]
    },
    Lie("projection of several layers", "proj_layers.0.1.weight", "no linear layer and no perceptron") { file in
      file.shapes["proj_weights"] = [2]
      file.shapes["proj_layers.0.1.weight"] = [8, 8]
    },
    Lie("fused layers in words", "0,-1", "--fuse") { file in
      file.shapes["proj_weights"] = [2]
      file.metadata["fused_layers"] = "0,last"
    },
    Lie("fused layers without the last", "fused layers", "--fuse") { file in
      file.shapes["proj_weights"] = [1]
      file.metadata["fused_layers"] = "0"
    },
    Lie("decoder of another width", "decoder_embed.weight has shape [4, 9]") {
      $0.shapes["decoder_embed.weight"] = [4, 9]
    },
    Lie("half a decoder", "decoder_pred.weight is missing") { $0.shapes["decoder_embed.weight"] = [4, 8] },
  ]

  @Test("Each is refused with file, tensor and reason", arguments: original)
  func refused(lie: Lie) throws {
    var file = TinyFile.original()
    lie.change(&file)
    let message = try #require(file.refusal())
    #expect(message.contains("model.safetensors: "), "\(message)")
    for word in lie.words { #expect(message.contains(word), "\(message)") }
  }

  @Test("Without lies the file is loaded")
  func good() {
    #expect(TinyFile.original().refusal() == nil)
    #expect(TinyFile.huggingFace().refusal() == nil)
  }

  @Test("A tensor without values is refused, however large its other extents", arguments: [0, 1 << 40, Int.max / 2])
  func empty(extent: Int) throws {
    let optional: [String: [Int]] = [
      "reg_token": [1, 2, 8], "proj_weights": [2], "blocks.0.ls1.gamma": [8], "decoder_embed.weight": [4, 8],
      "mask_token": [1, 1, 4],
    ]
    for name in Array(TinyFile.original().shapes.keys) + Array(optional.keys) {
      for zeroFirst in [true, false] {
        var file = TinyFile.original()
        let rank = (file.shapes[name] ?? optional[name] ?? []).count
        var shape = [Int](repeating: 1, count: rank)
        shape[zeroFirst ? 0 : rank - 1] = 0
        if rank > 1 { shape[rank == 2 && !zeroFirst ? 0 : 1] = extent }
        file.shapes[name] = shape
        let message = try #require(file.refusal(), "\(name) \(shape)")
        #expect(message.contains(name) && message.contains("no values"), "\(message)")
      }
    }
  }

  @Test("Queries, keys and values must be complete and alike")
  func parts() throws {
    let block = "vit.encoder.layer.0.attention.attention."
    for part in ["query", "key", "value"] {
      for kind in ["weight", "bias"] {
        var file = TinyFile.huggingFace()
        file.shapes["\(block)\(part).\(kind)"] = nil
        if (part, kind) == ("key", "bias") {
          // No block has one, as in BEiT: it would move all scores of a query alike, which a softmax does not see.
          #expect(file.refusal() == nil)
          continue
        }
        #expect(file.refusal()?.contains("\(block)\(part).\(kind) is missing") == true, "\(file.refusal() ?? "")")
      }
    }
    var file = TinyFile.huggingFace()
    // As many values, and the rows add up, but they are no square matrices.
    file.shapes["\(block)key.weight"] = [4, 16]
    #expect(file.refusal()?.contains("\(block)key.weight has shape [4, 16]") == true)
    file.shapes["\(block)key.weight"] = [Int.max / 2, 0]
    #expect(file.refusal()?.contains("\(block)key.weight has shape") == true)
    file = TinyFile.huggingFace()
    file.shapes["vit.encoder.layer.0.attention.q_proj.weight"] = [8, 8]
    #expect(file.refusal()?.contains("both claim") == true)
  }

  @Test("A hidden width whose matrix has other columns is refused")
  func hidden() {
    var file = TinyFile.original()
    file.shapes["blocks.0.mlp.fc1.weight"] = [96, 1]
    #expect(file.refusal()?.contains("blocks.0.mlp.fc1.weight has shape [96, 1]") == true)
  }

  @Test(
    "Heads that are unknown or do not divide the width are refused",
    arguments: [nil, 0, -2, 3, 16, Int.max, Int.min] as [Int?])
  func heads(heads: Int?) {
    let message = TinyFile.original().refusal(ModelOptions(heads: heads))
    #expect(message?.contains("give --heads") == true, "\(message ?? "")")
  }

  @Test("Names that are equal as text but not in bytes do not crash")
  func canonicalEquivalence() throws {
    var file = TinyFile.original()
    // A Swift dictionary cannot hold both: the second name is patched into the bytes, in place of one as long.
    file.shapes["x\u{e9}-"] = [1]
    file.shapes["xQQQ"] = [1]
    var bytes = try file.bytes()
    let range = try #require(bytes.range(of: Data("xQQQ".utf8)))
    bytes.replaceSubrange(range, with: Data("xe\u{301}".utf8))
    let other = try #require(bytes.range(of: Data("x\u{e9}-".utf8)))
    // Two bytes for é, one for the hyphen, which becomes part of nothing.
    bytes.replaceSubrange(other, with: Data("x\u{e9}".utf8))
    let length = bytes[0..<8].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) } - 1
    bytes.replaceSubrange(0..<8, with: withUnsafeBytes(of: UInt64(length).littleEndian) { Data($0) })
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "model.safetensors")
    try bytes.write(to: url)
    let description = try ModelDescription(.init(opening: url.path), options: ModelOptions(heads: 2))
    #expect(description.ignored.count == 2)
  }

  @Test(
    "Settings that make no sense are refused",
    arguments: [
      (#"{"model_type": "vit", "layer_norm_eps": -1}"#, "layer_norm_eps"),
      (#"{"model_type": "vit", "layer_norm_eps": 1e300}"#, "layer_norm_eps"),
      (#"{"model_type": "vit", "hidden_act": "relu"}"#, "hidden_act"),
      (#"{"model_type": "vit", "num_attention_heads": 3}"#, "give --heads"),
      (#"{"model_type": "vit", "num_attention_heads": 0}"#, "give --heads"),
      (
        #"{"architecture": "vit_small_patch16_rope_ape_224", "model_args": {"embed_dim": 8, "depth": 1, "patch_size": 2}, "pretrained_cfg": {}}"#,
        "rotary"
      ),
      (#"{"architecture": "vit", "model_args": {"act_layer": "silu"}}"#, "act_layer"),
    ])
  func settings(config: String, word: String) {
    var file = TinyFile.huggingFace()
    file.config = config
    let message = file.refusal(config.contains("heads") ? ModelOptions() : ModelOptions(heads: 2))
    #expect(message?.contains(word) == true, "\(message ?? "not refused")")
  }

  @Test(
    "An absurd image size in the configuration is passed over",
    arguments: ["[4611686018427387904, 4611686018427387904]", "-6", "[6]", "[]", "[6, 6, 6, 7]", "\"6\"", "0", "null"])
  func imageSize(size: String) throws {
    var file = TinyFile.huggingFace()
    file.config = #"{"model_type": "vit", "image_size": \#(size)}"#
    #expect(try file.describe().architecture.grid == [3, 3])
  }

  @Test(
    "Images that do not fit into memory are refused before anything is allocated",
    arguments: [1 << 20, 1 << 40, Int.max - 1])
  func memory(side: Int) throws {
    let folder = try TemporaryFolder()
    let description = try ModelDescription(TinyFile.original().open(in: folder), options: ModelOptions(heads: 2))
    let error = #expect(throws: ModelError.self) { try description.load(imageSize: [side, side]) }
    #expect(error?.description.contains("--image-size") == true)
  }

  @Test("A file of another kind of model names what was looked for")
  func unknown() {
    var file = TinyFile()
    file.shapes = ["conv1.weight": [64, 3, 7, 7]]
    let message = file.refusal()
    #expect(message?.contains("conv1.weight") == true && message?.contains("patch_embed.proj.weight") == true)
  }
}
