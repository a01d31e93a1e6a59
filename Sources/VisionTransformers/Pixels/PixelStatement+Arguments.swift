internal import Checkpoints

extension PixelStatement {
  /// Reads the arguments of a training run, by the code that has such arguments.
  ///
  /// - Parameter values: `args` of a checkpoint, an `argparse.Namespace` or a dictionary.
  init(arguments values: MetadataValue) {
    side = (Self.side(values.stated("input_size")) ?? Self.side(values.stated("img_size"))).map {
      Sourced(value: $0, source: .file("args", key: values.stated("input_size") == nil ? "img_size" : "input_size"))
    }
    readMean(values)
    readCrop(values)
  }

  private mutating func readMean(_ values: MetadataValue) {
    if let stated = values.stated("mean") {
      guard let mean = stated.lenientNumbers, let deviation = values.stated("std")?.lenientNumbers else {
        return refuseNormalization("mean and std in args", "\(stated)", "three numbers for each are needed")
      }
      return normalize(by: mean, deviation, .file("args", key: "mean"))
    }
    if let usesImageNet = values["imagenet_default_mean_and_std"]?.lenientBool {
      // BEiT's and its kin's: otherwise one half for both.
      let statistics = usesImageNet ? PixelNormalization.imagenet : PixelNormalization.inception
      return normalize(
        by: statistics.mean, statistics.deviation, .file("args", key: "imagenet_default_mean_and_std"))
    }
    guard let code = Self.code(of: values) else { return }
    normalize(
      by: PixelNormalization.imagenet.mean, PixelNormalization.imagenet.deviation,
      .usual("ImageNet, as all of \(code.title), told by args, \(code.key)"))
  }

  /// Code whose pixels are always ImageNet's, by an argument that it alone has.
  private static func code(of values: MetadataValue) -> (title: String, key: String)? {
    // SatMAE has MAE's arguments and satellites' statistics.
    guard values["dataset_type"] == nil else { return nil }
    return [
      ("MAE's code", "blr"), ("DeiT's code", "eval_crop_ratio"), ("DINO's code", "global_crops_scale"),
    ].first { values[$0.1] != nil }
  }

  private mutating func readCrop(_ values: MetadataValue) {
    if let stated = values.stated("crop_pct") {
      self = Self(self, timm: values, stated)
      return
    }
    if let share = values["eval_crop_ratio"]?.lenientNumber, share > 0, share <= 1 {
      resizing = Sourced(value: PixelResizing(crop: share), source: .file("args", key: "eval_crop_ratio"))
    } else if let side = side?.value, values["blr"] != nil || values["imagenet_default_mean_and_std"] != nil {
      // MAE resizes to the crop itself above 224, BEiT from 384 on.
      let isLarge = values["blr"] != nil ? side > 224 : side >= 384
      resizing = Sourced(
        value: PixelResizing(crop: isLarge ? 1 : 224.0 / 256), source: .file("args", key: "input_size"))
    } else if values["global_crops_scale"] != nil {
      resizing = Sourced(
        value: PixelResizing(crop: 224.0 / 256), source: .usual("DINO's evaluation, told by args, global_crops_scale"))
    }
  }

  /// The same with crop, mode and filter of timm's arguments.
  private init(_ other: PixelStatement, timm values: MetadataValue, _ share: MetadataValue) {
    let timm = PixelStatement(timm: values, called: "args", prefix: "")
    self = other
    (resizing, resizingProblem) = (timm.resizing, timm.resizingProblem)
  }

  /// Reads the configuration that SimMIM's and Swin's code keeps in its checkpoints.
  ///
  /// - Parameter values: `config`, a `CfgNode`; nil for anything else.
  /// - Note: Source: `data/build.py` of SimMIM and Swin: ImageNet's mean and deviation, 256 for 224 or both sides.
  init?(swin values: MetadataValue?) {
    guard let values, let data = values["DATA"], !data.keys.isEmpty else { return nil }
    normalize(
      by: PixelNormalization.imagenet.mean, PixelNormalization.imagenet.deviation,
      .usual("ImageNet, as all of SimMIM's and Swin's code, told by config, DATA"))
    let word = data.stated("INTERPOLATION")?.string ?? "bicubic"
    side = Self.side(data["IMG_SIZE"]).map { Sourced(value: $0, source: .file("config", key: "DATA.IMG_SIZE")) }
    let filters: [String: PixelResizing.Filter] = ["bicubic": .bicubic, "lanczos": .lanczos, "hamming": .hamming]
    let crops = values["TEST"]?["CROP"]?.lenientBool ?? true
    resizing = Sourced(
      value: PixelResizing(
        // Its code takes any other word for bilinear.
        crop: crops ? 224.0 / 256 : 1, filter: filters[word] ?? .bilinear, fitting: crops ? .shortest : .squashed),
      source: .file("config", key: values["TEST"]?["CROP"] == nil ? "DATA" : "TEST.CROP"))
  }
}
