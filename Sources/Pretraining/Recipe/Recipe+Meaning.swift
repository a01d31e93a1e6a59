public import VisionTransformers

/// What a recipe's values mean.
extension Recipe {
  /// Checks what can be checked without data and teacher.
  ///
  /// - Throws: `PretrainingError.unusable`, `.missingTeacher`.
  public func validate() throws(PretrainingError) {
    func check(_ holds: Bool, _ option: String, _ value: some CustomStringConvertible, _ reason: String)
      throws(PretrainingError)
    {
      if !holds { throw .unusable(option: option, value: value.description, reason: reason) }
    }
    let n = network
    try check(n.patchSize > 0, "--patch-size", n.patchSize, "must be at least 1")
    try check(
      n.imageSize > 0 && n.imageSize.isMultiple(of: n.patchSize), "--image-size", n.imageSize,
      "must be a multiple of the patch size, \(n.patchSize)")
    try check(n.depth > 0, "--depth", n.depth, "must be at least 1")
    try check(
      n.width > 0 && n.width.isMultiple(of: 4), "--width", n.width, "must be a multiple of 4, for the positions")
    try check(n.heads > 0 && n.width.isMultiple(of: n.heads), "--heads", n.heads, "must divide the width, \(n.width)")
    if method.masks {
      try check(
        n.decoderWidth > 0 && n.decoderWidth.isMultiple(of: 4), "--decoder-width", n.decoderWidth,
        "must be a multiple of 4, for the positions")
      try check(n.decoderDepth >= 0, "--decoder-depth", n.decoderDepth, "must not be negative")
      try check(
        n.decoderHeads > 0 && n.decoderWidth.isMultiple(of: n.decoderHeads), "--decoder-heads", n.decoderHeads,
        "must divide the decoder's width, \(n.decoderWidth)")
      try check(
        maskRatio > 0 && maskRatio < 1 && (1..<n.patches).contains(maskedPatches), "--mask-ratio", maskRatio,
        "must leave some of the \(n.patches) patches and remove some")
    }
    if let fuse { _ = try FusedLayerChoice.layers(fuse).layers(depth: n.depth) }
    try check(epochs > 0, "--epochs", epochs, "must be at least 1")
    try check(batchSize > 0, "--batch-size", batchSize, "must be at least 1")
    try check(learningRate > 0 && learningRate.isFinite, "--learning-rate", learningRate, "must be over 0")
    try check(
      warmup >= 0 && warmup <= Double(epochs), "--warmup", warmup, "must be from 0 to the number of epochs, \(epochs)")
    try check(
      optimizer.weightDecay >= 0 && optimizer.weightDecay.isFinite, "--weight-decay", optimizer.weightDecay,
      "must not be negative")
    if let clip = optimizer.clip { try check(clip > 0, "--clip", clip, "must be over 0") }
    try check((0..<1).contains(labelSmoothing), "--label-smoothing", labelSmoothing, "must be from 0 to below 1")
    try check(epochsPerCheckpoint > 0, "--save-every", epochsPerCheckpoint, "must be at least 1")
    try check(stepsPerLine > 0, "--log-every", stepsPerLine, "must be at least 1")
    if method.needsTeacher && teacher == nil { throw .missingTeacher(method: method.rawValue) }
  }

  /// Epochs of warm-up.
  public var warmup: Double { warmupEpochs ?? Double(epochs) / 20 }

  /// How many patches of an image are removed; 0 for methods that remove none.
  public var maskedPatches: Int {
    method.masks ? PatchMasks.removed(ratio: maskRatio, of: network.patches) : 0
  }

  /// The network.
  ///
  /// - Parameter teacherWidth: Width of the features that are the target, for methods with a teacher.
  /// - Returns: Its architecture; without a decoder for supervised training.
  public func architecture(teacherWidth: Int? = nil) -> Architecture {
    let outputs = method.needsTeacher ? teacherWidth ?? network.width : 3 * network.patchSize * network.patchSize
    return Architecture(
      imageSize: network.imageSize, patchSize: network.patchSize, width: network.width, depth: network.depth,
      heads: network.heads,
      fusion: fuse.map { .init(layers: $0, projection: projection, combination: fusion, detach: detach) },
      decoder: method.masks
        ? .init(
          width: network.decoderWidth, depth: network.decoderDepth, heads: network.decoderHeads, outputs: outputs)
        : nil)
  }

  /// The loss.
  ///
  /// - Parameter classes: Number of classes, for supervised training.
  /// - Returns: The objective of the method.
  public func objective(classes: Int? = nil) -> Objective {
    switch method {
    case .mae: .pixels(normalized: normPixels)
    case .pixmim: .lowFrequencies(radius: lowPassRadius, normalized: normPixels)
    case .eva: .maskedFeatures
    case .milan: .allFeatures
    case .supervised: .classification(classes: classes ?? 0, smoothing: labelSmoothing)
    }
  }

  /// What checkpoints say of it.
  var trainedObjective: TrainedObjective {
    switch method {
    case .mae: .pixels
    case .pixmim: .pixmim(radius: lowPassRadius)
    case .eva: .featuresMasked
    case .milan: .featuresAll
    case .supervised: .classification
    }
  }

  /// PixMIM's filter has a radius of 40 for images of 224 pixels; here the same share of the spectrum.
  var lowPassRadius: Double { 40 * Double(network.imageSize) / 224 }

  /// The learning rate of every step.
  public func schedule(stepsPerEpoch: Int) -> LearningRateSchedule {
    LearningRateSchedule(
      baseRate: learningRate, batchSize: batchSize, warmupEpochs: warmup, epochs: epochs, stepsPerEpoch: stepsPerEpoch)
  }
}
