public import Tensors

/// Evidence that an operator is fit for eigenvalues, and how exact its products are.
///
/// Measured in two ways. ``checkOperator(_:seed:team:)`` spends four products on random vectors before anything else. A solver
/// compares its own products with each other, which costs none: the new product of a final Ritz vector y, made for its true residual and
/// of 2y so that a map that is not linear shows, with what the products of the run foretell for it; and each uᵀAv with vᵀAu. All
/// shares are then of the largest product's norm.
///
/// - Source: the repeated product follows curvlinops (Dangel et al.): dropout or shuffled data would spoil every eigenvalue.
public struct OperatorCheck: Sendable, Hashable, Codable {
  /// ‖(Av)₁ − (Av)₂‖ / ‖Av‖ for the same v: 0 for an operator that repeats its arithmetic bit for bit.
  ///
  /// From a solver's products: `rounding`, which contains it; no vector is multiplied twice unless something is wrong.
  public var repetition: Double
  /// ‖A(cv)/c − Av‖ / ‖Av‖ for c = 4/3: every rounding differs, so this is the rounding error of a product.
  ///
  /// From a solver's products: the largest ‖A(2y)/2 − (A y foretold)‖, which contains the rounding of stored vectors too.
  public var rounding: Double
  /// √(n/2) · |uᵀAv − vᵀAu| / max(‖Av‖, ‖Au‖): the norm that products' errors need to have for this difference, if they are random.
  ///
  /// From a solver's products: the largest of all steps, each the root mean square over the vectors u that v is compared with.
  public var asymmetry: Double
  /// max(‖Av‖, ‖Au‖) for random unit vectors; from a solver's products, the largest of them.
  public var norm: Double
  /// Products spent on it.
  public var products: Int

  /// e / ‖Av‖: the largest of the three shares.
  public var relativeError: Double { max(repetition, rounding, asymmetry) }

  /// e: the error of a product that has the norm of Av = θv, ‖v‖ = 1, or of a random unit vector if that is larger.
  ///
  /// Never less than ε of single precision, in which products are stored, of that norm.
  public func productError(at value: Double) -> Double {
    max(relativeError, OperatorCheck.storage) * max(norm, abs(value))
  }

  /// ε of single precision.
  static let storage = Double(Float.ulpOfOne)

  /// Shares above this are no rounding error: 1 %, a thousand times what single-precision products of deep networks show.
  static let limit = 0.01
}

/// Applies A to random vectors: one twice, once scaled, and another for symmetry.
///
/// - Parameters:
///   - a: The operator A.
///   - seed: Decides the vectors.
///   - team: The cores for vector arithmetic.
/// - Returns: What was measured; a solver that is given it takes it for its bounds in place of what its own products show.
/// - Throws: A ``HessianError`` where A does not repeat itself, is not linear, not symmetric or not finite; the operator's own errors.
/// - Complexity: Four products; four vectors of memory.
public func checkOperator<A: SymmetricOperator>(_ a: inout A, seed: UInt64 = 0, team: Team = .single) throws
  -> OperatorCheck
{
  let n = a.order
  guard n > 0 else { return OperatorCheck(repetition: 0, rounding: 0, asymmetry: 0, norm: 0, products: 0) }
  var v = Buffer(count: n)
  var u = Buffer(count: n)
  var av = Buffer(count: n)
  var other = Buffer(count: n)
  var counter = ProductCounter()
  unitVector(RandomVectors(seed: seed, stream: Stream.operatorCheck(0)), &v, team: team)
  unitVector(RandomVectors(seed: seed, stream: Stream.operatorCheck(1)), &u, team: team)
  try counter.apply(&a, to: v.span, into: &av, team: team)
  let normAv = norm(av.span, team: team)

  try counter.apply(&a, to: v.span, into: &other, team: team)
  let repetition = share(distance(other.span, 1, av.span, team: team), of: normAv)
  guard repetition <= OperatorCheck.limit else { throw HessianError.notRepeatable(difference: repetition) }

  try counter.apply(&a, to: u.span, into: &other, team: team)
  let normAu = norm(other.span, team: team)
  let difference = abs(dot(u.span, av.span, team: team) - dot(v.span, other.span, team: team))
  let asymmetry = share((Double(n) / 2).squareRoot() * difference, of: max(normAv, normAu))
  guard asymmetry <= OperatorCheck.limit else { throw HessianError.notSymmetric(asymmetry: asymmetry) }

  let c = 4.0 / 3
  var scaled = v.mutableSpan
  scale(by: c, &scaled, team: team)
  try counter.apply(&a, to: v.span, into: &other, team: team)
  var result = other.mutableSpan
  scale(by: 1 / c, &result, team: team)
  let rounding = share(distance(other.span, 1, av.span, team: team), of: normAv)
  guard rounding <= OperatorCheck.limit else { throw HessianError.notLinear(difference: rounding) }
  return OperatorCheck(
    repetition: repetition, rounding: rounding, asymmetry: asymmetry, norm: max(normAv, normAu),
    products: counter.products)
}

/// part / whole, 0 where both are 0.
private func share(_ part: Double, of whole: Double) -> Double { part == 0 ? 0 : part / whole }
