import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("Configurations held against the tensors")
struct ConfigurationTests {
  @Test("Another model's configuration is left aside, and said")
  func otherModel() throws {
    for config in [
      #"{"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "patch_size": 16}"#,
      #"{"model_type": "bert", "hidden_size": 8, "num_attention_heads": 4, "layer_norm_eps": 1e-3}"#,
      #"{"architecture": "vit_base_patch16_224", "pretrained_cfg": {}}"#,
    ] {
      var file = TinyFile.original()
      file.config = config
      let description = try file.describe(ModelOptions(heads: 2))
      #expect(description.architecture.layerNormEpsilon == 1e-6)
      #expect(
        description.warnings.count == 1 && description.warnings[0].contains("config.json is left aside"), "\(config)")
    }
  }

  @Test("A file that lost its last blocks is noticed")
  func fewerBlocks() {
    var file = TinyFile.huggingFace()
    file.config =
      #"{"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 5, "num_attention_heads": 2, "patch_size": 2}"#
    let refusal = file.refusal(ModelOptions())
    #expect(
      refusal?.contains("number of blocks in config.json is 5") == true && refusal?.contains("give --config") == true)
  }

  @Test(
    "timm's names decide what tensors do not show",
    arguments: [
      ("vit_base_patch16_rpn_224", Architecture.NormPlacement.output, 1e-6),
      ("vit_base_patch16_224.augreg_in21k", .input, 1e-6), ("vit_base_patch16_224_in21k", .input, 1e-6),
      ("beit3_base_patch16_224", .input, 1e-5),
    ])
  func timmName(name: String, norms: Architecture.NormPlacement, epsilon: Double) throws {
    var file = TinyFile.original()
    file.config = """
      {"architecture": "\(name)", "model_args": {"embed_dim": 8, "depth": 2, "patch_size": 2, "num_heads": 4}, "pretrained_cfg": {}}
      """
    let description = try file.describe(ModelOptions())
    #expect(description.architecture.variant.norms == norms && description.architecture.layerNormEpsilon == epsilon)
    #expect(description.architecture.heads == 4)
    #expect(description.assumptions([.encoder]).isEmpty)
  }

  @Test(
    "A family that is not known is refused, though its file leaves the patch and more to what is usual there",
    arguments: [
      #"{"model_type": "own_vision_model", "hidden_size": 8, "num_hidden_layers": 2}"#,
      #"{"model_type": "own_vision_model"}"#,
      #"{"model_type": "own_model", "vision_config": {"hidden_size": 8, "num_hidden_layers": 2}, "text_config": {"hidden_size": 32}}"#,
    ])
  func unknownFamily(config: String) {
    var file = TinyFile.original()
    file.config = config
    #expect(file.refusal()?.contains("model_type in config.json is own_") == true, "\(file.refusal() ?? "computed")")
  }

  @Test("Tensors under unknown names are refused with the network that the configuration names")
  func unknownNaming() {
    var file = TinyFile()
    file.shapes = ["stem.weight": [8, 3, 2, 2]]
    #expect(file.refusal()?.hasSuffix("the file holds stem.weight, …") == true)
    file.config = #"{"model_type": "convnext", "num_stages": 4, "hidden_sizes": [8, 16]}"#
    #expect(file.refusal()?.contains("model_type in config.json is convnext, a network that is not supported") == true)
    file.config = #"{"architecture": "convnext_tiny", "pretrained_cfg": {}}"#
    #expect(file.refusal()?.contains("architecture in config.json is convnext_tiny") == true)
  }

  @Test("That of another network is left aside with a warning, whatever its family")
  func otherSizes() throws {
    var file = TinyFile.original()
    file.config = #"{"model_type": "own_vision_model", "hidden_size": 32, "num_hidden_layers": 2}"#
    #expect(try file.describe().warnings.contains { $0.contains("config.json is left aside") })
  }

  @Test(
    "Names and arguments that are not known are refused by name",
    arguments: [
      (#""architecture": "vit_base_patch16_rope_224""#, "rotary positions"),
      (#""architecture": "vit_mine_patch16_rope_224""#, "rotary positions"),
      (#""architecture": "vit_base_patch16_224", "model_args": {"block_fn": "Own"}"#, "model_args.block_fn"),
      (#""architecture": "eva02_base_patch14_224", "model_args": {"rope_temperature": 100.0}"#, "rope_temperature"),
    ])
  func unknownNames(config: String, words: String) {
    var file = TinyFile.original()
    let sizes = #""embed_dim": 8, "depth": 2, "patch_size": 2"#
    let sized =
      config.contains("model_args")
      ? config.replacingOccurrences(of: "{", with: "{\(sizes), ") : config + ", \"model_args\": {\(sizes)}"
    file.config = "{\(sized), \"pretrained_cfg\": {}}"
    #expect(file.refusal()?.contains(words) == true, "\(file.refusal() ?? "computed")")
  }

  @Test("Heads of the published network, where width / 64 is another number")
  func timmHeads() {
    for (name, heads) in [
      ("test_vit", 2), ("test_vit2", 2), ("vit_base_patch16_gap_224", 16), ("vit_huge_patch14_224", 16),
    ] {
      #expect(TimmArchitecture.named(name)?.heads == heads)
    }
    #expect(TimmArchitecture.named("resnet50") == nil)
  }

  @Test("The part that describes the image encoder is found by its sizes, wherever it stands")
  func towerSections() throws {
    let tower =
      #""hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 4, "patch_size": 2, "layer_norm_eps": 1e-4"#
    for config in [
      "{\"model_type\": \"vision-encoder-decoder\", \"encoder\": {\"model_type\": \"vit\", \(tower)}}",
      "{\"model_type\": \"flava\", \"hidden_size\": 8, \"image_config\": {\"model_type\": \"flava_image_model\", \(tower)}}",
      "{\"model_type\": \"pi0\", \"vlm_config\": {\"vision_config\": {\"model_type\": \"vit\", \(tower)}}}",
      "{\"model_type\": \"dpt\", \"backbone_config\": {\"model_type\": \"vit\", \(tower)}}",
    ] {
      var file = TinyFile.huggingFace()
      file.config = config
      let description = try file.describe(ModelOptions())
      #expect(description.architecture.heads == 4 && description.architecture.layerNormEpsilon == 1e-4, "\(config)")
    }
  }

  @Test("What a family's configuration leaves out is its family's")
  func towerDefaults() throws {
    var file = TinyFile.huggingFace()
    file.config = #"{"model_type": "dinov2", "hidden_size": 8, "num_attention_heads": 4, "patch_size": 2}"#
    #expect(try file.describe(ModelOptions()).architecture.layerNormEpsilon == 1e-6)
    file.config = #"{"model_type": "pixio", "hidden_size": 8, "num_attention_heads": 4, "patch_size": 2}"#
    #expect(file.refusal(ModelOptions())?.contains("model_type in config.json is pixio") == true)
  }

  @Test("MMEngine's patches that overlap, backbones and sizes that differ are refused by name")
  func mmengine() {
    for (backbone, words) in [
      ("type='VisionTransformer', patch_cfg=dict(stride=1)", "patch_cfg.stride"),
      ("type='VisionTransformer', patch_cfg=dict(padding=1)", "patch_cfg.padding"),
      ("type='SwinTransformer'", "backbone.type"), ("type='VisionTransformer', arch='b'", "768 wide"),
      ("type='VisionTransformer', norm_cfg=dict(type='RMSNorm')", "norm_cfg.type"),
    ] {
      let problem = MMEngineBackbone(PythonConfig("model = dict(backbone=dict(\(backbone)))"), called: "meta.cfg")?
        .problem(ShownSizes(width: 8, depth: 2, patch: 2), file: "x.pth")
      #expect(problem?.description.contains(words) == true, "\(backbone)")
    }
  }
}

@Suite("Assumptions")
struct AssumptionTests {
  @Test("Widths at which published files differ are assumed to have heads of 64")
  func heads() throws {
    let names = try NameResolution(TinyFile.original().open(in: TemporaryFolder()))
    for (width, depth, isAssumed) in [
      (192, 12, true), (384, 12, true), (768, 12, false), (768, 8, true), (128, 2, true),
    ] {
      let source = try HeadsByWidth.heads(width: width, depth: depth, names).1
      if case .assumed(_, let option) = source {
        #expect(isAssumed && option == "--heads")
      } else {
        #expect(!isAssumed)
      }
    }
  }

  @Test("Options end what they replace")
  func options() throws {
    var options = ModelOptions(heads: 2)
    var file = TinyFile.huggingFace()
    #expect(try file.describe(options).assumptions([.encoder]).map(\.option) == ["--layer-norm-eps"])
    options.layerNormEpsilon = 1e-6
    #expect(try file.describe(options).assumptions([.encoder]).isEmpty)
    #expect(try file.describe(options).architecture.layerNormEpsilon == 1e-6)
    file = TinyFile.original()
    file.shapes["head.weight"] = [5, 8]
    file.shapes["head.bias"] = [5]
    #expect(try file.describe(options).assumptions([.head]).map(\.option) == ["--pooling"])
    options.pooling = .mean
    let description = try file.describe(options)
    #expect(description.assumptions([.head]).isEmpty && description.head?.pooling.value == .mean)
  }

  @Test("Rotary positions are counted on the scale of the grid that option or configuration give")
  func rotaryGrid() throws {
    // Half the reference is half of every angle, so cosines become those of the double angle's half: cos 2a = 2 cos² a − 1.
    let (whole, half) = (
      RotaryTable(grid: [4, 4], headWidth: 8, reference: [16, 16]).values(of: "rotary.cos"),
      RotaryTable(grid: [4, 4], headWidth: 8, reference: [8, 8]).values(of: "rotary.cos")
    )
    // Single precision of values below 1, and twice the square's rounding.
    for (whole, half) in zip(whole, half) { #expect(abs(whole - (2 * half * half - 1)) < 1e-6) }
    // One axis alone turns the first half of a head's values only.
    let oblong = RotaryTable(grid: [4, 4], headWidth: 8, reference: [8, 16]).values(of: "rotary.cos")
    for index in oblong.indices { #expect(oblong[index] == (index % 8 < 4 ? half[index] : whole[index])) }
  }

  @Test("A head under an unusual name is found by its prefix")
  func headPrefix() throws {
    var file = TinyFile.original()
    file.shapes["fc.weight"] = [5, 8]
    file.shapes["fc.bias"] = [5]
    var options = ModelOptions(heads: 2)
    #expect(try file.describe(options).classes == nil)
    options.headPrefix = "fc."
    #expect(try file.describe(options).classes == 5)
  }
}

@Suite("Several encoders, and tensors beside one")
struct EncoderChoiceTests {
  private func file(_ prefixes: [String]) -> TinyFile {
    var file = TinyFile()
    for prefix in prefixes { file.shapes.merge(TinyFile.original(prefix: prefix).shapes) { $1 } }
    return file
  }

  @Test("What was trained is taken before what follows it, and the others are named")
  func trained() throws {
    for (prefixes, taken) in [
      (["encoder_q.", "encoder_k."], "encoder_q."),
      (["module.momentum_encoder.", "module.base_encoder."], "module.base_encoder."),
      (["student_backbone.vit.", "teacher_backbone.vit."], "student_backbone.vit."),
      (["backbone.", "backbone_momentum.", "target_generator."], "backbone."),
    ] {
      let description = try file(prefixes).describe()
      #expect(description.names.prefix == taken)
      #expect(description.sources["encoder"] != nil && description.assumptions([.encoder]).isEmpty)
    }
  }

  @Test("Of equals none is taken in silence")
  func equals() throws {
    let description = try file(["left.", "right."]).describe()
    #expect(description.assumptions([.encoder]).map(\.option) == ["--weights-from"])
  }

  @Test(
    "Tensors with which an encoder computes are refused by name, wherever they stand beside its blocks",
    arguments: [
      "prompt_embeddings", "storage_tokens", "temporal_embedding", "channel_embed", "ln_pre.weight",
      "time_embed.weight",
      "embed_norm.weight", "token_type_embeddings.weight", "extra_tokens", "sensor_embed.weight",
    ])
  func inputs(name: String) {
    var file = TinyFile.original()
    file.shapes[name] = [8]
    #expect(file.refusal()?.contains("tensor \(name) is ") == true, "\(name)")
  }

  @Test("Heads, decoders and a training's own are not; what is not known is named")
  func outputs() throws {
    var file = TinyFile.original()
    for name in ["projector.0.weight", "predictor.blocks.0.x", "head_aux.weight", "queue", "strange.weight"] {
      file.shapes[name] = [8]
    }
    let warnings = try file.describe().warnings
    #expect(warnings.count == 1 && warnings[0].contains("strange."))
  }

  @Test("Wrapped blocks are read, adapters and pruned weights say what to do")
  func wrappers() throws {
    var wrapped = TinyFile()
    for (name, shape) in TinyFile.original().shapes {
      wrapped.shapes[name.replacingOccurrences(of: "blocks.1.", with: "blocks.1._orig_mod.")] = shape
    }
    #expect(try wrapped.describe().architecture.depth == 2)
    for (name, words) in [
      ("blocks.0.attn.qkv.lora_A.weight", "merge_and_unload"), ("blocks.0.attn.qkv.weight_mask", "prune.remove"),
    ] {
      var file = TinyFile.original()
      file.shapes[name] = [8]
      #expect(file.refusal()?.contains(words) == true, "\(file.refusal() ?? "computed")")
    }
  }

  @Test("Registers may have rows of their own in the position embedding")
  func registerRows() throws {
    var file = TinyFile.original()
    file.shapes["cls_token"] = nil
    file.shapes["reg_token"] = [1, 1, 8]
    let a = try file.describe().architecture
    #expect(a.positions == .allTokens && a.grid == [3, 3] && a.positionPrefixCount == 1)
  }

  @Test("A norm without biases is called what it is")
  func rms() {
    var file = TinyFile.original()
    for name in file.shapes.keys where name.contains("norm") && name.hasSuffix("bias") { file.shapes[name] = nil }
    #expect(file.refusal()?.contains("RMSNorm") == true)
  }
}
