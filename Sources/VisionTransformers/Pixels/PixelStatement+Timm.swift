internal import Checkpoints

extension PixelStatement {
  /// Reads timm's `pretrained_cfg`; what it leaves out is timm's default.
  ///
  /// - Parameters:
  ///   - values: The dictionary.
  ///   - name: What to call the file.
  ///   - prefix: What stands before a key in it, such as `pretrained_cfg.`.
  /// - Note: Source: timm 1.0.31, `PretrainedCfg`, `resolve_data_config` and `transforms_imagenet_eval`.
  init(timm values: MetadataValue, called name: String, prefix: String) {
    let source = { (key: String) in
      values.stated(key) == nil
        ? ValueSource.usual("timm's, as \(name) states no \(prefix)\(key)") : .file(name, key: prefix + key)
    }
    readTimmNormalization(values, name, prefix, source("mean"))
    if let crop = timmCrop(values, name, prefix) {
      resizing = Sourced(value: crop, source: source("crop_pct"))
      side = Self.side(values["input_size"]).map { Sourced(value: $0, source: source("input_size")) }
    }
  }

  private mutating func timmCrop(_ values: MetadataValue, _ name: String, _ prefix: String) -> PixelResizing? {
    guard let filter = timmFilter(values, name, prefix) else { return nil }
    let share = values.stated("crop_pct")
    guard let crop = share.map(\.lenientNumber) ?? 0.875, crop >= 0, crop <= 10 else {
      refuseResizing(
        "\(prefix)crop_pct in \(name)", share.map { "\($0)" } ?? "", "a share above 0 is needed: correct it there")
      return nil
    }
    var result = PixelResizing(crop: crop == 0 ? 0.875 : crop, filter: filter)
    let mode = values.stated("crop_mode")?.string ?? "center"
    switch mode {
    case "center", "": break
    case "squash": result.fitting = .squashed
    case "border":
      result.fitting = .longest
      result.border = Self.byteColour(normalization?.mean ?? [0, 0, 0])
    default:
      refuseResizing(
        "\(prefix)crop_mode in \(name)", mode, "only center, squash and border are known: correct it there")
      return nil
    }
    if let side = Self.side(values["test_input_size"]), let crop = values["test_crop_pct"]?.lenientNumber, crop > 0,
      crop <= 10
    {
      result.larger = .init(side: side, crop: crop)
    }
    return result
  }

  private mutating func readTimmNormalization(
    _ values: MetadataValue, _ name: String, _ prefix: String, _ source: ValueSource
  ) {
    let numbers = ["mean", "std"].map { key in (key, values.stated(key), values.stated(key)?.lenientNumbers) }
    for (key, stated, found) in numbers where found == nil {
      guard let stated else { continue }
      return refuseNormalization(
        "\(prefix)\(key) in \(name)", "\(stated)", "a list of three numbers is needed: correct it there")
    }
    normalize(
      by: numbers[0].2 ?? PixelNormalization.imagenet.mean, numbers[1].2 ?? PixelNormalization.imagenet.deviation,
      source)
  }

  private mutating func timmFilter(_ values: MetadataValue, _ name: String, _ prefix: String) -> PixelResizing.Filter? {
    let word = values.stated("interpolation")?.string ?? ""
    // What timm draws at random in training is bicubic or bilinear; evaluation takes the first.
    if word.isEmpty || word == "random" { return .bicubic }
    let pillow: [PixelResizing.Filter] = [.bicubic, .bilinear, .lanczos, .box, .hamming, .nearest]
    if let filter = pillow.first(where: { $0.rawValue == word }) { return filter }
    refuseResizing(
      "\(prefix)interpolation in \(name)", word, "only Pillow's filters are known: correct it there")
    return nil
  }

  /// The side of `[3, 224, 224]` or of a number alone; nil for anything that is no square.
  static func side(_ value: MetadataValue?) -> Int? {
    guard let value else { return nil }
    if let side = value.lenientSide { return side }
    guard let sides = value.list?.suffix(2).map(\.lenientSide), sides.count == 2, sides[0] == sides[1] else {
      return nil
    }
    return sides[0]
  }

  /// Samples of 0 … 1 as those of 0 … 255, halves to the even neighbour as Python rounds them.
  private static func byteColour(_ colour: [Double]) -> [UInt8] {
    colour.map { UInt8(min(max(($0 * 255).rounded(.toNearestOrEven), 0), 255)) }
  }
}

extension PixelStatement {
  /// Reads OpenCLIP's `preprocess_cfg`; what it leaves out is OpenCLIP's default.
  ///
  /// - Parameters:
  ///   - values: The dictionary.
  ///   - name: What to call the file.
  /// - Note: Source: open_clip 3.3, `PreprocessCfg` and `image_transform`.
  init(openCLIP values: MetadataValue, called name: String) {
    let prefix = "preprocess_cfg."
    let numbers = ["mean", "std"].map { values.stated($0)?.lenientNumbers }
    for (key, found) in zip(["mean", "std"], numbers) where found == nil {
      guard let stated = values.stated(key) else { continue }
      refuseNormalization(
        "\(prefix)\(key) in \(name)", "\(stated)", "a list of three numbers is needed: correct it there")
    }
    if normalizationProblem == nil {
      let source: ValueSource =
        numbers[0] == nil
        ? .usual("CLIP's, OpenCLIP's where \(name) states none") : .file(name, key: "\(prefix)mean")
      normalize(by: numbers[0] ?? PixelNormalization.clip.mean, numbers[1] ?? PixelNormalization.clip.deviation, source)
    }
    if let mode = values.stated("mode")?.string, mode != "RGB" {
      refuseNormalization("\(prefix)mode in \(name)", mode, "only RGB is supported")
    }
    readOpenCLIPResizing(values, name, prefix)
  }

  private mutating func readOpenCLIPResizing(_ values: MetadataValue, _ name: String, _ prefix: String) {
    let words = ["": PixelResizing.Filter.bicubic, "bicubic": .bicubic, "random": .bicubic, "bilinear": .bilinear]
    let word = values.stated("interpolation")?.string ?? ""
    guard let filter = words[word] else {
      return refuseResizing(
        "\(prefix)interpolation in \(name)", word, "only bicubic and bilinear are known: correct it there")
    }
    var result = PixelResizing(crop: 1, filter: filter)
    let mode = values.stated("resize_mode")?.string ?? "shortest"
    guard let fitting = PixelResizing.Fitting(rawValue: mode == "squash" ? "squashed" : mode), fitting != .kept else {
      return refuseResizing(
        "\(prefix)resize_mode in \(name)", mode, "only shortest, longest and squash are known: correct it there")
    }
    result.fitting = fitting
    if fitting == .longest, let colour = values.stated("fill_color") {
      guard let numbers = colour.lenientNumbers, numbers.count == 1 || numbers.count == 3,
        numbers.allSatisfy({ $0 >= 0 && $0 <= 255 && $0 == $0.rounded() })
      else {
        return refuseResizing(
          "\(prefix)fill_color in \(name)", "\(colour)",
          "one or three whole numbers of 0 … 255 are needed: correct it there")
      }
      result.border = (0..<3).map { UInt8(numbers[numbers.count == 1 ? 0 : $0]) }
    }
    let key = values.stated("resize_mode") == nil ? "preprocess_cfg" : "\(prefix)resize_mode"
    resizing = Sourced(value: result, source: .file(name, key: key))
    side = Self.side(values["size"]).map { Sourced(value: $0, source: .file(name, key: "\(prefix)size")) }
  }
}
