/// Tells pickles whose tensors are parts of others.
enum ShardedObjects {
  /// What a pickle without plain tensors is; nil where nothing in it tells.
  static func refusal(in pickle: Pickle, path: String) -> CheckpointError? {
    if let type = pickle.names.first(where: { $0.hasSuffix(".ShardedTensor") || $0.hasSuffix(".DTensor") }) {
      return .unsupported(
        path: path, what: "a shard of FSDP (its tensors are objects of \(type.prefix(200)))",
        advice: "save with StateDictType.FULL_STATE_DICT, or get_model_state_dict(model, "
          + "options=StateDictOptions(full_state_dict=True)), and give that")
    }
    // DeepSpeed's optimiser states, whatever they are called.
    if pickle.value(pickle.root, "ds_version") != nil || pickle.value(pickle.root, "ds_config") != nil {
      return UnassembledCheckpoint.deepSpeed(path, at: folder(of: folder(of: path)))
    }
    return nil
  }
}
