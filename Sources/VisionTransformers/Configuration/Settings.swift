internal import Checkpoints

/// What a checkpoint says of itself outside its tensors, in the order in which it is believed.
struct Settings: Sendable {
  /// `config.json` of Hugging Face or timm, where it describes the tensors.
  let config: MetadataValue?
  /// What to call it in messages.
  let configName: String
  /// Whether the user named it.
  let configIsGiven: Bool
  /// OpenCLIP's configuration, where it describes the tensors.
  let openCLIP: OpenCLIPConfiguration?
  /// The part of it that describes the network for images.
  let tower: TowerSection?
  /// The network that timm's `config.json`, or a run of timm's, names; nil for names that timm has not published.
  let timm: Sourced<TimmArchitecture>?
  /// The name in timm's `config.json` where timm has not published such a network.
  let unknownArchitecture: String?
  /// `preprocessor_config.json` of Hugging Face.
  let preprocessing: MetadataValue?
  /// What to call it in messages.
  let preprocessingName: String
  /// `args` of the original repositories, an `argparse.Namespace`.
  let arguments: MetadataValue?
  /// `meta.cfg` (or `meta.config`) of MMEngine and MMCV, or the user's own file of that kind.
  let mmengine: PythonConfig?
  /// What to call that in messages.
  let mmengineName: String
  /// Everything else in the file; for safetensors the strings of its header.
  let metadata: MetadataValue
  /// What was left aside and why, for people.
  let warnings: [String]
  /// Why nothing may be computed; nil where nothing speaks against it.
  let problem: ModelError?
}

extension Settings {
  /// What a file says by itself, with nothing beside it.
  init(config: MetadataValue?, arguments: MetadataValue?, mmengine: PythonConfig?, metadata: MetadataValue) {
    self.init(
      config: config, configName: "config.json", configIsGiven: false, openCLIP: nil,
      tower: config.flatMap { TowerSection.all(in: $0).first }, timm: nil, unknownArchitecture: nil, preprocessing: nil,
      preprocessingName: "preprocessor_config.json", arguments: arguments,
      mmengine: mmengine, mmengineName: "meta.cfg", metadata: metadata, warnings: [], problem: nil)
  }

  /// What stands in a checkpoint and beside it.
  ///
  /// - Parameters:
  ///   - checkpoint: The open file.
  ///   - names: The tensors; a configuration that describes others is left aside or refused.
  init(_ checkpoint: Checkpoint, _ names: NameResolution? = nil) {
    let text = checkpoint.config?.string
    let sizes = names.flatMap(ShownSizes.init)
    let name = checkpoint.configPath ?? "config.json"
    let given = OpenCLIPConfiguration(checkpoint.configIsGiven ? checkpoint.config : nil, called: name)
    let reading = ConfigurationReading(
      text == nil && given == nil ? checkpoint.config : nil, called: name,
      isGiven: checkpoint.configIsGiven, file: checkpoint.path, sizes)
    let beside = OpenCLIPConfiguration(checkpoint.openCLIPConfig, called: "open_clip_config.json")
    let (openCLIP, contradiction, problem) = Self.agreeing(
      given ?? beside, isGiven: given != nil, checkpoint.path, sizes)
    self.openCLIP = openCLIP
    (config, tower, warnings) = (reading.config, reading.tower, reading.warnings + contradiction)
    unknownArchitecture = reading.unknownArchitecture
    (configName, configIsGiven) = (name, checkpoint.configIsGiven)
    preprocessing = checkpoint.preprocessing
    preprocessingName = checkpoint.preprocessingName ?? "preprocessor_config.json"
    metadata = checkpoint.metadata
    arguments = metadata["args"]
    mmengine = (text ?? Self.configurationText(metadata)).map(PythonConfig.init)
    mmengineName = text == nil ? "meta.cfg" : configName
    timm = reading.timm ?? Self.trainedByTimm(metadata)
    self.problem = reading.problem ?? problem ?? Self.problem(mmengine, called: mmengineName, checkpoint.path, names)
  }

  /// OpenCLIP's configuration if it describes the tensors; else a warning, or a refusal where the user named it.
  private static func agreeing(
    _ found: OpenCLIPConfiguration?, isGiven: Bool, _ file: String, _ sizes: ShownSizes?
  ) -> (OpenCLIPConfiguration?, [String], ModelError?) {
    guard let found, let sizes, found.agreement(sizes) != .agrees else { return (found, [], nil) }
    let reason =
      "describes another network (\(found.title)) than the tensors (\(sizes.depth) blocks × \(sizes.width), patches of \(sizes.patch))"
    guard isGiven else { return (nil, ["\(found.name) is left aside: it \(reason)"], nil) }
    return (
      nil, [],
      .unusableSetting(
        file: file, setting: "option --config", value: found.name,
        reason: "it \(reason); give this checkpoint's own, or leave it away")
    )
  }

  /// The configuration of MMEngine or MMCV as Python source.
  static func configurationText(_ metadata: MetadataValue) -> String? {
    metadata["meta"]?["cfg"]?.string ?? metadata["meta"]?["config"]?.string
  }

  private static func problem(
    _ config: PythonConfig?, called name: String, _ file: String, _ names: NameResolution?
  ) -> ModelError? {
    guard let config, let sizes = names.flatMap(ShownSizes.init) else { return nil }
    return MMEngineBackbone(config, called: name)?.problem(sizes, file: file)
  }

  /// The network that a training by timm names in its checkpoint; other code has names of its own, of which timm knows none.
  private static func trainedByTimm(_ metadata: MetadataValue) -> Sourced<TimmArchitecture>? {
    for (name, source) in [
      (metadata["args"]?["model"]?.string, ValueSource.file("args", key: "model")),
      (metadata["arch"]?.string, .file("metadata", key: "arch")),
    ] {
      if let name, let known = TimmArchitecture.named(name) { return Sourced(value: known, source: source) }
    }
    return nil
  }

  /// An integer under one of these keys, in a configuration or among the arguments.
  func integer(config configKey: String? = nil, arguments argumentKeys: [String] = []) -> (Int, ValueSource)? {
    if let configKey, let tower, let value = tower.value[configKey]?.int {
      return (value, .file(configName, key: tower.key(configKey)))
    }
    for key in argumentKeys {
      if let value = arguments?[key]?.int { return (value, .file("args", key: key)) }
      if let value = metadata[key]?.string.flatMap({ Int($0) }) { return (value, .file("metadata", key: key)) }
    }
    return nil
  }

  /// Height and width of the training images.
  var imageSize: ([Int], ValueSource)? {
    let sizes: [(MetadataValue?, String)] = [
      (tower?.value["image_size"], tower?.key("image_size") ?? ""),
      (config?["model_args"]?["img_size"], "model_args.img_size"),
      (config?["pretrained_cfg"]?["input_size"], "pretrained_cfg.input_size"),
    ]
    for (value, key) in sizes {
      let source = ValueSource.file(configName, key: key)
      if let side = value?.int { return ([side, side], source) }
      if let sides = value?.list { return (sides.suffix(2).compactMap(\.int), source) }
    }
    let text = metadata["image_size"]?.string
    return text.map { ($0.split(separator: ",").compactMap { Int($0) }, .file("metadata", key: "image_size")) }
  }

  /// Whether `pretrain` wrote the file.
  var isOurs: Bool { metadata["decoder_heads"] != nil || (metadata["heads"] != nil && metadata["patch_size"] != nil) }

  /// Whether a configuration names an MAE or one of its kin.
  var isOfMAE: Bool {
    if huggingFaceModel == "vit_mae" { return true }
    let type = mmengine?.section("backbone")?.string("type")
    return type.map { $0.contains("MAEViT") || $0.contains("MFFViT") } ?? false
  }

  /// Whether `config.json` is timm's rather than Hugging Face's.
  var isTimm: Bool { config.map(ConfigurationReading.isTimm) ?? false }

  /// The family of the network for images that Hugging Face's `config.json` names.
  var huggingFaceModel: String? { tower?.family ?? config?["model_type"]?.string }
}
