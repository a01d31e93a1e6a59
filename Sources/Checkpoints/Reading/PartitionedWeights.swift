/// Tells files in which training left only its own part of each weight, or nothing of it.
enum PartitionedWeights {
  /// Refuses a file whose weights are elsewhere: its shapes would lead to some other reason.
  ///
  /// - Source: DeepSpeed's stage 3 saves weights of shape [0] unless they are gathered; FSDP's local state dictionaries hold flat
  ///   parameters (torch.distributed.fsdp, `_flat_param`).
  static func check(_ tensors: some Sequence<TensorInfo>, path: String) throws(CheckpointError) {
    var empty = 0
    for tensor in tensors {
      let name = tensor.name.split(separator: ".").last ?? ""
      if tensor.shape.count == 1, name == "_flat_param" || name.hasPrefix("flat_param") {
        throw .unsupported(
          path: path, what: "one rank's part of a model (tensor \(tensor.name.prefix(200)) of FSDP)",
          advice: "load it with as many ranks as wrote it, and save with StateDictType.FULL_STATE_DICT")
      }
      guard tensor.shape == [0], name == "weight" else { continue }
      empty += 1
      if empty == 2 {
        throw .unsupported(
          path: path,
          what:
            "a file of empty weights (tensor \(tensor.name.prefix(200)) has no elements; DeepSpeed ZeRO-3 leaves such)",
          advice:
            "put the shards together with python zero_to_fp32.py . model in the folder that holds that script, or save with "
            + "stage3_gather_16bit_weights_on_model_save, and give what is written")
      }
    }
  }
}
