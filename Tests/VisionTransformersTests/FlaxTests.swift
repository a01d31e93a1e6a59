import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("Flax naming")
struct FlaxTests {
  private static let width = 6
  private static let heads = 2

  /// Arrays of one block, on a grid of 2 × 2 patches of side 1, as the first releases name them.
  private func shapes(prefix: String = "") -> [String: [Int]] {
    let (d, h, f) = (Self.width, Self.heads, 8)
    let block = "Transformer/encoderblock_0"
    let attention = "\(block)/MultiHeadDotProductAttention_1"
    var shapes: [String: [Int]] = [
      "embedding/kernel": [1, 1, 3, d], "embedding/bias": [d], "cls": [1, 1, d],
      "Transformer/posembed_input/pos_embedding": [1, 5, d],
      "\(attention)/out/kernel": [h, d / h, d], "\(attention)/out/bias": [d],
      "\(block)/MlpBlock_3/Dense_0/kernel": [d, f], "\(block)/MlpBlock_3/Dense_0/bias": [f],
      "\(block)/MlpBlock_3/Dense_1/kernel": [f, d], "\(block)/MlpBlock_3/Dense_1/bias": [d],
      "head/kernel": [d, 3], "head/bias": [3],
    ]
    for name in ["query", "key", "value"] {
      shapes["\(attention)/\(name)/kernel"] = [d, h, d / h]
      shapes["\(attention)/\(name)/bias"] = [h, d / h]
    }
    for name in ["\(block)/LayerNorm_0", "\(block)/LayerNorm_2", "Transformer/encoder_norm"] {
      shapes["\(name)/scale"] = [d]
      shapes["\(name)/bias"] = [d]
    }
    return Dictionary(uniqueKeysWithValues: shapes.map { (prefix + $0.key, $0.value) })
  }

  private func describe(_ shapes: [String: [Int]], _ options: ModelOptions = ModelOptions()) throws -> ModelDescription
  {
    var file = TinyFile()
    file.shapes = shapes
    return try ModelDescription(file.open(in: TemporaryFolder()), options: options)
  }

  @Test(
    "Sizes, heads and head are read off the arrays, below every prefix",
    arguments: ["", "opt/target/", "params/", "params/img/"])
  func architecture(prefix: String) throws {
    let description = try describe(shapes(prefix: prefix))
    let a = description.architecture
    #expect(a.width == 6 && a.heads == 2 && a.depth == 1 && a.hiddenWidth == 8 && a.grid == [2, 2] && a.patchSize == 1)
    #expect(a.positions == .classAndPatches && a.positionResizing == .bilinear && a.layerNormEpsilon == 1e-6)
    #expect(description.dialect == "Flax naming" && description.classes == 3)
    #expect(description.pixelNormalization.mean == [0.5, 0.5, 0.5])
    #expect(description.sources["heads"]?.description.contains("kernels") == true)
  }

  @Test("Heads that contradict the kernels are refused; the same are accepted") func contradiction() throws {
    #expect(try describe(shapes(), ModelOptions(heads: 2)).architecture.heads == 2)
    let error = #expect(throws: ModelError.self) { try describe(shapes(), ModelOptions(heads: 3)) }
    #expect(error?.description.contains("show 2") == true)
  }

  @Test("A stack of all blocks, a hybrid's stem and a kernel of another rank are refused by name")
  func refusals() throws {
    let block = "Transformer/encoderblock_0"
    for (name, shape) in [
      ("Transformer/encoderblock/LayerNorm_0/scale", [12, 6]), ("conv_root/kernel", [7, 7, 3, 64]),
      ("\(block)/MlpBlock_3/Dense_2/kernel", [8, 8]), ("\(block)/MlpBlock_0/Dense_0/kernel", [6, 8]),
    ] {
      let error = #expect(throws: ModelError.self) { try describe(shapes().merging([name: shape]) { $1 }) }
      #expect(error?.description.contains(name) == true, "\(String(describing: error))")
    }
    for (name, shape) in [
      ("\(block)/MultiHeadDotProductAttention_1/query/kernel", [6, 6]),
      ("\(block)/MultiHeadDotProductAttention_1/out/kernel", [6, 6]), ("\(block)/MlpBlock_3/Dense_1/kernel", [6, 8]),
      ("embedding/kernel", [3, 6]),
    ] {
      let error = #expect(throws: ModelError.self) { try describe(shapes().merging([name: shape]) { $1 }) }
      #expect(error?.description.contains("\(name) has shape") == true, "\(name): \(String(describing: error))")
    }
    var without = shapes()
    without["\(block)/MultiHeadDotProductAttention_1/key/kernel"] = nil
    let error = #expect(throws: ModelError.self) { try describe(without) }
    #expect(error?.description.contains("key/kernel is missing") == true, "\(String(describing: error))")
  }
}
