public import Ranks
public import Tensors
public import VisionTransformers

/// A network in training: its weights, its optimiser, and the steps.
///
/// Several ranks may share every batch: each works on its own images, gradients are added up, and all take the same step, so that
/// weights and moments are equal on all.
public final class Trainer {
  /// What a step found.
  public struct Report: Sendable, Hashable {
    /// L before the step.
    public var loss: Double
    /// ‖∇L‖ before clipping; nil without clipping.
    public var gradientNorm: Double?
  }

  /// The loss of this rank's share of a batch, its network and its layouts.
  public let loss: LossFunction
  private let ranks: any RankGroup
  private let optimizer: AdamW
  private var parameters: Buffer
  private var gradient: Buffer

  /// A network with the initial weights of a seed.
  ///
  /// - Parameters:
  ///   - architecture: The network.
  ///   - objective: What is learned.
  ///   - images: Images in a whole batch, no fewer than ranks.
  ///   - masked: Patches removed from each image.
  ///   - settings: The optimiser's constants.
  ///   - seed: Decides on the initial weights.
  ///   - team: Cores to use.
  ///   - ranks: Who shares each batch.
  /// - Throws: `LossError` for what the architecture lacks.
  public init(
    _ architecture: Architecture, objective: Objective, images: Int, masked: Int, settings: AdamW.Settings,
    seed: UInt64, team: Team, ranks: any RankGroup = SingleRank()
  ) throws(LossError) {
    loss = try LossFunction(
      architecture, objective: objective, images: ranks.share(of: 0..<images).count, batchImages: images,
      masked: masked, products: false, options: LossOptions(team: team, imagesPerPart: Self.imagesPerPart))
    self.ranks = ranks
    optimizer = AdamW(layout: loss.layout, active: loss.active, settings: settings, team: team)
    parameters = Buffer(count: loss.layout.count)
    gradient = Buffer(count: loss.active.count)
    parameters.withMutableSpan { values in
      ParameterInitialization(seed: seed).fill(&values, loss.layout, of: architecture)
    }
  }

  /// Images worked on at once: with 8 the activations of a block stay in a core's cache (measured: 5 to 8 % faster than 64
  /// at width 64, and an eighth of the memory), while products still have hundreds of rows.
  private static let imagesPerPart = 8

  /// Steps taken.
  public var step: Int { optimizer.step }

  /// Takes a step.
  ///
  /// - Parameters:
  ///   - batch: This rank's images of the batch, and what the objective needs beside them.
  ///   - learningRate: η of this step.
  /// - Returns: The loss of the whole batch before the step.
  /// - Throws: `PretrainingError.nonFiniteLoss`, `.nonFiniteGradient`; the weights are then those before the step.
  ///   Other errors of the loss as they are.
  /// - Complexity: About three forward passes; each of N ranks sends and receives 2 (N − 1) / N times 4 bytes a trained weight.
  @discardableResult
  public func step(_ batch: LossBatch, learningRate: Double) throws -> Report {
    let value = try differentiate(batch)
    let norm = gradient.withSpan { gradient in
      parameters.withMutableSpan { optimizer.update(learningRate: learningRate, &$0, gradient: gradient) }
    }
    return Report(loss: value, gradientNorm: norm)
  }

  /// L of the whole batch, and ∇L into `gradient`; both finite, and equal on all ranks.
  private func differentiate(_ batch: LossBatch) throws -> Double {
    var value = [0.0]
    do throws(LossError) {
      try loss.setBatch(batch)
      value[0] = try parameters.withSpan { (values) throws(LossError) in
        try gradient.withMutableSpan { (gradient) throws(LossError) in try loss.gradient(at: values, into: &gradient) }
      }
    } catch {
      switch error {
      case .nonFiniteInput, .nonFiniteParameter, .nonFiniteActivation:
        throw PretrainingError.nonFiniteLoss(step: step + 1, cause: error)
      default: throw error
      }
    }
    ranks.sum(&value)
    gradient.withMutableSpan { ranks.sum(&$0) }
    let bad = gradient.withSpan { gradient in
      isFinite(gradient) ? nil : loss.active.parameters.first { !isFinite(gradient.extracting($0.range)) }
    }
    if let bad { throw PretrainingError.nonFiniteGradient(step: step + 1, parameter: bad.name) }
    return value[0]
  }

  /// Calls `body` with all weights, in the order of `loss.layout`.
  public func withParameters<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try parameters.withSpan(body)
  }

  /// Replaces all weights, in the order of `loss.layout`.
  public func setParameters(_ values: Span<Float>) {
    precondition(values.count == parameters.count)
    parameters.withMutableSpan { own in
      for i in values.indices { own[i] = values[i] }
    }
  }

  /// The fusion weights by position; empty without fusion by average.
  public var fusionWeights: [Double] {
    guard loss.layout.contains("fusion.logits") else { return [] }
    return softmax(parameters.withSpan { values in loss.layout["fusion.logits"].range.map { Double(values[$0]) } })
  }

  // MARK: What resuming needs

  /// Calls `body` with weights and both moments.
  func withState<Failure: Error>(
    _ body: (Span<Float>, Span<Float>, Span<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    try parameters.withSpan { (w) throws(Failure) in
      try optimizer.first.withSpan { (m) throws(Failure) in
        try optimizer.second.withSpan { (v) throws(Failure) in try body(w, m, v) }
      }
    }
  }

  /// Takes weights and moments that `body` writes, as they were after `step` steps.
  func restore<Failure: Error>(
    step: Int,
    _ body: (inout MutableSpan<Float>, inout MutableSpan<Float>, inout MutableSpan<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    try parameters.withMutableSpan { (w) throws(Failure) in
      try optimizer.first.withMutableSpan { (m) throws(Failure) in
        try optimizer.second.withMutableSpan { (v) throws(Failure) in try body(&w, &m, &v) }
      }
    }
    optimizer.step = step
  }

  /// Gives all ranks the weights, moments and step of rank 0.
  ///
  /// - Complexity: 12 bytes a weight to each.
  func followFirst() throws {
    guard ranks.count > 1 else { return }
    let step = try ranks.broadcast([optimizer.step])[0]
    restore(step: step) { w, m, v in
      ranks.broadcast(&w)
      ranks.broadcast(&m)
      ranks.broadcast(&v)
    }
  }
}
