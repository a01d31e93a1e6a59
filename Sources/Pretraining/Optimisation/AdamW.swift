public import Tensors
public import VisionTransformers

/// AdamW with decay on weight matrices and the patch kernel alone.
public final class AdamW {
  /// Its constants.
  public struct Settings: Sendable, Hashable, Codable {
    /// β₁.
    public var beta1 = 0.9
    /// β₂.
    public var beta2 = 0.95
    /// ε, PyTorch's default.
    public var epsilon = 1e-8
    /// λ.
    public var weightDecay = 0.05
    /// The largest norm of the whole gradient; nil for no clipping.
    public var clip: Double?

    /// Those of Table 5 of the MFF paper, no clipping.
    public init() {}
  }

  /// The constants.
  public let settings: Settings
  /// Steps taken.
  public internal(set) var step = 0
  /// Exponential mean of the gradient, in the order of `active`.
  var first: Buffer
  /// Exponential mean of its square.
  var second: Buffer
  private let pieces: [AdamWUpdate.Run]
  private let team: Team

  /// An optimiser that has seen no gradient.
  ///
  /// - Parameters:
  ///   - layout: The order of the parameter vector.
  ///   - active: The order of the gradient: what is trained.
  ///   - settings: The constants.
  ///   - team: The cores to share the parameters.
  public init(layout: ParameterLayout, active: ParameterLayout, settings: Settings, team: Team) {
    self.settings = settings
    self.team = team
    first = Buffer(count: active.count)
    second = Buffer(count: active.count)
    pieces = Self.runs(layout, active).flatMap(\.pieces)
  }

  /// Whether weight decay acts on a parameter: matrices and the patch kernel; not norms, biases, tokens, positions, fusion
  /// logits.
  public static func decays(_ parameter: ParameterRange) -> Bool {
    parameter.name.hasSuffix(".weight") && parameter.shape.count > 1
  }

  /// Neighbours that decay alike, as runs.
  private static func runs(_ layout: ParameterLayout, _ active: ParameterLayout) -> [AdamWUpdate.Run] {
    var runs: [AdamWUpdate.Run] = []
    for parameter in active.parameters {
      let run = AdamWUpdate.Run(
        parameter: layout[parameter.name].range.lowerBound, gradient: parameter.range.lowerBound,
        count: parameter.range.count, decays: decays(parameter))
      if let last = runs.last, last.decays == run.decays, last.parameter + last.count == run.parameter {
        runs[runs.count - 1].count += run.count
      } else {
        runs.append(run)
      }
    }
    return runs
  }

  /// Takes a step.
  ///
  /// - Parameters:
  ///   - learningRate: η of this step.
  ///   - parameters: The whole parameter vector.
  ///   - gradient: In the order of `active`.
  /// - Returns: The norm of the gradient before clipping; nil without clipping.
  public func update(
    learningRate: Double, _ parameters: inout MutableSpan<Float>, gradient: Span<Float>
  ) -> Double? {
    var (factor, length): (Double, Double?) = (1, nil)
    if let clip = settings.clip {
      let found = norm(gradient, team: team)
      // 1e-6, as PyTorch's `clip_grad_norm_` has it.
      factor = min(1, clip / (found + 1e-6))
      length = found
    }
    step += 1
    let update = AdamWUpdate(
      learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weightDecay: settings.weightDecay, step: step)
    first.withMutableSpan { m in
      second.withMutableSpan { v in
        update.apply(to: pieces, &parameters, gradient: gradient, times: factor, first: &m, second: &v, team: team)
      }
    }
    return length
  }
}
