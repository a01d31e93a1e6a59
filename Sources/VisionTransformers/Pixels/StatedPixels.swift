internal import Checkpoints

/// What the files of a checkpoint say of the pixels that it was trained on; values that none of them tells are nil.
///
/// Files are believed in this order: Hugging Face's `preprocessor_config.json` or `processor_config.json`, open_clip's and timm's
/// configurations, MMEngine's, the run's own arguments, the metadata of our own files.
struct StatedPixels: Sendable {
  /// Means of samples in 0 … 1, in the order of the network's channels.
  private(set) var mean: [Double]?
  /// Deviations, as `mean`.
  private(set) var deviation: [Double]?
  /// Whether the network's first channel is blue.
  private(set) var isBGR = false
  /// Who says so.
  private(set) var source: ValueSource?
  /// How an image becomes a square.
  private(set) var resizing: Sourced<PixelResizing>?
  /// Where MMEngine prepares pixels without a mean or deviation, which may be because its class has them.
  private(set) var isUnsaid = false
  /// What is stated and cannot be done: the key, its value, and why.
  private(set) var problem: (key: String, value: String, reason: String)?

  init(_ settings: Settings) {
    if let (values, name) = settings.processor { read(processor: values, called: name) }
    read(timm: settings)
    if source == nil, let config = settings.mmengine { read(mmengine: config, called: settings.mmengineName) }
    if source == nil || resizing == nil { read(arguments: settings) }
  }

  // MARK: Hugging Face

  /// Every step that a Hugging Face image processor names is done, or is a problem.
  private mutating func read(processor: MetadataValue, called name: String) {
    let does = { (key: String, usual: Bool) in processor[key]?.bool ?? usual }
    let normalizes = does("do_normalize", true)
    let factor = does("do_rescale", true) ? processor["rescale_factor"]?.double ?? 1 / 255 : 1
    for key in ["image_mean", "image_std"] {
      guard let stated = processor[key], stated != .null, stated.doubles == nil else { continue }
      problem = (
        "\(key) in \(name)", "\(stated)".prefix(60) + "", "a list of three numbers is needed; correct it there"
      )
      return
    }
    if normalizes, processor["image_mean"]?.doubles == nil, abs(255 * factor - 1) > 1e-6 {
      problem = (
        "rescale_factor in \(name)", "\(factor)", "image_mean is not there, so what it applies to is not known"
      )
      return
    }
    if let mean = processor["image_mean"]?.doubles ?? (normalizes ? nil : [0, 0, 0]),
      let deviation = processor["image_std"]?.doubles ?? (normalizes ? nil : [1, 1, 1])
    {
      // (v r − m) / s = (v / 255 − m / (255 r)) / (s / (255 r)).
      let scale = 255 * factor
      guard scale > 0, scale.isFinite else {
        problem = ("rescale_factor in \(name)", "\(factor)", "a number above 0 is needed; correct it there")
        return
      }
      self.mean = (normalizes ? mean : [0, 0, 0]).map { $0 / scale }
      self.deviation = (normalizes ? deviation : [1, 1, 1]).map { $0 / scale }
      let key = !normalizes ? "do_normalize" : abs(scale - 1) > 1e-6 ? "rescale_factor" : "image_mean"
      source = .file(name, key: key)
    }
    if does("rescale_offset", false) || processor["offset"]?.bool == true {
      problem = (
        "rescale_offset in \(name)", "true", "pixels shifted after rescaling are not supported; give --normalize"
      )
    }
    if does("do_flip_channel_order", false) { isBGR = true }
    readCrop(processor, name)
  }

  private mutating func readCrop(_ processor: MetadataValue, _ name: String) {
    guard processor["do_resize"]?.bool ?? true, let size = processor["size"] else { return }
    let filters: [Int: PixelResizing.Filter] = [1: .lanczos, 2: .bilinear, 3: .bicubic]
    // What transformers' processors have where a file does not say: bilinear for ViT and DINOv3, bicubic for the others.
    let type = processor["image_processor_type"]?.string ?? processor["feature_extractor_type"]?.string ?? ""
    let code = processor["resample"]?.int ?? (type.hasPrefix("ViT") || type.hasPrefix("DINOv3") ? 2 : 3)
    guard let filter = filters[code] else {
      problem = (
        "resample in \(name)", "\(code)", "only Pillow's 1 (Lanczos), 2 (bilinear) and 3 (bicubic) are supported"
      )
      return
    }
    let short = size["shortest_edge"]?.double ?? size.double
    let crop = processor["crop_size"]?["height"]?.double ?? processor["crop_size"]?.double
    let crops = processor["do_center_crop"]?.bool ?? (processor["crop_size"] != nil)
    switch (short, size["height"]?.double, crops, crop) {
    case (let short?, _, true, let side?) where side > 0 && short >= side:
      resizing = Sourced(
        value: PixelResizing(crop: side / short, filter: filter), source: .file(name, key: "crop_size"))
    case (_, let height?, true, let side?) where side > 0 && height >= side:
      resizing = Sourced(
        value: PixelResizing(crop: side / height, filter: filter, isSquashed: true),
        source: .file(name, key: "crop_size"))
    case (nil, _?, false, _):
      resizing = Sourced(
        value: PixelResizing(crop: 1, filter: filter, isSquashed: true), source: .file(name, key: "size"))
    case (_?, _, false, _):
      resizing = Sourced(value: PixelResizing(crop: 1, filter: filter), source: .file(name, key: "size"))
    default: break
    }
  }

  // MARK: timm and open_clip

  private mutating func read(timm settings: Settings) {
    for (part, key) in [("pretrained_cfg", "pretrained_cfg"), ("preprocess_cfg", "preprocess_cfg")] {
      guard let values = settings.config?[part] else { continue }
      if source == nil, let mean = values["mean"]?.doubles, let deviation = values["std"]?.doubles {
        (self.mean, self.deviation) = (mean, deviation)
        source = .file(settings.configName, key: "\(key).mean")
      }
      guard resizing == nil, let share = values["crop_pct"]?.double, share > 0, share <= 1 else { continue }
      let squashes = values["crop_mode"]?.string == "squash" || values["resize_mode"]?.string == "squash"
      readFilter(
        values["interpolation"]?.string, crop: share, squashes, .file(settings.configName, key: "\(key).crop_pct"))
    }
  }

  private mutating func readFilter(_ name: String?, crop: Double, _ isSquashed: Bool, _ source: ValueSource) {
    let filters: [String: PixelResizing.Filter] = [
      "bicubic": .bicubic, "bilinear": .bilinear, "lanczos": .lanczos, "random": .bicubic,
    ]
    guard let filter = filters[name ?? "bicubic"] else {
      problem = ("interpolation (\(source))", name ?? "", "only bicubic, bilinear and lanczos are supported")
      return
    }
    resizing = Sourced(value: PixelResizing(crop: crop, filter: filter, isSquashed: isSquashed), source: source)
  }

  // MARK: MMEngine and MMCV

  /// Means and deviations of samples in 0 … 255; images are read as blue, green, red, and turned where `to_rgb` says so.
  private mutating func read(mmengine config: PythonConfig, called name: String) {
    for part in ["data_preprocessor", "img_norm_cfg"] {
      guard let section = config.section(part) else { continue }
      isUnsaid = true
      guard let mean = section.numbers("mean"),
        let deviation = section.numbers("std")
      else { continue }
      (self.mean, self.deviation) = (mean.map { $0 / 255 }, deviation.map { $0 / 255 })
      // MMCV 1.x turns images unless told not to, MMEngine leaves them.
      isUnsaid = false
      isBGR = !(section.bool("to_rgb") ?? section.bool("bgr_to_rgb") ?? (part == "img_norm_cfg"))
      source = .file(name, key: "\(part).mean")
      return
    }
  }

  // MARK: Arguments and metadata

  private mutating func read(arguments settings: Settings) {
    if source == nil {
      if let mean = settings.arguments?["mean"]?.doubles, let deviation = settings.arguments?["std"]?.doubles {
        (self.mean, self.deviation, source) = (mean, deviation, .file("args", key: "mean"))
      } else if let usesImageNet = settings.arguments?["imagenet_default_mean_and_std"]?.bool {
        // BEiT's and its kin's: otherwise one half for both.
        let values = usesImageNet ? PixelNormalization.imagenet : PixelNormalization.inception
        (mean, deviation, source) = (values.mean, values.deviation, .file("args", key: "imagenet_default_mean_and_std"))
      }
    }
    if resizing == nil, let share = settings.arguments?["crop_pct"]?.double, share > 0, share <= 1 {
      readFilter(settings.arguments?["interpolation"]?.string, crop: share, false, .file("args", key: "crop_pct"))
    }
  }
}

extension Settings {
  /// The image processor among Hugging Face's files, and the file's name.
  fileprivate var processor: (MetadataValue, String)? {
    guard let preprocessing else { return nil }
    for key in ["image_processor", "vision_processor", "feature_extractor"] {
      if let inner = preprocessing[key], case .dictionary = inner { return (inner, "\(preprocessingName), \(key)") }
    }
    return (preprocessing, preprocessingName)
  }
}
