internal import Checkpoints

/// Every step that a Hugging Face image processor names is done, is its class's, or is a problem.
extension PixelStatement {
  /// Reads `preprocessor_config.json` and its kin.
  ///
  /// - Parameters:
  ///   - values: The JSON object of the image processor.
  ///   - name: What to call it.
  ///   - family: `model_type` of the configuration beside it, which decides where the file names no class.
  init(processor values: MetadataValue, called name: String, family: String?) {
    let reading = ProcessorReading(values, called: name, family: family)
    reading.readNormalization(into: &self)
    isBGR = reading.does("do_flip_channel_order", reading.kind?.flipsChannels ?? false) ? true : nil
    reading.readResizing(into: &self)
  }
}

private struct ProcessorReading {
  let values: MetadataValue
  let name: String
  /// The class; nil for one that is not known.
  let kind: ImageProcessorClass?
  /// The class as the file writes it; nil where it names none.
  let title: String?

  init(_ values: MetadataValue, called name: String, family: String?) {
    (self.values, self.name) = (values, name)
    title =
      ["image_processor_type", "feature_extractor_type", "video_processor_type"].lazy
      .compactMap { values[$0]?.string }.first
    kind = title.map(ImageProcessorClass.named) ?? family.flatMap(ImageProcessorClass.ofModel)
  }

  func does(_ key: String, _ usual: Bool) -> Bool { values[key]?.lenientBool ?? usual }

  /// Who says what the file leaves out.
  private func usual(_ key: String) -> ValueSource {
    guard let kind else { return .assumed("\(name) states no \(key)", option: "--normalize") }
    return .usual("\(kind.name)ImageProcessor's, as \(name) states no \(key)")
  }

  // MARK: Mean and deviation

  func readNormalization(into statement: inout PixelStatement) {
    guard let factor = factor(&statement) else { return }
    let shift = offset
    guard does("do_normalize", kind?.normalizes ?? true) else {
      let key = values["do_normalize"] == nil ? nil : "do_normalize"
      return set([0], [1], factor, shift, key.map { .file(name, key: $0) } ?? usual("do_normalize"), &statement)
    }
    for key in ["image_mean", "image_std"] {
      if let stated = values.stated(key), stated.lenientNumbers == nil {
        return statement.refuseNormalization(
          "\(key) in \(name)", "\(stated)", "a list of three numbers is needed: correct it there")
      }
    }
    let (mean, deviation) = (values.stated("image_mean")?.lenientNumbers, values.stated("image_std")?.lenientNumbers)
    guard let mean = mean ?? kind?.mean, let deviation = deviation ?? kind?.deviation else {
      if mean != nil || deviation != nil || shift != 0 || abs(255 * factor - 1) > 1e-6 {
        statement.refuseNormalization(
          "\(mean == nil ? "image_mean" : "image_std") in \(name)", "nothing",
          "\(title ?? "its class") is not known here, nor what it takes where the file is silent: write it there")
      }
      return
    }
    let key = abs(255 * factor - 1) > 1e-6 ? "rescale_factor" : "image_mean"
    let isStated = values.stated("image_mean") != nil
    set(mean, deviation, factor, shift, isStated ? .file(name, key: key) : usual("image_mean"), &statement)
  }

  /// What samples of 0 … 255 are multiplied by; nil for nothing sensible.
  private func factor(_ statement: inout PixelStatement) -> Double? {
    guard does("do_rescale", true) else { return 1 }
    guard let stated = values.stated("rescale_factor") else { return kind?.factor ?? 1 / 255 }
    guard let factor = stated.lenientNumber, factor > 0 else {
      statement.refuseNormalization(
        "rescale_factor in \(name)", "\(stated)", "a number above 0 is needed: correct it there")
      return nil
    }
    return factor
  }

  /// What is added to rescaled samples.
  private var offset: Double {
    guard does("do_rescale", true) else { return 0 }
    let stated = values["rescale_offset"]?.lenientBool ?? values["offset"]?.lenientBool
    return stated.map { $0 ? -1 : 0 } ?? kind?.offset ?? 0
  }

  /// With r the factor and o the offset, (v r + o − m) / s = (v / 255 − (m − o) / (255 r)) / (s / (255 r)).
  private func set(
    _ mean: [Double], _ deviation: [Double], _ factor: Double, _ offset: Double, _ source: ValueSource,
    _ statement: inout PixelStatement
  ) {
    let scale = 255 * factor
    var deviation = deviation
    if kind?.name == "EfficientNet", does("include_top", true) {
      // Its samples are divided by the deviation once more.
      let again = values.stated("image_std")?.lenientNumbers ?? kind?.deviation ?? [1]
      deviation = (0..<3).map { channel in
        let factors = [deviation, again].map { $0.count == 1 ? $0[0] : $0.count == 3 ? $0[channel] : .nan }
        return factors[0] * factors[1]
      }
    }
    statement.normalize(by: mean.map { ($0 - offset) / scale }, deviation.map { $0 / scale }, source)
  }

  // MARK: Resizing

  func readResizing(into statement: inout PixelStatement) {
    if let title, ImageProcessorClass.isSpecial(title) {
      return statement.refuseResizing(
        "image processor of \(name)", title, "it does more to an image than resize and crop it, which is not supported")
    }
    if let (key, value) = specialStep {
      return statement.refuseResizing("\(key) in \(name)", value, "this step is not supported")
    }
    guard let filter = filter(&statement) else { return }
    let crop = does("do_center_crop", kind?.crops ?? false) ? cropSide : .absent
    let size = does("do_resize", true) ? resizedSize : .kept
    for side in [crop, size] {
      if case .unsupported(let key, let value) = side {
        return statement.refuseResizing(
          "\(key) in \(name)", value, "only squares, and short sides that are resized, are supported")
      }
    }
    set(size, crop, filter, &statement)
  }

  /// A step that few processors have.
  private var specialStep: (key: String, value: String)? {
    for key in [
      "do_thumbnail", "do_align_long_axis", "do_image_splitting", "do_pan_and_scan", "keep_aspect_ratio", "do_trim",
    ]
    where does(key, false) { return (key, "true") }
    for key in ["crop_pct", "size_divisor", "max_num_patches"] {
      if let value = values.stated(key)?.lenientNumber { return (key, "\(value)") }
    }
    if does("do_pad", false), let padded = values.stated("pad_size") { return ("pad_size", "\(padded)") }
    return nil
  }

  private func filter(_ statement: inout PixelStatement) -> Sourced<PixelResizing.Filter>? {
    let filters: [PixelResizing.Filter] = [.nearest, .lanczos, .bilinear, .bicubic, .box, .hamming]
    if let stated = values.stated("resample") {
      let named = stated.string.flatMap { PixelResizing.Filter(rawValue: $0.lowercased()) }
      if let filter = named
        ?? stated.lenientNumber.flatMap({ filters.indices.contains(Int($0)) ? filters[Int($0)] : nil })
      {
        return Sourced(value: filter, source: .file(name, key: "resample"))
      }
      statement.refuseResizing("resample in \(name)", "\(stated)", "only Pillow's filters, 0 to 5, are known")
      return nil
    }
    if let kind { return Sourced(value: filters[kind.filter], source: usual("resample")) }
    let reason = "\(name) states no resample, and \(title ?? "its class") is not known"
    return Sourced(value: .bicubic, source: .assumed(reason, option: "--crop-pct"))
  }

  private enum Size {
    case absent
    case kept
    case both(Int)
    case short(Int)
    case unsupported(String, String)
  }

  private var cropSide: Size {
    guard let stated = values.stated("crop_size") else {
      return (kind?.crop).flatMap { $0 > 0 ? .both($0) : nil } ?? .absent
    }
    switch Self.size(stated, key: "crop_size", numberIsShortest: false) {
    case .short(let side): return .both(side)
    case let size: return size
    }
  }

  private var resizedSize: Size {
    guard let stated = values.stated("size") else {
      return kind.map { $0.isShortest ? .short($0.side) : .both($0.side) } ?? .absent
    }
    let isShortest = values["default_to_square"]?.lenientBool.map { !$0 } ?? kind?.numberIsShortest ?? false
    return Self.size(stated, key: "size", numberIsShortest: isShortest)
  }

  private static func size(_ stated: MetadataValue, key: String, numberIsShortest: Bool) -> Size {
    if let side = stated.lenientSide { return numberIsShortest ? .short(side) : .both(side) }
    let strange = Size.unsupported(key, words(stated))
    if let sides = stated.list {
      guard sides.count == 2, let side = sides[0].lenientSide, sides[1].lenientSide == side else { return strange }
      return .both(side)
    }
    let (height, width) = (stated.stated("height")?.lenientSide, stated.stated("width")?.lenientSide)
    if let height { return width == nil || width == height ? .both(height) : strange }
    guard let short = stated.stated("shortest_edge")?.lenientSide, stated.stated("longest_edge") == nil else {
      return strange
    }
    return .short(short)
  }

  private static func words(_ value: MetadataValue) -> String {
    guard !value.keys.isEmpty else { return "\(value)" }
    return value.keys.prefix(4).map { key in "\(key) \(value[key]?.lenientNumber.map { "\($0)" } ?? "?")" }
      .joined(separator: ", ")
  }

  private func set(
    _ size: Size, _ crop: Size, _ filter: Sourced<PixelResizing.Filter>, _ statement: inout PixelStatement
  ) {
    var resizing = PixelResizing(crop: 1, filter: filter.value)
    resizing.cropRoundsDown = true
    var source = ValueSource.file(name, key: values.stated("size") == nil ? "do_resize" : "size")
    if case .usual = filter.source, values.stated("size") == nil { source = usual("size") }
    if case .assumed = filter.source { source = filter.source }
    switch (size, crop) {
    case (.both(let side), .both(let cut)):
      (resizing.fitting, resizing.crop) = (.squashed, Double(cut) / Double(side))
    case (.both, _): resizing.fitting = .squashed
    case (.short(let side), .both(let cut)): resizing.crop = Double(cut) / Double(side)
    case (.short, _):
      source = .assumed(
        "the centre square; \(name) crops none, so that its images keep their shapes", option: "--crop-pct")
    case (.kept, .both): resizing.fitting = .kept
    case (.kept, _):
      resizing.fitting = .kept
      source = .assumed("the centre square; \(name) neither resizes nor crops", option: "--crop-pct")
    default: return
    }
    statement.resizing = Sourced(value: resizing, source: source)
    switch (size, crop) {
    case (_, .both(let side)):
      let isStated = values.stated("crop_size") != nil
      statement.side = Sourced(value: side, source: isStated ? .file(name, key: "crop_size") : usual("crop_size"))
    case (.both(let side), _):
      guard values.stated("size") != nil else { return }
      statement.side = Sourced(value: side, source: .file(name, key: "size"))
    default: break
    }
  }
}
