import Testing

@testable import Checkpoints

@Suite("Quantised weights are refused by name")
struct QuantisationTests {
  /// A safetensors file of tensors with zeros.
  private static func file(_ tensors: [(name: String, type: String, shape: [Int], size: Int)]) throws -> TemporaryFile {
    var end = 0
    let entries = tensors.map { tensor in
      let begin = end
      end += tensor.shape.reduce(1, *) * tensor.size
      return
        #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"data_offsets":[\#(begin),\#(end)]}"#
    }
    return try TemporaryFile(
      safetensors("{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 0, count: end)))
  }

  private static func read(_ name: String, of checkpoint: Checkpoint) throws {
    var values = [Float](repeating: 0, count: checkpoint.tensor(named: name)?.count ?? 0)
    var span = values.mutableSpan
    try checkpoint.read(name, into: &span)
  }

  @Test(
    "Integers and truth values are no weights; masks, labels and position ids of such types are read as numbers",
    arguments: [
      ("BOOL", 1), ("I8", 1), ("U8", 1), ("I16", 2), ("U16", 2), ("I32", 4), ("U32", 4), ("I64", 8), ("U64", 8),
    ])
  func integers(type: String, size: Int) throws {
    let file = try Self.file([
      ("blocks.0.attn.qkv.weight", type, [2, 2], size), ("blocks.0.attn.qkv.bias", "F32", [2], 4),
      ("embeddings.position_ids", type, [1, 3], size), ("bn.num_batches_tracked", type, [], size),
    ])
    let checkpoint = try Checkpoint(opening: file.path)
    #expect(throws: CheckpointError.self) { try checkpoint.checkWeight("blocks.0.attn.qkv.weight") }
    let error = #expect(throws: CheckpointError.self) { try Self.read("blocks.0.attn.qkv.weight", of: checkpoint) }
    let words = try #require(error?.description)
    #expect(words.contains("tensor blocks.0.attn.qkv.weight holds \(type.lowercased()) elements, which are no weights"))
    #expect(words.contains("quantised; dequantise first: save the model in float32 or float16"))
    var values = [Float](repeating: 0, count: 4)
    var span = values.mutableSpan
    #expect(throws: CheckpointError.self) {
      try checkpoint.read("blocks.0.attn.qkv.weight", axes: [[1], [0]], into: &span)
    }
    try Self.read("blocks.0.attn.qkv.bias", of: checkpoint)
    #expect(try checkpoint.floats("embeddings.position_ids") == [0, 0, 0])
    #expect(try checkpoint.floats("bn.num_batches_tracked") == [0])
  }

  @Test("Small floats are weights, unless a scale stands beside them", arguments: ["F8_E4M3", "F8_E5M2"])
  func float8(type: String) throws {
    let plain = try Self.file([
      ("blocks.0.fc.weight", type, [2, 2], 1), ("blocks.0.fc.bias", "F32", [2], 4), ("logit_scale", "F32", [], 4),
    ])
    try Self.read("blocks.0.fc.weight", of: Checkpoint(opening: plain.path))
    for scale in ["weight_scale", "weight_scale_inv", "scale_weight", "input_scale", "scale"] {
      let scaled = try Self.file([("blocks.0.fc.weight", type, [2, 2], 1), ("blocks.0.fc.\(scale)", "F32", [1], 4)])
      let checkpoint = try Checkpoint(opening: scaled.path)
      let error = #expect(throws: CheckpointError.self) { try Self.read("blocks.0.fc.weight", of: checkpoint) }
      #expect(error?.description.contains("with blocks.0.fc.\(scale) beside them") == true)
    }
  }

  @Test("A companion is named: compressed-tensors' and torch.ao's scales")
  func companions() throws {
    for scale in ["weight_scale", "weight_zero_point", "scale", "zero_point", "SCB"] where scale != "SCB" {
      let file = try Self.file([
        ("a.weight", "I8", [2, 2], 1), ("a.\(scale)", "F32", [1], 4), ("a.bias", "F32", [2], 4),
      ])
      let checkpoint = try Checkpoint(opening: file.path)
      let error = #expect(throws: CheckpointError.self) { try Self.read("a.weight", of: checkpoint) }
      #expect(error?.description.contains("holds i8 elements with a.\(scale) beside them") == true)
    }
    // LayerScale and the like beside integers of another layer are none.
    let file = try Self.file([("a.weight", "I8", [2], 1), ("b.scale", "F32", [1], 4)])
    let checkpoint = try Checkpoint(opening: file.path)
    let error = #expect(throws: CheckpointError.self) { try Self.read("a.weight", of: checkpoint) }
    #expect(error?.description.contains("beside") == false)
  }

  @Test(
    "A file of packed weights is refused when it is opened, with its library",
    arguments: [
      (["qweight", "qzeros", "scales", "g_idx"], "GPTQ or AWQ"),
      (["weight_packed", "weight_scale"], "compressed-tensors"),
      (["weight", "weight.absmax", "weight.quant_map"], "bitsandbytes"),
      (["weight", "weight.quant_state.bitsandbytes__nf4"], "bitsandbytes"), (["weight", "SCB"], "bitsandbytes"),
      (["weight", "SCB", "weight_format"], "bitsandbytes"), (["weight._data", "weight._scale"], "optimum-quanto"),
      (["_weight_qdata", "_weight_scale"], "torchao"),
      (["_packed_params._packed_params", "scale"], "torch.ao.quantization"),
      (["weight_quantized", "weight_scale"], "a quantiser"),
    ])
  func packed(names: [String], library: String) throws {
    let file = try Self.file(names.map { ("blocks.0.fc.\($0)", "U8", [2], 1) } + [("norm.weight", "F32", [2], 4)])
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    let words = try #require(error?.description)
    #expect(words.contains("a model quantised by \(library) (its tensor blocks.0.fc."))
    #expect(words.contains("dequantise it with the library that wrote it"))
  }
}
