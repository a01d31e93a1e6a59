internal import Checkpoints

/// What the files of a checkpoint say of the pixels that it was trained on, put together; values that none of them tells are nil.
///
/// Files are believed in this order: what the user names, Hugging Face's `preprocessor_config.json` or `processor_config.json`, timm's
/// `config.json`, OpenCLIP's, MMEngine's configuration, timm's within the checkpoint, the run's own arguments. Where two say different
/// things, the first is taken and `warnings` name both.
struct StatedPixels: Sendable {
  private(set) var normalization: PixelStatement.Normalization?
  /// Whether the network's first channel is blue.
  private(set) var isBGR = false
  /// How an image becomes a square.
  private(set) var resizing: Sourced<PixelResizing>?
  /// Side of the square.
  private(set) var side: Sourced<Int>?
  /// Why pixels cannot be normalised as stated.
  private(set) var normalizationProblem: PixelStatement.Problem?
  /// Why no square can be made as stated.
  private(set) var resizingProblem: PixelStatement.Problem?
  /// Contradictions, for people.
  private(set) var warnings: [String] = []

  init(_ settings: Settings) {
    for statement in Self.statements(settings) {
      addNormalization(statement)
      addResizing(statement)
      if side == nil { side = statement.side }
    }
    if let normalization { warnings += Self.rangeWarning(normalization) }
  }

  private static func statements(_ settings: Settings) -> [PixelStatement] {
    var found: [PixelStatement] = []
    var configurations: [PixelStatement] = []
    if let (values, prefix) = settings.timmConfiguration {
      configurations.append(PixelStatement(timm: values, called: settings.configName, prefix: prefix))
    }
    if let openCLIP = settings.openCLIP {
      configurations.append(PixelStatement(openCLIP: openCLIP.preprocessing, called: openCLIP.name))
    }
    if settings.configIsGiven { found += configurations }
    if settings.configIsGiven, settings.mmengineName == settings.configName, let config = settings.mmengine {
      found.append(PixelStatement(mmengine: config, called: settings.mmengineName))
    }
    if let (values, name) = settings.processor {
      found.append(PixelStatement(processor: values, called: name, family: settings.config?["model_type"]?.string))
    }
    if !settings.configIsGiven { found += configurations }
    if let config = settings.mmengine, !(settings.configIsGiven && settings.mmengineName == settings.configName) {
      found.append(PixelStatement(mmengine: config, called: settings.mmengineName))
    }
    for key in ["pretrained_cfg", "default_cfg"] {
      guard let values = settings.metadata[key], !values.keys.isEmpty else { continue }
      found.append(PixelStatement(timm: values, called: "the checkpoint", prefix: "\(key)."))
    }
    if let statement = PixelStatement(swin: settings.metadata["config"]) { found.append(statement) }
    if let arguments = settings.arguments { found.append(PixelStatement(arguments: arguments)) }
    return found
  }

  // MARK: Putting together

  private mutating func addNormalization(_ statement: PixelStatement) {
    guard normalization == nil, normalizationProblem == nil else {
      if let first = normalization, let second = statement.normalization { compare(first, second) }
      return
    }
    (normalization, normalizationProblem) = (statement.normalization, statement.normalizationProblem)
    isBGR = statement.isBGR ?? isBGR
  }

  /// Values of two files that differ by more than the figures to which people write such numbers.
  private mutating func compare(_ first: PixelStatement.Normalization, _ second: PixelStatement.Normalization) {
    let pairs = zip(first.mean + first.deviation, second.mean + second.deviation)
    guard !pairs.allSatisfy({ abs($0 - $1) <= 2e-3 * max(abs($0), abs($1)) }), second.source.isFile else { return }
    let words = { (n: PixelStatement.Normalization) in
      "mean \(Self.words(n.mean)), deviation \(Self.words(n.deviation)) (\(n.source))"
    }
    warnings.append("files differ on pixels: \(words(first)) is taken, not \(words(second)); --normalize decides")
  }

  private mutating func addResizing(_ statement: PixelStatement) {
    if let first = resizing, case .assumed = first.source, let second = statement.resizing, second.source.isFile {
      resizing = second
      return
    }
    guard resizing == nil, resizingProblem == nil else {
      guard let first = resizing, let second = statement.resizing, second.source.isFile else { return }
      let (a, b) = (first.value, second.value)
      guard abs(a.crop - b.crop) > 5e-3 || a.filter != b.filter || a.fitting != b.fitting else { return }
      let words = { (r: Sourced<PixelResizing>) in "\(r.value.words) (\(r.source))" }
      warnings.append("files differ on the crop: \(words(first)) is taken, not \(words(second)); --crop-pct decides")
      return
    }
    (resizing, resizingProblem) = (statement.resizing, statement.resizingProblem)
  }

  private static func words(_ values: [Double]) -> String {
    // Four digits tell any two statistics apart.
    values.map { "\(($0 * 1e4).rounded() / 1e4)" }.joined(separator: ",")
  }

  /// Means that fit samples of 0 … 255 where samples are in 0 … 1, or the other way round.
  private static func rangeWarning(_ stated: PixelStatement.Normalization) -> [String] {
    guard stated.source.isFile else { return [] }
    let isLarge = stated.mean.contains { $0 > 4 }
    let isSmall = stated.mean.allSatisfy { $0 > 0 && $0 < 0.01 } && stated.deviation.allSatisfy { $0 < 0.01 }
    guard isLarge || isSmall else { return [] }
    let ranges = isLarge ? "0 … 255, but the file has samples in 0 … 1" : "0 … 1, but the file has samples in 0 … 255"
    return [
      "mean and deviation of pixels (\(stated.source)) look like those of samples in \(ranges); they are taken as written, --normalize replaces them"
    ]
  }
}

extension PixelNormalization {
  /// Another size of images than the network's, for people.
  ///
  /// - Parameters:
  ///   - size: Height and width of the network's images.
  ///   - source: Who says so.
  /// - Returns: A sentence; empty where they agree.
  func sizeWarning(_ size: [Int], _ source: ValueSource?) -> [String] {
    guard let side, side.source.isFile, size.count == 2, size[0] == size[1], size[0] != side.value else { return [] }
    let origin = source.map { " (\($0))" } ?? ""
    return [
      "files differ on the size of images: \(size[0])\(origin) is taken, not \(side.value) (\(side.source)); --image-size decides"
    ]
  }
}

extension ValueSource {
  /// Whether a file says so itself.
  fileprivate var isFile: Bool { if case .file = self { true } else { false } }
}

extension PixelResizing {
  /// The way in a few words.
  fileprivate var words: String {
    let share = (crop * 1e4).rounded() / 1e4
    let fits = ["shortest": "short side", "longest": "long side", "squashed": "both sides", "kept": "nothing"]
    return "\(share) of the image, \(fits[fitting.rawValue] ?? "") resized, \(filter.rawValue)"
  }
}

extension Settings {
  /// The image processor among Hugging Face's files, and the file's name.
  fileprivate var processor: (MetadataValue, String)? {
    guard let preprocessing else { return nil }
    for key in ["image_processor", "vision_processor", "feature_extractor", "video_processor"] {
      if let inner = preprocessing[key], case .dictionary = inner { return (inner, "\(preprocessingName), \(key)") }
    }
    return (preprocessing, preprocessingName)
  }

  /// timm's `pretrained_cfg`, or the whole of its older configurations, and what stands before keys.
  fileprivate var timmConfiguration: (MetadataValue, String)? {
    if let values = config?["pretrained_cfg"], !values.keys.isEmpty { return (values, "pretrained_cfg.") }
    guard let config, config["architecture"] != nil, config["model_type"] == nil,
      ["mean", "std", "crop_pct", "interpolation", "input_size"].contains(where: { config[$0] != nil })
    else { return nil }
    return (config, "")
  }
}
