import Foundation

extension TemporaryFolder {
  /// Writes a safetensors file of zeros.
  ///
  /// The file ends `missingBytes` before its last tensor does. Types other than `F32` have four bytes, too.
  func writeTensors(
    _ shapes: [String: [Int]], to name: String, missingBytes: Int = 0, types: [String: String] = [:]
  ) throws {
    struct Entry: Encodable {
      let dtype: String
      let shape: [Int]
      let data_offsets: [Int]
    }
    var entries: [String: Entry] = [:]
    var end = 0
    for (tensor, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let size = 4 * shape.reduce(1, *)
      entries[tensor] = Entry(dtype: types[tensor] ?? "F32", shape: shape, data_offsets: [end, end + size])
      end += size
    }
    let header = try JSONEncoder().encode(entries)
    var data = Data((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
    data += header
    data += Data(count: end - missingBytes)
    try data.write(to: url.appendingPathComponent(name))
  }
}

/// The shapes of a ViT in the naming of timm: width 64, so that one head is inferred, and a grid of 4 × 4.
func tinyShapes(depth: Int = 2) -> [String: [Int]] {
  var shapes: [String: [Int]] = [
    "patch_embed.proj.weight": [64, 3, 4, 4], "patch_embed.proj.bias": [64], "cls_token": [1, 1, 64],
    "pos_embed": [1, 17, 64], "norm.weight": [64], "norm.bias": [64],
  ]
  for i in 0..<depth { shapes.merge(blockShapes("blocks.\(i)", width: 64)) { $1 } }
  return shapes
}

/// The shapes of a decoder that predicts `outputs` values a patch.
func tinyDecoderShapes(outputs: Int) -> [String: [Int]] {
  [
    "mask_token": [1, 1, 32], "decoder_pos_embed": [1, 17, 32], "decoder_embed.weight": [32, 64],
    "decoder_embed.bias": [32], "decoder_norm.weight": [32], "decoder_norm.bias": [32],
    "decoder_pred.weight": [outputs, 32], "decoder_pred.bias": [outputs],
  ].merging(blockShapes("decoder_blocks.0", width: 32)) { $1 }
}

private func blockShapes(_ block: String, width: Int) -> [String: [Int]] {
  let own: [String: [Int]] = [
    "norm1.weight": [width], "norm1.bias": [width], "attn.qkv.weight": [3 * width, width], "attn.qkv.bias": [3 * width],
    "attn.proj.weight": [width, width], "attn.proj.bias": [width], "norm2.weight": [width], "norm2.bias": [width],
    "mlp.fc1.weight": [4 * width, width], "mlp.fc1.bias": [4 * width], "mlp.fc2.weight": [width, 4 * width],
    "mlp.fc2.bias": [width],
  ]
  return Dictionary(uniqueKeysWithValues: own.map { ("\(block).\($0.key)", $0.value) })
}
