/// Checkpoints that must be put together before they can be read: shards of training frameworks, and archives that were unpacked.
enum UnassembledCheckpoint {
  /// What a folder without a model is.
  ///
  /// - Returns: nil for a folder of none of these kinds.
  static func refusal(ofFolder folder: String, names: [String]) -> CheckpointError? {
    if isDistributed(names) { return distributed(folder) }
    if names.contains("data.pkl") { return unpacked(folder) }
    if isDeepSpeed(names) { return deepSpeed(folder, at: folder) }
    if names.contains("adapter_config.json") {
      return .unsupported(
        path: folder, what: "an adapter (LoRA or another of PEFT) without its base model",
        advice: "merge it (PeftModel.from_pretrained(…).merge_and_unload(), then save_pretrained) and give that folder")
    }
    let inner = names.prefix(entryLimit).filter { isFolder("\(folder)/\($0)") }
    // A folder above: what lies below must be the only one, else there is a choice to make.
    let refusals = inner.compactMap { name -> CheckpointError? in
      guard let names = try? namesInFolder("\(folder)/\(name)") else { return nil }
      let isShard = isDistributed(names) || names.contains("data.pkl")
      return isShard
        ? refusal(ofFolder: "\(folder)/\(name)", names: names)
        : isDeepSpeedShards(names) ? deepSpeed(folder, at: folder) : nil
    }
    return refusals.count == 1 ? refusals[0] : nil
  }

  /// What a file is that could not be read as a checkpoint of its own.
  ///
  /// - Returns: nil where the error says all there is to say.
  static func refusal(ofFile path: String, failing error: CheckpointError) -> CheckpointError? {
    let (base, name) = (folder(of: path), lastComponent(of: path))
    switch error {
    case .unreadable, .missing, .empty, .tooLarge, .weightsMissing, .severalStateDictionaries: return nil
    default: break
    }
    // One shard of many begins as a zip archive, and ends as another.
    if name.hasSuffix(".distcp") || isRegularFile("\(base)/.metadata") && (name == ".metadata" || isOneOfSeveral(error))
    {
      return distributed(base)
    }
    if name == "data.pkl", isFolder("\(base)/data") || isRegularFile("\(base)/version") { return unpacked(base) }
    if name.hasSuffix("optim_states.pt"), name.contains("zero_pp_rank_") {
      return deepSpeed(path, at: folder(of: base))
    }
    return nil
  }

  /// Entries of a folder that are looked into.
  private static let entryLimit = 100

  private static func isOneOfSeveral(_ error: CheckpointError) -> Bool {
    switch error {
    case .malformed, .truncated, .noStateDictionary: true
    default: false
    }
  }

  // MARK: torch.distributed.checkpoint

  private static func isDistributed(_ names: [String]) -> Bool {
    names.contains(".metadata") && names.contains { $0.hasSuffix(".distcp") }
  }

  private static func distributed(_ folder: String) -> CheckpointError {
    .unsupported(
      path: folder, what: "a checkpoint in shards (torch.distributed.checkpoint, as FSDP writes it)",
      advice:
        "put it together with python -m torch.distributed.checkpoint.format_utils dcp_to_torch \(shellWord(folder)) model.pth "
        + "and give model.pth")
  }

  // MARK: DeepSpeed

  private static func isDeepSpeed(_ names: [String]) -> Bool {
    names.contains("zero_to_fp32.py") || isDeepSpeedShards(names)
  }

  private static func isDeepSpeedShards(_ names: [String]) -> Bool {
    names.contains { $0.hasSuffix("_optim_states.pt") && $0.contains("zero_pp_rank_") }
  }

  /// The refusal of a shard of DeepSpeed's.
  ///
  /// - Parameters:
  ///   - path: The file or folder given.
  ///   - folder: The folder that holds `latest` and `zero_to_fp32.py`.
  /// - Returns: An error that names the command.
  static func deepSpeed(_ path: String, at folder: String) -> CheckpointError {
    .unsupported(
      path: path, what: "a checkpoint in shards (DeepSpeed ZeRO)",
      advice: "put it together with the script that DeepSpeed left beside it, python "
        + "\(shellWord("\(folder)/zero_to_fp32.py")) \(shellWord(folder)) model, and give what it writes")
  }

  // MARK: An archive that was unpacked

  private static func unpacked(_ folder: String) -> CheckpointError {
    let name = lastComponent(of: folder)
    let above = Checkpoints.folder(of: folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder)
    let isNamed = ![".", "..", ""].contains(name)
    let words =
      isNamed
      ? "cd \(shellWord(above)) && zip -0 -r \(shellWord("\(name).pth")) \(shellWord(name))"
      : "zip -0 -r model.pth of it"
    return .unsupported(
      path: folder, what: "a PyTorch checkpoint that was unpacked",
      advice:
        "pack it without compression (\(words)) and give the packed file; the file from which it was unpacked is the same"
    )
  }
}
