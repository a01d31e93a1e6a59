internal import Foundation

/// One step of AdamW on a flat parameter vector: Adam's moments, weight decay apart from them.
///
///     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
///     w ← w − η λ w                w ← w − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// - Source: Loshchilov & Hutter 2019, algorithm 2, in the order of operations of PyTorch's `AdamW`.
public struct AdamWUpdate: Sendable, Hashable {
  /// Parameters that lie side by side in the parameter vector and in the gradient.
  public struct Run: Sendable, Hashable {
    /// Where they begin in the parameter vector.
    public var parameter: Int
    /// Where they begin in the gradient and the moments.
    public var gradient: Int
    /// How many there are.
    public var count: Int
    /// Whether weight decay acts on them.
    public var decays: Bool

    /// Parameters `parameter ..< parameter + count`.
    public init(parameter: Int, gradient: Int, count: Int, decays: Bool) {
      self.parameter = parameter
      self.gradient = gradient
      self.count = count
      self.decays = decays
    }

    /// The same parameters in pieces that one core takes at a time.
    public var pieces: [Run] {
      stride(from: 0, to: count, by: vectorChunk).map { start in
        Run(
          parameter: parameter + start, gradient: gradient + start, count: min(vectorChunk, count - start),
          decays: decays)
      }
    }
  }

  /// η.
  public var learningRate: Double
  /// β₁.
  public var beta1: Double
  /// β₂.
  public var beta2: Double
  /// ε.
  public var epsilon: Double
  /// λ.
  public var weightDecay: Double
  /// t, counted from 1.
  public var step: Int

  /// A step with its constants.
  public init(learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, step: Int) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.step = step
  }

  /// Takes the step, in one pass over memory.
  ///
  /// - Parameters:
  ///   - runs: What is trained; runs do not overlap. `Run.pieces` lets a team share them.
  ///   - parameters: The whole parameter vector.
  ///   - gradient: ∇L of what is trained.
  ///   - factor: The gradient is multiplied by it: below 1 where it is clipped.
  ///   - first: m, as long as the gradient.
  ///   - second: v, as long as the gradient.
  ///   - team: The cores to share the runs; the result does not depend on how many.
  public func apply(
    to runs: [Run], _ parameters: inout MutableSpan<Float>, gradient: Span<Float>, times factor: Double = 1,
    first: inout MutableSpan<Float>, second: inout MutableSpan<Float>, team: Team = .single
  ) {
    precondition(first.count == gradient.count && second.count == gradient.count && step > 0)
    for run in runs {
      precondition(run.count >= 0 && run.parameter >= 0 && run.parameter + run.count <= parameters.count)
      precondition(run.gradient >= 0 && run.gradient + run.count <= gradient.count)
    }
    let (w, g, m, v) = unsafe (Target(&parameters), Source(gradient), Target(&first), Target(&second))
    let (b1, b2) = (Float(1 - beta1), Float(beta2))
    let c2 = Float(1 - beta2)
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = Float((1 - pow(beta2, Double(step))).squareRoot())
    let size = Float(learningRate / correction1)
    let (eps, scale) = (Float(epsilon), Float(factor))
    let shrink = Float(1 - learningRate * weightDecay)
    team.forEach(runs.count) { index in
      let run = runs[index]
      let keep: Float = run.decays ? shrink : 1
      let (w, g) = unsafe (w.from(run.parameter), g.from(run.gradient))
      let (m, v) = unsafe (m.from(run.gradient), v.from(run.gradient))
      @inline(__always) func step(_ i: Int, _ n: Int) {
        let gradient = unsafe g.some(at: i, n) * scale
        let old = unsafe m.some(at: i, n)
        let first = old + b1 * (gradient - old)
        let second = unsafe b2 * v.some(at: i, n) + c2 * (gradient * gradient)
        unsafe m.put(first, at: i, n)
        unsafe v.put(second, at: i, n)
        let denominator = second.squareRoot() / correction2 + eps
        unsafe w.put(keep * w.some(at: i, n) - size * (first / denominator), at: i, n)
      }
      walk(run.count) {
        step($0, 16)
      } rest: {
        step($0, $1)
      }
    }
  }
}
