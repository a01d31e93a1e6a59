import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("Architecture inference")
struct InferenceTests {
  @Test("Sizes are read off the tensors, and each value says where it is from")
  func sizes() throws {
    let description = try TinyFile.original(depth: 3, hidden: 20).describe()
    let a = description.architecture
    #expect(a.width == 8 && a.depth == 3 && a.hiddenWidth == 20 && a.patchSize == 2 && a.heads == 2)
    #expect(a.grid == [3, 3] && a.imageSize == [6, 6] && a.tokens == 10 && a.patches == 9 && a.pixels == 108)
    #expect(a.prefix == [.class] && a.positions == .classAndPatches && a.finalNorm && !a.layerScale)
    #expect(a.fusion == nil && a.decoder == nil)
    #expect(description.encoderTensors.count == 6 + 36 && description.ignored.isEmpty)
    #expect(description.sources["heads"] == .option("--heads"))
    #expect(description.sources["grid"] == .tensors("10 rows of the position embedding"))
  }

  @Test("Whatever stands before the names is a prefix", arguments: ["module.", "model.encoder.", "a.b.c."])
  func prefix(prefix: String) throws {
    var file = TinyFile.original(prefix: prefix)
    file.shapes["other.weight"] = [3]
    let description = try file.describe()
    #expect(description.architecture.depth == 2)
    #expect(description.ignored.map(\.tensor) == ["other.weight"])
  }

  @Test(
    "Heads follow from the width where families agree",
    arguments: [(64, 1), (192, 3), (768, 12), (1152, 16), (1280, 16), (1408, 16), (1536, 24), (1664, 16)])
  func usualHeads(width: Int, heads: Int) throws {
    let file = wide(width)
    let description = try file.describe(ModelOptions())
    #expect(description.architecture.heads == heads)
    switch description.sources["heads"] {
    case .usual: #expect(![64, 192, 768].contains(width))
    // Published files of these widths, or of one block, have other heads, too.
    case .assumed(_, let option): #expect(option == "--heads")
    default: Issue.record("not a default")
    }
    #expect(try file.describe(ModelOptions(heads: 2)).architecture.heads == 2)
  }

  /// A network without hidden layer to speak of.
  private func wide(_ width: Int) -> TinyFile {
    let file = TinyFile.original(depth: 1, hidden: 1)
    var wide = TinyFile()
    wide.shapes = file.shapes.mapValues { $0.map { $0 == 8 ? width : $0 == 24 ? 3 * width : $0 } }
    return wide
  }

  @Test("A configuration beside the file tells heads, ε and family")
  func configuration() throws {
    var file = TinyFile.huggingFace()
    file.config =
      #"{"model_type": "vit", "num_attention_heads": 4, "layer_norm_eps": 1e-5, "image_size": 6, "hidden_act": "gelu"}"#
    let description = try file.describe(ModelOptions())
    #expect(description.architecture.heads == 4 && description.architecture.layerNormEpsilon == 1e-5)
    #expect(description.sources["heads"] == .file("config.json", key: "num_attention_heads"))
    #expect(description.sources["grid"] == .file("config.json", key: "image_size"))
    #expect(description.pixelNormalization.mean == [0.5, 0.5, 0.5])
    #expect(try file.describe(ModelOptions(heads: 2)).architecture.heads == 2)
  }

  @Test("An oblong grid needs the image size, from the configuration or the option")
  func oblong() throws {
    var file = TinyFile.huggingFace()
    file.shapes["vit.embeddings.position_embeddings"] = [1, 13, 8]
    #expect(file.refusal()?.contains("give --image-size") == true)
    #expect(try file.describe(ModelOptions(heads: 2, imageSize: [6, 8])).architecture.grid == [3, 4])
    file.config = #"{"model_type": "vit", "image_size": [4, 12]}"#
    #expect(try file.describe().architecture.grid == [2, 6])
  }

  @Test("Positions without a class row are told from those with one")
  func positionRows() throws {
    var file = TinyFile.original()
    file.shapes["pos_embed"] = [1, 9, 8]
    #expect(try file.describe().architecture.positions == .patches)
    file.shapes["dist_token"] = [1, 1, 8]
    file.shapes["pos_embed"] = [1, 11, 8]
    let both = try file.describe().architecture
    #expect(
      both.positions == .classAndPatches && both.prefix == [.class, .distillation] && both.positionPrefixCount == 2)
  }

  @Test("Fused layers come from the option, the metadata, the depth, or nowhere")
  func fusedLayers() throws {
    var file = TinyFile.original(depth: 3)
    file.shapes["proj_weights"] = [2]
    #expect(try file.describe().architecture.fusion == .init(layers: nil, count: 2, projection: .none))
    #expect(try file.describe().architecture.layers.contains(.fused) == false)
    #expect(try file.describe(ModelOptions(heads: 2, fuse: [1, 2])).architecture.fusion?.layers == [1, 2])
    file.metadata["fused_layers"] = "0, 2"
    let told = try file.describe()
    #expect(told.architecture.fusion?.layers == [0, 2])
    #expect(told.sources["fusion.layers"] == .file("metadata", key: "fused_layers"))
    file.metadata = [:]
    file.shapes["proj_weights"] = [3]
    #expect(try file.describe().architecture.fusion?.layers == [0, 1, 2])
  }

  @Test(
    "MFF at depth 12 fuses the layers of Table 8",
    arguments: [(1, [11]), (2, [0, 11]), (4, [0, 4, 8, 11]), (6, [0, 2, 4, 6, 8, 11])])
  func table8(count: Int, layers: [Int]) throws {
    var file = TinyFile.original(depth: 12)
    file.shapes["proj_weights"] = [count]
    #expect(try file.describe().architecture.fusion?.layers == layers)
  }

  @Test("The family decides how positions are resized")
  func positionResizing() throws {
    var file = TinyFile.original()
    #expect(try file.describe().architecture.positionResizing == .antialiasedBicubic)
    file.values["pos_embed"] = [Float](repeating: 0, count: 8) + [Float](repeating: 0.5, count: 72)
    #expect(try file.describe().architecture.positionResizing == .bicubic)
    #expect(try TinyFile.huggingFace().describe().architecture.positionResizing == .bicubic)
    file.config = #"{"architecture": "vit_tiny", "pretrained_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}"#
    #expect(try file.describe().architecture.positionResizing == .antialiasedBicubic)
  }

  @Test("Queries, keys and values apart are put together in that order")
  func parts() throws {
    let file = TinyFile.huggingFace()
    let model = try file.load()
    let expected = ["query", "key", "value"].flatMap {
      TinyFile.values(64, name: "vit.encoder.layer.0.attention.attention.\($0).weight")
    }
    #expect(model.values(of: "blocks.0.attention.qkv.weight") == expected)
  }

  @Test("Biases that every block leaves out are zero")
  func absentBiases() throws {
    var file = TinyFile.original()
    for name in ["patch_embed.proj.bias", "blocks.0.attn.qkv.bias", "blocks.1.attn.qkv.bias"] {
      file.shapes[name] = nil
    }
    let model = try file.load()
    #expect(model.values(of: "patch.bias") == [Float](repeating: 0, count: 8))
    #expect(model.values(of: "blocks.1.attention.qkv.bias") == [Float](repeating: 0, count: 24))
    file.shapes["blocks.0.attn.qkv.bias"] = [24]
    #expect(file.refusal()?.contains("blocks.1.attn.qkv.bias is missing") == true)
  }

  @Test(
    "Names of layers are read back", arguments: ["embedding", "0", "11", "3.attention", "norm", "fused", "fused-norm"])
  func layers(name: String) {
    #expect(Layer(name)?.description == name)
    for wrong in ["", "-1", "01", "+1", "1.", "1.mlp", ".attention", "last", "1.attention.x", "99999999999999999999"] {
      #expect(Layer(wrong) == nil)
    }
  }

  @Test("Positions are resized on loading, the rest stays")
  func resized() throws {
    let file = TinyFile.original()
    let (trained, larger) = (try file.load(), try file.load(imageSize: [10, 4]))
    #expect(larger.architecture.grid == [5, 2] && larger.architecture.tokens == 11)
    #expect(larger.values(of: "position").count == 11 * 8)
    #expect(larger.values(of: "position")[..<8] == trained.values(of: "position")[..<8])
    #expect(larger.values(of: "blocks.1.mlp.fc2.weight") == trained.values(of: "blocks.1.mlp.fc2.weight"))
    #expect(throws: ModelError.self) { try file.load(imageSize: [5, 4]) }
  }
}
