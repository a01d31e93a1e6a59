internal import Hessian
internal import Images
internal import Ranks
internal import Tensors
internal import VisionTransformers

extension HessianSettings {
  /// Everything that decides the numbers, in full.
  init(
    _ diagnosis: HessianDiagnosis, _ counts: BatchCounts, masks: MaskFile?, labels: ImageLabels?,
    teacherDigest: String?, basisWanted: Int?
  ) throws {
    let isAugmented = diagnosis.protocol == .park2022
    let sharing = counts.sharing(batchSize: diagnosis.batchSize)
    self.init(
      protocol: diagnosis.protocol, protocolWords: diagnosis.protocolWords(counts), which: diagnosis.which,
      top: diagnosis.top, solver: diagnosis.solver, tolerance: diagnosis.tolerance,
      maximumIterations: diagnosis.solver == .power
        ? diagnosis.powerOptions.maximumProducts : diagnosis.lanczosOptions.maximumProducts,
      basis: diagnosis.solver == .power ? nil : diagnosis.lanczosOptions.basisSize, basisWanted: basisWanted,
      batches: counts.batches,
      batchSize: diagnosis.batchSize, batchesSharingImages: sharing > 0 ? sharing : nil,
      parameters: diagnosis.parameters.description, weightDecay: diagnosis.decay,
      checksRanks: diagnosis.checksRanks, rankCheckProducts: diagnosis.rankCheckProducts,
      provesRanks: diagnosis.provesRanks ? true : nil,
      warmStart: diagnosis.warmStart,
      augmentation: isAugmented ? Augmentation.randomResizedCrop.rawValue : nil,
      cropPct: isAugmented || counts.imageSet.isPreprocessed ? nil : diagnosis.cropPct, masks: masks?.path,
      masksDigest: masks?.digest, teacher: diagnosis.teacher?.path, teacherDigest: teacherDigest,
      labels: labels?.words, labelsDigest: labels?.digest, threads: diagnosis.team.width,
      ranks: diagnosis.ranks.count > 1 ? diagnosis.ranks.count : nil,
      divides: diagnosis.ranks.count > 1 ? diagnosis.divides : nil)
  }
}

extension HessianDiagnosis {
  /// L of ½ L ‖w‖².
  var decay: Double { weightDecay ?? (self.protocol == .park2022 ? 0.05 : 0) }

  /// The protocol in full.
  func protocolWords(_ counts: BatchCounts) -> [String] {
    let ends = which == .magnitude ? "of largest magnitude, sign kept" : "that are algebraically largest"
    var words = [
      "the Hessian of the loss of one batch, batch and masks frozen, over \(parameters.words)",
      "of each batch the \(top) eigenvalues \(ends); those of all batches form one distribution",
      "errors from the batches' means; two checkpoints are paired by batch, on the same images, and where grids agree the same masks",
    ]
    switch self.protocol {
    case .reconstruction:
      words.insert("no augmentation: images resized and cropped as for evaluation", at: 0)
    case .park2022:
      words.insert(
        "\(counts.imageSet.count) of the images given (a tenth unless --count says otherwise), augmented by random resized crop "
          + "(20 to 100 % of the area, ratio 3/4 to 4/3) and mirroring", at: 0)
    }
    if decay != 0 {
      words.append(
        "contains the curvature of ½ · \(decay) · ‖w‖² over weight matrices and the patch kernel: \(decay) on their entries, "
          + "0 on biases, norms, tokens and fusion logits")
    } else {
      words.append("no weight decay in the loss")
    }
    if self.protocol == .park2022 {
      words.append(
        "Park and Kim's public code adds the sum of unsquared norms instead of ½ L ‖w‖², which is another function: "
          + "values differ from its numbers for that reason, too")
    }
    return words
  }
}

extension HessianParameters: CustomStringConvertible {
  /// `all`, `encoder`, `decoder`, `block:3`, `per-block`.
  public var description: String {
    switch self {
    case .selection(let selection): selection.description
    case .perBlock: "per-block"
    }
  }

  /// The parameters of that name; nil for no name of any.
  public init?(_ name: String) {
    if name == "per-block" {
      self = .perBlock
    } else if let selection = ParameterSelection(name) {
      self = .selection(selection)
    } else {
      return nil
    }
  }

  /// For people.
  var words: String {
    switch self {
    case .selection(.all): "all trainable parameters (fixed position embeddings are none)"
    case .selection(.encoder): "the encoder's trainable parameters"
    case .selection(.decoder): "the decoder's (or the head's) trainable parameters"
    case .selection(.block(let i)): "the parameters of block \(i)"
    case .perBlock: "each block's parameters by themselves, all others fixed"
    }
  }
}
