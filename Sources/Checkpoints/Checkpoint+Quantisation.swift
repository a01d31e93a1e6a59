extension Checkpoint {
  /// Makes sure that a tensor's elements are a weight's values as they are stored.
  ///
  /// Integers and truth values are not: a quantised weight is one of them times a scale that stands elsewhere. Floats of 8 bits are,
  /// unless a scale stands beside them. Buffers such as position ids are not read as weights and stay harmless.
  ///
  /// - Parameter name: The tensor's name as stored.
  /// - Throws: `CheckpointError.quantised`, which names the scale, and for an unknown name.
  public func checkWeight(_ name: String) throws(CheckpointError) {
    try checkWeight(try located(name).info)
  }

  func checkWeight(_ info: TensorInfo) throws(CheckpointError) {
    if [.f16, .bf16, .f32, .f64].contains(info.elementType) || !info.elementType.isReal { return }
    let companion = Quantisation.companion(of: info.name, among: tensors)
    switch info.elementType {
    case .f8e4m3, .f8e5m2, .f8e8m0: guard companion != nil else { return }
    default: break
    }
    throw .quantised(path: path, tensor: info.name, elementType: info.elementType, companion: companion)
  }
}

/// How libraries name what belongs to quantised weights: scales, zero points, packed bits.
///
/// - Sources: bitsandbytes (functional.py, nn/modules.py), AutoGPTQ and AutoAWQ (qlinear), compressed-tensors
///   (quantization/lifecycle, compressors), optimum-quanto (tensor/qtensor.py), torchao, DeepSeek-V3 (weight_scale_inv), ComfyUI
///   (scale_weight), torch.ao.quantization (scale, zero_point, _packed_params).
enum Quantisation {
  /// Names that take the place of a weight, and who writes them.
  private static let packed: [(ending: String, library: String)] = [
    (".qweight", "GPTQ or AWQ"), (".weight_packed", "compressed-tensors"), (".weight.absmax", "bitsandbytes"),
    (".weight.quant_state.bitsandbytes__nf4", "bitsandbytes"),
    (".weight.quant_state.bitsandbytes__fp4", "bitsandbytes"),
    (".weight._data", "optimum-quanto"), ("._packed_params._packed_params", "torch.ao.quantization"),
    (".SCB", "bitsandbytes"), (".weight_format", "bitsandbytes"), ("._weight_qdata", "torchao"),
    (".weight_quantized", "a quantiser"), ("._quantized", "a quantiser"), (".weight._quantized", "a quantiser"),
  ]

  /// What a name beside a weight has when it belongs to the weight's quantisation.
  private static let marks = [
    "scale", "zero_point", "zeros", "absmax", "SCB", "CB", "quant", "weight_format", "g_idx", "packed", "statistics",
  ]

  /// Refuses a file in which packed bits stand in place of weights: no weight would be found, with some other reason.
  static func check(_ tensors: some Sequence<TensorInfo>, path: String) throws(CheckpointError) {
    for tensor in tensors { try check(name: tensor.name, path: path) }
  }

  /// Refuses the name of packed bits.
  static func check(name: String, path: String) throws(CheckpointError) {
    if let kind = packed.first(where: { name.hasSuffix($0.ending) }) {
      throw .unsupported(
        path: path, what: "a model quantised by \(kind.library) (its tensor \(name.prefix(200)))",
        advice:
          "dequantise it with the library that wrote it, save its state dictionary in float32 or float16, and give that"
      )
    }
  }

  /// A tensor beside a weight that holds its scale or the like; nil when there is none.
  ///
  /// - Complexity: Looks at the tensors of the weight's own layer.
  static func companion(of name: String, among tensors: [TensorInfo]) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let layer = String(name[...dot])
    var index = place(of: layer, in: tensors.indices) { tensors[$0].name }
    while index < tensors.count, tensors[index].name.hasPrefix(layer) {
      let other = tensors[index].name
      let rest = other.dropFirst(layer.count)
      // Its own part, or a part of the weight: `weight_scale`, `weight.absmax`, `SCB`.
      if other != name, marks.contains(where: { rest.contains($0) }), rest.count(where: { $0 == "." }) < 3 {
        return other
      }
      index += 1
    }
    return nil
  }
}
