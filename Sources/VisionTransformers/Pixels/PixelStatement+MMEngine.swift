internal import Checkpoints

/// What OpenMMLab's configurations say of pixels: `data_preprocessor` of MMEngine, `img_norm_cfg` and `Normalize` of MMCV, and the
/// steps of the pipeline for testing.
///
/// Source: MMPretrain 1.2, `ClsDataPreprocessor`, `SelfSupDataPreprocessor`, `ResizeEdge`, `CenterCrop`; MMCV 2.2, `imresize`.
extension PixelStatement {
  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - config: Its source text.
  ///   - name: What to call it.
  init(mmengine config: PythonConfig, called name: String) {
    let pipeline = MMPipeline(config)
    readNormalization(config, pipeline, name)
    // Read as red, green, blue, what is stated as blue first is red first, and the other way round.
    if pipeline?.loadsRGB == true { isBGR = isBGR.map { !$0 } }
    if let pipeline { read(pipeline, name) }
  }

  // MARK: Mean and deviation

  private mutating func readNormalization(_ config: PythonConfig, _ pipeline: MMPipeline?, _ name: String) {
    let parts = [
      ("model.data_preprocessor", config.part("model")?.part("data_preprocessor")),
      ("data_preprocessor", config.part("data_preprocessor") ?? config.section("data_preprocessor")),
    ]
    if let (key, part) = parts.first(where: { $0.1 != nil }), let part { return read(preprocessor: part, key, name) }
    if let step = pipeline?.steps.first(where: { $0.name == "Normalize" }) {
      return read(step: step.values, "Normalize of the pipeline", name)
    }
    if let part = config.section("img_norm_cfg") { read(step: part, "img_norm_cfg", name) }
  }

  /// MMEngine's: samples of 0 … 255, turned where it says so, normalised where it states a mean.
  private mutating func read(preprocessor part: PythonConfig, _ key: String, _ name: String) {
    let turns = ["to_rgb", "bgr_to_rgb", "rgb_to_bgr"].contains { part.bool($0) ?? false }
    isBGR = !turns
    if part.states("mean") {
      guard let mean = part.numbers("mean"), let deviation = part.numbers("std") else {
        return refuseNormalization(
          "\(key) in \(name)", "mean \(part.words("mean") ?? ""), std \(part.words("std") ?? "")",
          "numbers are needed, not what is computed: correct it there")
      }
      return normalize(by: mean.map { $0 / 255 }, deviation.map { $0 / 255 }, .file(name, key: "\(key).mean"))
    }
    let type = part.string("type")?.split(separator: ".").last.map(String.init)
    let known = [
      "ClsDataPreprocessor", "SelfSupDataPreprocessor", "ImgDataPreprocessor", "BaseDataPreprocessor",
      "TwoNormDataPreprocessor", "VideoDataPreprocessor", "MultiModalDataPreprocessor", "SegDataPreProcessor",
      "DetDataPreprocessor", "PoseDataPreprocessor",
    ]
    if type.map(known.contains) ?? true {
      normalize(by: [0], [1.0 / 255], .file(name, key: "\(key), which states no mean, so that samples stay in 0 … 255"))
    } else {
      let statistics = PixelNormalization.imagenet
      normalize(
        by: statistics.mean, statistics.deviation,
        .assumed("ImageNet's; \(key).type \(type ?? "") of \(name) states no mean", option: "--normalize"))
    }
  }

  /// MMCV's: samples of 0 … 255, turned unless it says otherwise.
  ///
  /// MMSelfSup before 1.0 has torchvision's, of samples in 0 … 1.
  private mutating func read(step part: PythonConfig, _ key: String, _ name: String) {
    guard let mean = part.numbers("mean"), let deviation = part.numbers("std") else {
      guard part.states("mean") || part.states("std") else { return }
      return refuseNormalization(
        "\(key) in \(name)", "mean \(part.words("mean") ?? ""), std \(part.words("std") ?? "")",
        "numbers are needed, not what is computed: correct it there")
    }
    let isTorchvision = part.bool("to_rgb") == nil && (mean + deviation).allSatisfy { $0 <= 1 }
    let scale = isTorchvision ? 1.0 : 255
    isBGR = isTorchvision ? nil : !(part.bool("to_rgb") ?? true)
    normalize(by: mean.map { $0 / scale }, deviation.map { $0 / scale }, .file(name, key: "\(key).mean"))
  }

  // MARK: Resizing

  private mutating func read(_ pipeline: MMPipeline, _ name: String) {
    var resized: (side: Int, filter: PixelResizing.Filter, fitting: PixelResizing.Fitting)?
    var crop: Int?
    for step in pipeline.steps {
      switch step.name {
      case "ResizeEdge", "Resize":
        guard resized == nil, crop == nil, let (side, fitting) = step.resizedSide, let filter = step.filter else {
          return refuseStep(step, pipeline, name)
        }
        resized = (side, filter, fitting)
      case "CenterCrop":
        // A crop larger than the image leaves it smaller than the crop.
        guard crop == nil, let side = step.cropSide, side <= resized?.side ?? side else {
          return refuseStep(step, pipeline, name)
        }
        crop = side
      default:
        if !MMPipeline.harmless.contains(step.name) { return refuseStep(step, pipeline, name) }
      }
    }
    let source = ValueSource.file(name, key: pipeline.key)
    if let resized {
      let share = crop.map { Double($0) / Double(resized.side) } ?? 1
      resizing = Sourced(
        value: PixelResizing(crop: share, filter: resized.filter, fitting: resized.fitting),
        source: crop == nil && resized.fitting == .shortest
          ? .assumed("the centre square; \(pipeline.key) of \(name) crops none", option: "--crop-pct") : source)
      side = (crop ?? resized.side).side(source)
    } else if let crop {
      (resizing, side) = (Sourced(value: PixelResizing(crop: 1, fitting: .kept), source: source), crop.side(source))
    }
  }

  private mutating func refuseStep(_ step: MMPipeline.Step, _ pipeline: MMPipeline, _ name: String) {
    refuseResizing("\(pipeline.key) in \(name)", "\(step.name)(\(step.words))", "this step is not supported")
  }
}

extension Int {
  fileprivate func side(_ source: ValueSource) -> Sourced<Int> { Sourced(value: self, source: source) }
}

/// The steps that prepare an image for testing.
private struct MMPipeline {
  struct Step {
    let name: String
    let values: PythonConfig
  }

  /// Where it stands.
  let key: String
  let steps: [Step]

  /// Steps that change no pixel, or that are read elsewhere.
  static let harmless: Set<String> = [
    "LoadImageFromFile", "PackInputs", "PackClsInputs", "PackSelfSupInputs", "PackMultiTaskInputs", "NumpyToPIL",
    "PILToNumpy",
    "ImageToTensor", "ToTensor", "Collect", "Normalize", "DefaultFormatBundle", "ToPIL", "ToNumpy",
  ]

  /// Finds the pipeline for testing, else for validation; nil where there is none.
  init?(_ config: PythonConfig) {
    for (path, name) in [
      (["test_dataloader", "dataset"], "pipeline"), ([], "test_pipeline"), (["val_dataloader", "dataset"], "pipeline"),
      ([], "val_pipeline"), (["data", "test"], "pipeline"), (["data", "val"], "pipeline"),
    ] {
      var place: PythonConfig? = config
      for key in path { place = place?.part(key) }
      // Around the images may lie another set of data.
      guard let parts = place?.parts(name) ?? place?.part("dataset")?.parts(name), !path.isEmpty || place != nil else {
        continue
      }
      key = (path + [name]).joined(separator: ".")
      steps = parts.map { part in
        let type = part.string("type") ?? part.words("type") ?? "a step without a type"
        let isForeign = type.hasPrefix("torchvision/")
        return Step(name: isForeign ? type : type.split(separator: ".").last.map(String.init) ?? type, values: part)
      }
      return
    }
    return nil
  }

  /// Whether images are read as red, green, blue.
  var loadsRGB: Bool {
    steps.contains { $0.name == "LoadImageFromFile" && $0.values.string("channel_order") == "rgb" }
  }
}

extension MMPipeline.Step {
  /// The arguments in a few words.
  var words: String {
    ["scale", "size", "edge", "crop_size", "keep_ratio", "backend", "interpolation"].compactMap { key in
      values.words(key).map { "\(key)=\($0)" }
    }.joined(separator: ", ")
  }

  /// The side that is resized, and which; nil for what makes no square or short side.
  var resizedSide: (Int, PixelResizing.Fitting)? {
    let sides = values.integers("scale") ?? values.integers("size")
    guard let first = sides?.first, first > 0, first <= 65_536, values.bool("keep_ratio") != true else { return nil }
    if name == "ResizeEdge" {
      guard sides?.count == 1, ["short", nil].contains(values.string("edge")) else { return nil }
      return (first, .shortest)
    }
    switch sides?.count {
    case 1: return (first, .squashed)
    case 2 where sides?[1] == first: return (first, .squashed)
    // MMClassification's word for the short side.
    case 2 where sides?[1] == -1 && ["short", nil].contains(values.string("adaptive_side")): return (first, .shortest)
    default: return nil
    }
  }

  /// The filter of a resizing step; nil for those that are not computed.
  var filter: PixelResizing.Filter? {
    let word = values.string("interpolation") ?? "bilinear"
    switch values.string("backend") ?? "cv2" {
    case "pillow":
      let pillow: [PixelResizing.Filter] = [.bicubic, .bilinear, .lanczos, .box, .hamming, .nearest]
      return pillow.first { $0.rawValue == word }
    case "cv2": return ["bilinear": .opencvBilinear, "bicubic": .opencvBicubic][word]
    default: return nil
    }
  }

  /// The side of a centre crop; nil for what is no plain one.
  var cropSide: Int? {
    guard let sides = values.integers("crop_size"), sides.count == 1 || sides.count == 2, sides[0] > 0,
      sides[0] <= 65_536, sides.last == sides[0], values.bool("efficientnet_style") != true
    else { return nil }
    return sides[0]
  }
}
