internal import Checkpoints

/// The classification head of a checkpoint: one linear layer.
public struct ClassificationHead: Sendable, Hashable {
  /// C, its outputs.
  public let classes: Sourced<Int>
  /// What it looks at.
  public let pooling: Sourced<HeadPooling>
}

extension ArchitectureInference {
  /// The classification head, where the file holds one that is understood.
  ///
  /// - Throws: `ModelError` that names the tensor or setting that is not.
  mutating func head(of architecture: Architecture) throws(ModelError) -> ClassificationHead? {
    if let obstacle = names.headObstacles.first { throw obstacle }
    guard names.shape(of: "head.weight") != nil else { return nil }
    if let shape = names.shape(of: "head.weight"), shape.count == 2, shape[1] == 2 * width {
      throw .unusableShape(
        file: names.file, tensor: names.tensor(of: "head.weight") ?? "head.weight", shape: shape,
        reason:
          "the head reads the class token and the mean of the patch tokens side by side, as DINOv2's does, which is not supported"
      )
    }
    let classes = try matrix("head.weight", columns: width)
    let (pooling, source) = try pooling(architecture)
    let head = ClassificationHead(
      classes: Sourced(value: classes, source: .tensors("classification head")),
      pooling: Sourced(value: pooling, source: source))
    note("classes", classes, head.classes.source)
    note("head.pooling", pooling.rawValue, source)
    return head
  }

  /// What the head looks at: a configuration tells, or a norm that only a mean has; otherwise the class token, as in ViT and DeiT.
  private func pooling(_ architecture: Architecture) throws(ModelError) -> (HeadPooling, ValueSource) {
    let norm = names.tensor(of: "head.norm.weight")
    if let stated = options.pooling { return (try fitting(stated, norm, architecture), .option("--pooling")) }
    if let (name, source) = statedPooling {
      let isMean = ["avg", "avg_featmap"].contains(name)
      guard isMean || (["token", "cls_token"].contains(name) && norm == nil && architecture.prefix.first == .class)
      else {
        throw .unusableSetting(
          file: names.file, setting: "pooling of the classification head (\(source))", value: name,
          reason: "it does not fit the tensors of the file, or is none of class token and mean of the patch tokens")
      }
      return (isMean ? (norm == nil ? .mean : .normalizedMean) : .classToken, source)
    }
    if let norm { return (.normalizedMean, .tensors("\(norm), which normalises the mean of the patch tokens")) }
    guard architecture.prefix.first == .class else { return (.mean, .tensors("no class token")) }
    guard names.dialect.anchor == Dialect.original.anchor, !prefix(architecture, holds: .distillation) else {
      return (.classToken, .usual("class token, as in \(names.dialect.title)"))
    }
    return (
      .classToken,
      .assumed(
        "class token, as in ViT and DeiT; timm also has heads on the mean without a norm of their own",
        option: "--pooling")
    )
  }

  /// The pooling that an option names, where the file has what it needs.
  private func fitting(
    _ pooling: HeadPooling, _ norm: String?, _ architecture: Architecture
  ) throws(ModelError) -> HeadPooling {
    let fits =
      switch pooling {
      case .classToken: norm == nil && architecture.prefix.first == .class
      case .mean: norm == nil
      case .normalizedMean: norm != nil
      }
    // A norm of the head's own is there for the mean alone.
    if pooling == .mean, norm != nil { return .normalizedMean }
    guard fits else {
      throw .unusableSetting(
        file: names.file, setting: "option --pooling", value: pooling.rawValue,
        reason:
          "the file has no \(pooling == .normalizedMean ? "norm of the head" : "class token") that it needs, or a norm "
          + "that only a mean has; give another")
    }
    return pooling
  }

  private func prefix(_ architecture: Architecture, holds token: Architecture.PrefixToken) -> Bool {
    architecture.prefix.contains(token)
  }

  /// What a configuration calls the pooling; what we write ourselves is in timm's words.
  private var statedPooling: (String, ValueSource)? {
    if let name = settings.config?["global_pool"]?.string {
      return (name, .file(settings.configName, key: "global_pool"))
    }
    if let name = settings.config?["model_args"]?["global_pool"]?.string {
      return (name, .file(settings.configName, key: "model_args.global_pool"))
    }
    if let name = settings.mmengine?.section("backbone")?.string("out_type") {
      return (name, .file(settings.mmengineName, key: "backbone.out_type"))
    }
    return settings.metadata["global_pool"]?.string.map { ($0, .file("metadata", key: "global_pool")) }
  }
}

extension ModelDescription {
  /// The objective of the file's own classification head.
  ///
  /// - Parameter smoothing: ε of label smoothing.
  /// - Returns: Cross-entropy with the head's number of classes and pooling.
  /// - Throws: `ModelError` for a head that the file does not hold or that is not understood.
  public func classification(smoothing: Double = 0) throws(ModelError) -> Objective {
    let head = try requiredHead()
    return .classification(classes: head.classes.value, smoothing: smoothing, pooling: head.pooling.value)
  }

  /// The head, or why there is none.
  func requiredHead() throws(ModelError) -> ClassificationHead {
    if let headProblem { throw headProblem }
    guard let head else {
      throw .missingTensor(file: path, tensor: names.foreignName(of: "head.weight"), dialect: dialect)
    }
    return head
  }
}
