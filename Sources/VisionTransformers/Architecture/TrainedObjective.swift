internal import Checkpoints

/// What a checkpoint was trained for, as far as it tells.
public enum TrainedObjective: Sendable, Hashable, Codable {
  /// Pixels of removed patches (MAE, MFF).
  case pixels
  /// Low-pass filtered pixels (PixMIM); the radius in samples of the transform, where the file tells.
  case pixmim(radius: Double?)
  /// A teacher's features of the removed patches (EVA).
  case featuresMasked
  /// A teacher's features of all patches (MILAN).
  case featuresAll
  /// Classes.
  case classification

  /// What safetensors' `__metadata__` of our own files says of it: `objective`, and `low_pass_radius` for PixMIM.
  public var metadata: [String: String] {
    var metadata = ["objective": description]
    if case .pixmim(let radius?) = self { metadata["low_pass_radius"] = "\(radius)" }
    return metadata
  }
}

extension TrainedObjective: CustomStringConvertible {
  /// The name in options and results, as `Objective.name` has it.
  public var description: String {
    switch self {
    case .pixels: "pixels"
    case .pixmim: "pixmim"
    case .featuresMasked: "features-masked"
    case .featuresAll: "features-all"
    case .classification: "classification"
    }
  }

  /// The objective of that name.
  init?(_ name: String, radius: Double?) {
    let all: [TrainedObjective] = [.pixels, .pixmim(radius: radius), .featuresMasked, .featuresAll, .classification]
    guard let objective = all.first(where: { $0.description == name }) else { return nil }
    self = objective
  }

  /// The objective of a method by its name, such as `MFF` or `mae_vit_base_patch16`; nil for a method that is not known.
  ///
  /// MFF names no objective of its own: beside another method it is that method's.
  init?(method: String, radius: Double?) {
    let words = Set(method.lowercased().split { !($0.isLetter || $0.isNumber) })
    let methods: [(Substring, TrainedObjective)] = [
      ("pixmim", .pixmim(radius: radius)), ("milan", .featuresAll), ("eva", .featuresMasked),
      ("supervised", .classification), ("classification", .classification), ("imageclassifier", .classification),
      ("mae", .pixels), ("mff", .pixels),
    ]
    guard let (_, objective) = methods.first(where: { words.contains($0.0) }) else { return nil }
    self = objective
  }
}

extension Settings {
  /// What the file was trained for: what its writer says, then what only such a model has.
  ///
  /// - Parameter names: The tensors, where they are a Vision Transformer's.
  /// - Returns: The objective; nil where nothing tells, or where what is said is not known.
  func objective(_ names: NameResolution?) -> Sourced<TrainedObjective>? {
    if let stated = statedObjective { return stated.value.map { Sourced(value: $0, source: stated.source) } }
    if let objective = configuredObjective ?? namedObjective(names) { return objective }
    guard let names, names.obstacles.isEmpty else { return nil }
    return names.shownObjective
  }

  /// What our own files say; they are believed even where it is not understood.
  private var statedObjective: (value: TrainedObjective?, source: ValueSource)? {
    let radius = metadata["low_pass_radius"]?.string.flatMap { Double($0) }
    if let name = metadata["objective"]?.string {
      return (TrainedObjective(name, radius: radius), .file("metadata", key: "objective"))
    }
    guard let method = metadata["method"]?.string else { return nil }
    return (TrainedObjective(method: method, radius: radius), .file("metadata", key: "method"))
  }

  /// MMPretrain and MMSelfSup: the target's generator, the head, then the algorithm.
  private var configuredObjective: Sourced<TrainedObjective>? {
    guard let model = mmengine?.section("model") else { return nil }
    let target = model.section("target_generator")
    if target?.string("type") == "LowFreqTargetGenerator" {
      return Sourced(
        value: .pixmim(radius: target?.number("radius")), source: .file("meta.cfg", key: "model.target_generator"))
    }
    let classifiers = ["VisionTransformerClsHead", "LinearClsHead"]
    if let head = model.section("head")?.string("type"), classifiers.contains(head) {
      return Sourced(value: .classification, source: .file("meta.cfg", key: "model.head.type"))
    }
    let objective = model.string("type").flatMap { TrainedObjective(method: $0, radius: nil) }
    return objective.map { Sourced(value: $0, source: .file("meta.cfg", key: "model.type")) }
  }

  /// The original repositories' arguments and Hugging Face's configuration.
  ///
  /// The same arguments name the network of a fine-tuned classifier, which has no decoder.
  private func namedObjective(_ names: NameResolution?) -> Sourced<TrainedObjective>? {
    for key in ["model", "arch"] where names?.shape(of: "decoder.embed.weight") != nil {
      if let name = arguments?[key]?.string, let objective = TrainedObjective(method: name, radius: nil) {
        return Sourced(value: objective, source: .file("args", key: key))
      }
    }
    let architecture = config?["architectures"]?.list?.first?.string ?? ""
    if architecture.hasSuffix("ForImageClassification") {
      return Sourced(value: .classification, source: .file("config.json", key: "architectures"))
    }
    if architecture == "ViTMAEForPreTraining" || huggingFaceModel == "vit_mae" {
      let key = architecture.isEmpty ? "model_type" : "architectures"
      return Sourced(value: .pixels, source: .file("config.json", key: key))
    }
    return nil
  }
}

extension NameResolution {
  /// What the tensors alone show: a head without decoder, or a decoder that predicts as many values as a patch has pixels.
  ///
  /// 768 features of a large CLIP teacher are as many as the pixels of a patch of 16 × 16: pixels are by far the more usual.
  fileprivate var shownObjective: Sourced<TrainedObjective>? {
    guard let outputs = shape(of: "decoder.output.weight")?.first, let patch = shape(of: "patch.weight") else {
      // A head that is not one linear layer is refused by its name, not for the want of a decoder.
      let strange = headObstacles.lazy.compactMap {
        if case .unsupportedTensor(_, let tensor, _) = $0 { tensor } else { nil }
      }
      guard let head = headObstacles.isEmpty ? tensor(of: "head.weight") : strange.first else { return nil }
      return Sourced(value: .classification, source: .tensors(head))
    }
    guard decoderObstacles.isEmpty, patch.count == 4, outputs == patch.dropFirst().reduce(1, *) else { return nil }
    return Sourced(value: .pixels, source: .tensors("the decoder predicts \(outputs) values, a patch's pixels"))
  }
}
