import Diagnostics

/// The source text of an MMEngine configuration, in a checkpoint of a small network that the text describes.
///
/// Of encoder, fusion and decoder the network has the least that a configuration is asked about.
enum ConfigurationTarget {
  static func describe(_ text: [UInt8]) {
    let archive = StoredZip.archive([
      ("a/data.pkl", pickle(around: text)), ("a/data/0", [UInt8](repeating: 0, count: 4 * storageCount)),
    ])
    let path = ScratchFile.holding(archive)
    do {
      let report = try ModelReport(CheckpointRequest(path: path))
      promise(!report.text(verbose: true).isEmpty, "an empty report")
    } catch {
      ErrorPromise.check("\(error)", names: "")
    }
  }

  /// Floats of the one storage that all tensors look at.
  private static let storageCount = 64

  private static let tensors: [(name: String, shape: [Int])] = {
    let encoder = [
      ("cls_token", [1, 1, 4]), ("pos_embed", [1, 5, 4]), ("patch_embed.projection.weight", [4, 3, 2, 2]),
      ("patch_embed.projection.bias", [4]), ("ln1.weight", [4]), ("ln1.bias", [4]), ("proj_weights", [1, 1, 1, 1]),
    ]
    let block = [
      ("ln1.weight", [4]), ("ln1.bias", [4]), ("attn.qkv.weight", [12, 4]), ("attn.qkv.bias", [12]),
      ("attn.proj.weight", [4, 4]), ("attn.proj.bias", [4]), ("ln2.weight", [4]), ("ln2.bias", [4]),
      ("ffn.layers.0.0.weight", [16, 4]), ("ffn.layers.0.0.bias", [16]), ("ffn.layers.1.weight", [4, 16]),
      ("ffn.layers.1.bias", [4]),
    ]
    let decoder = [
      ("mask_token", [1, 1, 4]), ("decoder_pos_embed", [1, 5, 4]), ("decoder_embed.weight", [4, 4]),
      ("decoder_embed.bias", [4]), ("ln1.weight", [4]), ("ln1.bias", [4]), ("decoder_pred.weight", [12, 4]),
      ("decoder_pred.bias", [12]),
    ]
    return encoder.map { ("backbone." + $0.0, $0.1) } + block.map { ("backbone.layers.0." + $0.0, $0.1) }
      + decoder.map { ("neck." + $0.0, $0.1) }
  }()

  /// `{"meta": {"cfg": text}, "state_dict": {…}}` in protocol 2.
  private static func pickle(around text: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x80, 2] + Array("}(".utf8)
    stream += string("meta") + Array("}".utf8) + string("cfg") + string(text) + Array("s".utf8)
    stream += string("state_dict") + Array("}(".utf8)
    for tensor in tensors { stream += string(tensor.name) + reference(tensor.shape) }
    return stream + Array("uu.".utf8)
  }

  /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, {})`.
  private static func reference(_ shape: [Int]) -> [UInt8] {
    let strides = shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
    return Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8) + string("storage")
      + Array("ctorch\nFloatStorage\n".utf8)
      + string("0") + string("cpu") + integer(storageCount) + Array("tQ".utf8) + integer(0) + tuple(shape)
      + tuple(strides) + [0x89] + Array("}tR".utf8)
  }

  private static func tuple(_ values: [Int]) -> [UInt8] {
    Array("(".utf8) + values.flatMap(integer) + Array("t".utf8)
  }

  private static func integer(_ value: Int) -> [UInt8] { [UInt8(ascii: "K"), UInt8(value)] }

  private static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "X")] + (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
  }
}
