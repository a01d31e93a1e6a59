public import Tensors

/// Which end of the spectrum is wanted.
public enum SpectrumEnd: String, Sendable, Hashable, Codable, CaseIterable {
  /// Largest |λ| first, the sign kept: what power iteration finds.
  case magnitude
  /// Largest λ first.
  case largest

  /// Larger for values that come earlier.
  func rank(_ value: Double) -> Double { self == .magnitude ? abs(value) : value }
}

/// One eigenvalue with the evidence for it.
public struct Eigenvalue: Sendable, Hashable, Codable {
  /// θ = vᵀAv.
  public var value: Double
  /// ‖Av − θv‖₂ with ‖v‖₂ = 1, from a product made for this purpose when the solver had ended.
  public var residual: Double
  /// The residual plus the error of the product itself: [θ − bound, θ + bound] holds an eigenvalue of A.
  public var bound: Double
  /// Products until the value was settled.
  ///
  /// Power iteration: those spent on this value. Lanczos, which works on all at once: those of the run until this value and all
  /// earlier ones were settled.
  public var iterations: Int
  /// Whether this and all earlier values meet the tolerance.
  public var converged: Bool
}

/// Eigenvalues in the order asked for, their vectors, and what they cost.
public struct Eigenpairs: ~Copyable, Sendable {
  /// In the order of ``SpectrumEnd``; as many as asked for, or the order of the operator if that is smaller.
  public let eigenvalues: [Eigenvalue]
  /// Unit eigenvector i belongs to eigenvalue i: shape [k, n].
  public let vectors: VectorStack
  /// The solver's memory, where it was to be kept.
  var room: VectorStack
  /// Products that the solver spent.
  public let products: Int
  /// Products spent afterwards on true residuals.
  public let checkProducts: Int
  /// Which end of the spectrum was asked for.
  public let which: SpectrumEnd
  /// What the solver's own products tell about A and about their error, at no product's cost.
  ///
  /// Bounds contain its product error where the solver was given no other check.
  public let operatorCheck: OperatorCheck
  /// What the solver's options promise: searches for overlooked values keep to it.
  let vectorsInMemory: Int
  /// Which eigenvalues the solver cannot have overlooked but as further copies of others; absent where its start was not random.
  let polynomials: KrylovPolynomials?
  /// The search that confirmed the values' ranks; absent from a solver's own result, see
  /// ``completedEigenvalues(of:pairs:relativeTolerance:options:check:team:observer:)``.
  public internal(set) var rankCheck: RankCheck?
  /// Whether values that converged in single precision do not meet the tolerance in double: see
  /// ``confirmedEigenvalues(of:pairs:relativeTolerance:team:)``.
  public internal(set) var exceedsPrecision = false

  /// Gives up everything but the vectors.
  consuming func takeVectors() -> VectorStack { vectors }

  /// Gives up the memory beside the vectors.
  mutating func takeRoom() -> VectorStack { room.split(at: 0) }

  /// √Σ bound².
  var jointBound: Double { eigenvalues.reduce(0) { $0 + $1.bound * $1.bound }.squareRoot() }

  /// Whether every value meets the tolerance.
  public var converged: Bool { eigenvalues.allSatisfy(\.converged) }
}

/// What a solver knows after a product.
public struct SolverProgress: Sendable, Hashable {
  /// The eigenvalue worked on, from 0: the first that is not settled.
  public var index: Int
  /// Products spent on it (power iteration) or by the whole run (Lanczos).
  public var iteration: Int
  /// Products spent so far.
  public var products: Int
  /// The current estimate of the eigenvalue.
  public var value: Double
  /// The current estimate of its residual.
  public var residual: Double
}

/// Called after each product.
///
/// An error thrown here ends the solver and reaches its caller.
public typealias SolverObserver = (SolverProgress) throws -> Void

/// When a pair (θ, r) counts as converged: ‖r‖ ≤ tolerance · |θ|.
///
/// Residuals below `precision` · max |θ| count too: vectors are `Float`, so that nothing smaller can be told from rounding. Only
/// values thousands of times smaller than the largest are touched by this, and their `bound` still says how well they are known.
struct ConvergenceTest {
  var tolerance: Double
  /// The largest |θ| seen.
  var magnitude: Double

  /// 16 ε of single precision: about what rounding leaves of a product and of the vectors.
  static let precision = 16 * Double(Float.ulpOfOne)

  func limit(_ value: Double) -> Double { max(tolerance * abs(value), ConvergenceTest.precision * magnitude) }
}
