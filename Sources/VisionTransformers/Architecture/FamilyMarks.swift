/// Tensors by which a family is told.
extension NameResolution {
  /// Whether the tensors are DINOv2's as its own code writes them: its mask token beside LayerScale.
  var isOwnDINOv2: Bool { uses(prefix + "mask_token") && uses(prefix + "blocks.0.ls1.gamma") }

  /// Whether there is an MAE decoder.
  var showsMAE: Bool { shape(of: "decoder.embed.weight") != nil }

  /// BEiT-3 normalises inside attention and MLP, and its MLP is not gated.
  var looksLikeBEiT3: Bool {
    guard shape(of: "blocks.0.attention.norm.weight") != nil, shape(of: "blocks.0.mlp.norm.weight") != nil,
      let first = shape(of: "blocks.0.mlp.fc1.weight")?.first, let last = shape(of: "blocks.0.mlp.fc2.weight")?.last
    else { return false }
    return first == last
  }

  /// A tensor of a decoder that samples features around points, as RF-DETR and LW-DETR have it behind a Vision Transformer.
  var windowedDetector: String? {
    ignored.map(\.tensor).filter { $0.hasSuffix(".cross_attn.sampling_offsets.weight") }.min()
  }

  /// Whether the file holds a tensor of that name.
  func uses(_ name: String) -> Bool { sources.values.contains { $0.values.contains(name) } }
}
