internal import Checkpoints

/// Where a value of the architecture came from, in words for people.
public enum ValueSource: Sendable, Hashable {
  /// The user said so: the option's name.
  case option(String)
  /// A file beside the weights or a part of the checkpoint said so: which, and the key.
  case file(String, key: String)
  /// Read off the tensors' shapes or values.
  case tensors(String)
  /// What all published files with such names and shapes have: which they are.
  case usual(String)
  /// A default in which published files with these names and shapes differ: why this one, and the option that replaces it.
  case assumed(String, option: String)
}

extension ValueSource: CustomStringConvertible {
  /// The source in a few words.
  public var description: String {
    switch self {
    case .option(let option): "option \(option)"
    case .file(let file, let key): "\(file), \(key)"
    case .tensors(let tensors): "tensors: \(tensors)"
    case .usual(let reason): "default: \(reason)"
    case .assumed(let reason, let option): "assumed: \(reason); \(option) replaces it"
    }
  }
}

/// What a checkpoint says of itself outside its tensors, in the order in which it is believed.
struct Settings: Sendable {
  /// `config.json` of Hugging Face or timm.
  let config: MetadataValue?
  /// `preprocessor_config.json` of Hugging Face.
  let preprocessing: MetadataValue?
  /// `args` of the original repositories, an `argparse.Namespace`.
  let arguments: MetadataValue?
  /// `meta.cfg` (or `meta.config`) of MMEngine and MMCV.
  let mmengine: PythonConfig?
  /// Everything else in the file; for safetensors the strings of its header.
  let metadata: MetadataValue
}

extension Settings {
  /// What stands in a checkpoint and beside it.
  init(_ checkpoint: Checkpoint) {
    config = checkpoint.config
    preprocessing = checkpoint.preprocessing
    metadata = checkpoint.metadata
    arguments = metadata["args"]
    mmengine = Self.configurationText(metadata).map(PythonConfig.init)
  }

  /// The configuration of MMEngine or MMCV as Python source.
  static func configurationText(_ metadata: MetadataValue) -> String? {
    metadata["meta"]?["cfg"]?.string ?? metadata["meta"]?["config"]?.string
  }

  /// An integer under one of these keys, in a configuration or among the arguments.
  func integer(config configKey: String? = nil, arguments argumentKeys: [String] = []) -> (Int, ValueSource)? {
    if let configKey, let value = vision?[configKey]?.int { return (value, .file("config.json", key: configKey)) }
    for key in argumentKeys {
      if let value = arguments?[key]?.int { return (value, .file("args", key: key)) }
      if let value = metadata[key]?.string.flatMap({ Int($0) }) { return (value, .file("metadata", key: key)) }
    }
    return nil
  }

  /// Height and width of the training images.
  var imageSize: ([Int], ValueSource)? {
    if let value = vision?["image_size"] ?? config?["pretrained_cfg"]?["input_size"] {
      let source = ValueSource.file("config.json", key: "image_size")
      if let side = value.int { return ([side, side], source) }
      return value.list.map { ($0.suffix(2).compactMap(\.int), source) }
    }
    let text = metadata["image_size"]?.string
    return text.map { ($0.split(separator: ",").compactMap { Int($0) }, .file("metadata", key: "image_size")) }
  }

  /// The part of `config.json` that describes the network for images, where another one for text stands beside it.
  var vision: MetadataValue? { config?["vision_config"] ?? config }

  /// The architecture by the name that timm's `config.json` gives it.
  var timmArchitecture: String? { isTimm ? config?["architecture"]?.string : nil }

  /// Whether `config.json` is timm's rather than Hugging Face's.
  var isTimm: Bool {
    config?["pretrained_cfg"] != nil || (config?["architecture"] != nil && config?["model_type"] == nil)
  }

  /// The family that Hugging Face's `config.json` names.
  var huggingFaceModel: String? { config?["model_type"]?.string }
}
