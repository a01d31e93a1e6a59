internal import Tensors

/// What a run's own products tell about their error, without one more of them.
///
/// All shares are of the largest product's norm seen at the time, and an error of that share of ‖A‖ is what bounds allow for.
struct ProductErrors {
  /// n.
  private let order: Int
  /// max ‖A v‖ over unit vectors v.
  private(set) var norm = 0.0
  /// The largest share that a product was off what earlier ones foretold.
  private(set) var rounding = 0.0
  /// The largest share that products' errors need to have for what is missing in symmetry, if they are random.
  private(set) var asymmetry = 0.0

  init(order: Int) { self.order = order }

  /// A product of this norm was made.
  mutating func note(norm: Double) { self.norm = max(self.norm, norm) }

  /// A product of this norm was made; `differences` are uᵀAv − vᵀAu for orthonormal vectors u.
  ///
  /// Two products with random errors of norm e give differences of e √(2/n).
  mutating func note(norm: Double, differences: [Double]) {
    note(norm: norm)
    guard !differences.isEmpty else { return }
    let square = differences.reduce(0) { $0 + $1 * $1 } / Double(differences.count)
    asymmetry = max(asymmetry, share(of: (Double(order) / 2 * square).squareRoot()))
  }

  /// A product was off what earlier ones foretold by a vector of this norm.
  mutating func note(difference: Double) { rounding = max(rounding, share(of: difference)) }

  private func share(of part: Double) -> Double { part == 0 ? 0 : part / norm }

  /// Whether this cannot be rounding.
  var areTooLarge: Bool { max(rounding, asymmetry) > OperatorCheck.limit }

  /// The same as a check that costs nothing.
  var check: OperatorCheck {
    OperatorCheck(repetition: rounding, rounding: rounding, asymmetry: asymmetry, norm: norm, products: 0)
  }

  /// The error to throw where `areTooLarge`: two more products of one vector tell whether A repeats itself.
  func refusal<A: SymmetricOperator>(
    of a: inout A, _ v: Span<Float>, _ first: inout Buffer, _ second: inout Buffer, team: Team
  ) throws -> HessianError {
    var counter = ProductCounter()
    let length = try counter.apply(&a, to: v, into: &first, team: team)
    try counter.apply(&a, to: v, into: &second, team: team)
    let difference = distance(second.span, 1, first.span, team: team)
    // A tenth of the limit: what contradicts itself over a whole run may differ by less from one product to the next.
    if difference > 0.1 * OperatorCheck.limit * length { return .notRepeatable(difference: difference / length) }
    return asymmetry > OperatorCheck.limit ? .notSymmetric(asymmetry: asymmetry) : .notLinear(difference: rounding)
  }
}
