internal import Checkpoints

/// A value together with where it is from.
public struct Sourced<Value: Sendable & Hashable>: Sendable, Hashable {
  /// The value.
  public let value: Value
  /// Where it is from.
  public let source: ValueSource
}

/// What a checkpoint says of its training; values that it does not tell are nil.
public struct TrainingFacts: Sendable, Hashable {
  /// The method: what the file's own configuration calls it, or what only that method's tensors show.
  public let method: Sourced<String>?
  /// What it was trained for: what the file says, or what its tensors show.
  public let objective: Sourced<TrainedObjective>?
  /// Epochs, as the file counts them.
  public let epoch: Sourced<Int>?
  /// Optimiser steps.
  public let iteration: Sourced<Int>?
  /// The share of patches that was masked.
  public let maskRatio: Sourced<Double>?
  /// Whether the loss compares patches that are normalised one by one.
  public let normPixels: Sourced<Bool>?

  init(_ settings: Settings, _ names: NameResolution? = nil) {
    let isDINO = names?.isDINO ?? false
    // DINO's own arguments name the network only.
    method = (isDINO ? nil : settings.method) ?? names.flatMap { Self.method($0) }
    objective = isDINO ? nil : settings.objective(names)
    epoch = settings.count("epoch")
    iteration = settings.count("iter") ?? settings.count("step") ?? settings.count("iteration")
    maskRatio = settings.maskRatio
    normPixels = settings.normPixels
  }

  private static func method(_ names: NameResolution) -> Sourced<String>? {
    if names.shape(of: "fusion.logits") != nil { return Sourced(value: "MFF", source: .tensors("fusion logits")) }
    if names.isDINO { return Sourced(value: "DINO", source: .tensors("student and teacher")) }
    if names.shape(of: "distillation") != nil {
      return Sourced(value: "distilled DeiT", source: .tensors("distillation token"))
    }
    if names.decoderObstacles.isEmpty, names.shape(of: "decoder.embed.weight") != nil {
      return Sourced(value: "MAE or one of its kin", source: .tensors("decoder"))
    }
    return nil
  }
}

extension Settings {
  /// The method by the name that the file's configuration gives it.
  fileprivate var method: Sourced<String>? {
    if let type = mmengine?.section("model")?.string("type") {
      return Sourced(value: type, source: .file("meta.cfg", key: "model.type"))
    }
    for key in ["method", "objective"] {
      if let value = metadata[key]?.string { return Sourced(value: value, source: .file("metadata", key: key)) }
    }
    for key in ["model", "arch"] {
      if let value = arguments?[key]?.string { return Sourced(value: value, source: .file("args", key: key)) }
    }
    for key in ["model_type", "architecture"] {
      if let value = config?[key]?.string { return Sourced(value: value, source: .file("config.json", key: key)) }
    }
    return nil
  }

  /// A counter: a number, or in safetensors a string.
  fileprivate func count(_ key: String) -> Sourced<Int>? {
    if let value = metadata[key]?.int ?? metadata[key]?.string.flatMap({ Int($0) }) {
      return Sourced(value: value, source: .file("metadata", key: key))
    }
    return metadata["meta"]?[key]?.int.map { Sourced(value: $0, source: .file("meta", key: key)) }
  }

  fileprivate var maskRatio: Sourced<Double>? {
    if let value = config?["mask_ratio"]?.double {
      return Sourced(value: value, source: .file("config.json", key: "mask_ratio"))
    }
    if let value = arguments?["mask_ratio"]?.double {
      return Sourced(value: value, source: .file("args", key: "mask_ratio"))
    }
    if let value = mmengine?.section("backbone")?.number("mask_ratio") {
      return Sourced(value: value, source: .file("meta.cfg", key: "backbone.mask_ratio"))
    }
    return metadata["mask_ratio"]?.string.flatMap { Double($0) }
      .map { Sourced(value: $0, source: .file("metadata", key: "mask_ratio")) }
  }

  fileprivate var normPixels: Sourced<Bool>? {
    if let value = config?["norm_pix_loss"]?.bool {
      return Sourced(value: value, source: .file("config.json", key: "norm_pix_loss"))
    }
    if let value = arguments?["norm_pix_loss"]?.bool {
      return Sourced(value: value, source: .file("args", key: "norm_pix_loss"))
    }
    for section in ["head", "target_generator"] {
      if let value = mmengine?.section(section)?.bool("norm_pix") {
        return Sourced(value: value, source: .file("meta.cfg", key: "\(section).norm_pix"))
      }
    }
    return ["True": true, "true": true, "False": false, "false": false][metadata["norm_pix_loss"]?.string ?? ""]
      .map { Sourced(value: $0, source: .file("metadata", key: "norm_pix_loss")) }
  }
}
