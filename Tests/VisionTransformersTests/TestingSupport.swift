import Checkpoints
import Foundation
import Tensors
import Testing

@testable import VisionTransformers

/// A folder that lives as long as the value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "models-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// A small checkpoint to be: named shapes with values that follow from the name.
struct TinyFile {
  var shapes: [String: [Int]] = [:]
  /// Values where they matter.
  var values: [String: [Float]] = [:]
  var metadata: [String: String] = [:]
  var config: String?
  /// What tests of decoders say of its heads.
  var decoderHeads: Int?

  /// The bytes of a safetensors file.
  func bytes() throws -> Data {
    var header: [String: Any] = [:]
    var data = Data()
    for (name, shape) in shapes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let isEmpty = shape.contains(0)
      let values = isEmpty ? [] : self.values[name] ?? Self.values(shape.reduce(1, *), name: name)
      let begin = data.count
      values.withUnsafeBytes { data.append(contentsOf: $0) }
      header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [begin, data.count]]
    }
    if !metadata.isEmpty { header["__metadata__"] = metadata }
    let text = try JSONSerialization.data(withJSONObject: header)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    return length + text + data
  }

  /// Writes the file and opens it.
  func open(in folder: TemporaryFolder) throws -> Checkpoint {
    let url = folder.url.appending(path: "model.safetensors")
    try bytes().write(to: url)
    if let config { try Data(config.utf8).write(to: folder.url.appending(path: "config.json")) }
    return try Checkpoint(opening: url.path)
  }

  /// What the model is, or why it is refused.
  func describe(_ options: ModelOptions = ModelOptions(heads: 2)) throws -> ModelDescription {
    let folder = try TemporaryFolder()
    return try ModelDescription(open(in: folder), options: options)
  }

  /// The loaded model.
  func load(_ options: ModelOptions = ModelOptions(heads: 2), imageSize: [Int]? = nil) throws -> VisionTransformer {
    let folder = try TemporaryFolder()
    return try ModelDescription(open(in: folder), options: options).load(imageSize: imageSize)
  }

  /// The message with which the model is refused.
  func refusal(_ options: ModelOptions = ModelOptions(heads: 2)) -> String? {
    do {
      _ = try load(options)
      return nil
    } catch let error as ModelError { return error.description } catch { return "no ModelError: \(error)" }
  }

  /// Values in [−½, ½), the same in every run.
  static func values(_ count: Int, name: String) -> [Float] {
    var state = name.utf8.reduce(UInt32(17)) { $0 &* 31 &+ UInt32($1) }
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 16) / 65536 - 0.5
    }
  }
}

extension TinyFile {
  /// A Vision Transformer in the original naming: width 8, patches of 2 × 2 pixels on a 3 × 3 grid, a class token.
  static func original(depth: Int = 2, hidden: Int = 12, prefix: String = "") -> TinyFile {
    var file = TinyFile()
    file.shapes = [
      "patch_embed.proj.weight": [8, 3, 2, 2], "patch_embed.proj.bias": [8], "cls_token": [1, 1, 8],
      "pos_embed": [1, 10, 8], "norm.weight": [8], "norm.bias": [8],
    ]
    for i in 0..<depth { for (name, shape) in block(hidden) { file.shapes["blocks.\(i).\(name)"] = shape } }
    file.shapes = Dictionary(uniqueKeysWithValues: file.shapes.map { (prefix + $0, $1) })
    return file
  }

  private static func block(_ hidden: Int) -> [String: [Int]] {
    [
      "norm1.weight": [8], "norm1.bias": [8], "attn.qkv.weight": [24, 8], "attn.qkv.bias": [24],
      "attn.proj.weight": [8, 8], "attn.proj.bias": [8], "norm2.weight": [8], "norm2.bias": [8],
      "mlp.fc1.weight": [hidden, 8], "mlp.fc1.bias": [hidden], "mlp.fc2.weight": [8, hidden], "mlp.fc2.bias": [8],
    ]
  }

  /// Adds a decoder of width 8 with one block to a network in the original naming.
  mutating func addDecoder() {
    let parts: [String: [Int]] = [
      "decoder_embed.weight": [8, 8], "decoder_embed.bias": [8], "mask_token": [1, 1, 8],
      "decoder_pos_embed": [1, 10, 8], "decoder_norm.weight": [8], "decoder_norm.bias": [8],
      "decoder_pred.weight": [12, 8], "decoder_pred.bias": [12],
    ]
    shapes.merge(parts) { $1 }
    for (name, shape) in Self.block(12) { shapes["decoder_blocks.0.\(name)"] = shape }
  }

  /// The network in MMPretrain's naming, with one block.
  static func mmpretrain() -> TinyFile {
    var file = TinyFile()
    let names = [
      "projection": "proj", "ln1": "norm1", "ln2": "norm2", "ffn.layers.0.0": "mlp.fc1", "ffn.layers.1": "mlp.fc2",
    ]
    for (name, shape) in original(depth: 1).shapes {
      var foreign = name.replacing("blocks.", with: "layers.")
      for (new, old) in names { foreign = foreign.replacing(old + ".", with: new + ".") }
      if name.hasPrefix("norm.") { foreign = "ln1" + name.dropFirst(4) }
      // The attention's own projection keeps its name.
      file.shapes["backbone." + foreign.replacing("attn.projection.", with: "attn.proj.")] = shape
    }
    return file
  }

  /// The same network in Hugging Face's naming, queries, keys and values apart.
  static func huggingFace() -> TinyFile {
    var file = TinyFile()
    file.shapes = [
      "vit.embeddings.patch_embeddings.projection.weight": [8, 3, 2, 2],
      "vit.embeddings.patch_embeddings.projection.bias": [8], "vit.embeddings.cls_token": [1, 1, 8],
      "vit.embeddings.position_embeddings": [1, 10, 8], "vit.layernorm.weight": [8], "vit.layernorm.bias": [8],
    ]
    let block: [String: [Int]] = [
      "layernorm_before": [8], "layernorm_after": [8], "attention.attention.query": [8, 8],
      "attention.attention.key": [8, 8], "attention.attention.value": [8, 8], "attention.output.dense": [8, 8],
      "intermediate.dense": [12, 8], "output.dense": [8, 12],
    ]
    for (name, shape) in block {
      file.shapes["vit.encoder.layer.0.\(name).weight"] = shape
      file.shapes["vit.encoder.layer.0.\(name).bias"] = [shape[0]]
    }
    return file
  }
}

/// Every wanted layer's patch tokens, all images behind each other.
func tokens(
  of model: VisionTransformer, _ pixels: [Float], layers: [Layer]? = nil, team: Team = .single
) -> [Layer: [Float]] {
  let images = pixels.count / model.architecture.pixels
  var workspace = EncoderWorkspace(for: model.architecture, images: max(images, 1), width: team.width)
  var found: [Layer: [Float]] = [:]
  model.encode(
    pixels.span, workspace: &workspace, layers: Set(layers ?? model.architecture.layers(subblocks: true)), team: team
  ) { layer, image, tokens in
    precondition((found[layer]?.count ?? 0) == image * tokens.count)
    found[layer, default: []] += tokens.indices.map { tokens[$0] }
  }
  return found
}

func largestDifference(_ a: [Float]?, _ b: [Float]?) -> Float {
  guard let a, let b, a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// Golden data of this folder.
func golden(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)").path
}
