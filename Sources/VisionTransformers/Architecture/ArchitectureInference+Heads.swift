internal import Checkpoints

/// How many heads attention has.
extension ArchitectureInference {
  mutating func heads(width: Int, depth: Int) throws(ModelError) -> Int {
    let (heads, source) = try foundHeads(width: width, depth: depth)
    guard heads > 0, width.isMultiple(of: heads) else {
      throw .unusableSetting(
        file: names.file, setting: "number of heads (\(source))", value: "\(heads)",
        reason: "width \(width) does not divide by it; give --heads")
    }
    note("heads", heads, source)
    return heads
  }

  private func foundHeads(width: Int, depth: Int) throws(ModelError) -> (Int, ValueSource) {
    let shown = try names.headsOfKernels(depth: depth)
    if let shown, let heads = options.heads, heads != shown {
      throw .unusableSetting(
        file: names.file, setting: "number of heads (option --heads)", value: "\(heads)",
        reason: "the kernels of the queries show \(shown); leave --heads away")
    }
    if let shown { return (shown, .tensors("kernels of the queries")) }
    if let heads = options.heads { return (heads, .option("--heads")) }
    if let found = toldHeads ?? statedHeads(width: width, depth: depth) { return found }
    return try HeadsByWidth.heads(width: width, depth: depth, names)
  }

  /// Heads that a configuration states, or the network that it names has.
  private func statedHeads(width: Int, depth: Int) -> (Int, ValueSource)? {
    if let tower = settings.tower {
      for key in ["num_attention_heads", "num_heads", "encoder_attention_heads"] {
        if let heads = tower.value[key]?.int { return (heads, .file(settings.configName, key: tower.key(key))) }
      }
      if let defaults = tower.defaults {
        return (defaults.heads, .file(settings.configName, key: "\(tower.key("model_type")), its usual number"))
      }
    }
    if let found = settings.openCLIP?.heads { return found }
    if let found = settings.integer(arguments: ["num_heads", "heads", "n_heads"]) { return found }
    for (arguments, name) in [
      (settings.config?["model_args"], "\(settings.configName), model_args"),
      (settings.arguments?["model_kwargs"], "args, model_kwargs"),
    ] {
      if let heads = arguments?["num_heads"]?.int { return (heads, .file(name, key: "num_heads")) }
    }
    if let timm = settings.timm, timm.value.heads > 0, settings.isTimm || timm.value.width == width {
      return (timm.value.heads, timm.source)
    }
    return settings.mmengine.flatMap {
      MMEngineBackbone($0, called: settings.mmengineName)?.heads(width: width, depth: depth)
    }
  }

  /// Heads that tensors show: columns of a table of relative positions, or values of a head in one of angles.
  private var toldHeads: (Int, ValueSource)? {
    for parameter in ["relative", "blocks.0.attention.relative"] {
      if let shape = names.shape(of: parameter), shape.count == 2, let tensor = names.tensor(of: parameter) {
        return (shape[1], .tensors("columns of \(tensor)"))
      }
    }
    if let shape = names.shape(of: "rotary.cos"), shape.count == 2, let tensor = names.tensor(of: "rotary.cos") {
      return (width / shape[1], .tensors("columns of \(tensor)"))
    }
    return nil
  }
}
