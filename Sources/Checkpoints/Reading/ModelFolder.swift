/// A folder as Hugging Face libraries write it: weights under fixed names, and a configuration beside them.
enum ModelFolder {
  /// In the order in which their own library tries them.
  private static let weightNames = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    "open_clip_model.safetensors", "open_clip_pytorch_model.bin", "pytorch_model.safetensors",
  ]

  /// The file to open for a folder.
  static func weights(in path: String) throws(CheckpointError) -> String {
    let base = path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
    for name in weightNames where isRegularFile("\(base)/\(name)") { return "\(base)/\(name)" }
    let names = try namesInFolder(path)
    throw UnassembledCheckpoint.refusal(ofFolder: base, names: names) ?? .noCheckpointInFolder(path: path, found: names)
  }

  /// Larger files are no configuration.
  static let configurationLimit = 16 << 20
  /// Any of these keys makes a JSON object a model's configuration.
  private static let configurationKeys = [
    "model_type", "architectures", "architecture", "hidden_size", "num_attention_heads", "pretrained_cfg",
  ]
  /// Any of these makes it OpenCLIP's.
  private static let openCLIPKeys = ["model_cfg", "preprocess_cfg", "vision_cfg"]

  /// `config.json` beside a file, when there is one and it describes a model.
  static func configuration(beside path: String) throws(CheckpointError) -> MetadataValue? {
    try json("config.json", beside: path, withAnyOf: configurationKeys)
  }

  /// `open_clip_config.json` beside a file.
  static func openCLIPConfiguration(beside path: String) throws(CheckpointError) -> MetadataValue? {
    try json("open_clip_config.json", beside: path, withAnyOf: openCLIPKeys)
  }

  /// What lies beside a file and tells how pixels are prepared: `preprocessor_config.json`, or newer, `processor_config.json`,
  /// or that of a network for videos.
  ///
  /// - Returns: The JSON object and the file's name; nil where there is none.
  static func preprocessing(beside path: String) throws(CheckpointError) -> (MetadataValue?, String?) {
    for name in ["preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"] {
      if let value = try json(name, beside: path, withAnyOf: processorKeys) { return (value, name) }
    }
    return (nil, nil)
  }

  private static let processorKeys = [
    "image_mean", "image_std", "do_normalize", "do_rescale", "rescale_factor", "do_resize", "size", "resample",
    "do_center_crop", "crop_size", "image_processor", "image_processor_type", "vision_processor", "video_processor",
    "video_processor_type", "feature_extractor", "feature_extractor_type",
  ]

  /// A configuration that the user names: Hugging Face's or timm's `config.json`, OpenCLIP's, or MMEngine's Python source, of which nothing is run.
  ///
  /// - Returns: The JSON object, or a text.
  /// - Throws: `CheckpointError` for a file that is neither.
  static func configuration(at path: String) throws(CheckpointError) -> MetadataValue {
    let file = try InputFile(opening: path)
    guard file.byteCount <= configurationLimit else {
      throw .tooLarge(path: path, what: "a configuration is at most 16 MiB")
    }
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    if bytes.first(where: { !JSONScanner.isBlank($0) }) == UInt8(ascii: "{") {
      let value = try MetadataValue(json: bytes, path: path)
      guard (configurationKeys + openCLIPKeys).contains(where: { value[$0] != nil }) else {
        throw .notACheckpoint(
          path: path, content: "a JSON object that describes no model",
          advice:
            "give the config.json of Hugging Face or timm (with model_type or architecture), OpenCLIP's, or MMEngine's .py"
        )
      }
      return value
    }
    guard let text = String(validating: bytes, as: UTF8.self), text.contains("dict(") || text.contains("model") else {
      throw .notACheckpoint(
        path: path, content: "no configuration", advice: "give a config.json of Hugging Face or timm, or MMEngine's .py"
      )
    }
    return .string(text)
  }

  private static func json(
    _ name: String, beside path: String, withAnyOf keys: [String]
  ) throws(CheckpointError) -> MetadataValue? {
    let place = "\(folder(of: path))/\(name)"
    guard isRegularFile(place) else { return nil }
    let file = try InputFile(opening: place)
    guard file.byteCount <= configurationLimit else { return nil }
    let value = try MetadataValue(json: try file.bytes(at: 0, count: file.byteCount), path: place)
    return keys.contains { value[$0] != nil } ? value : nil
  }
}
