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
  /// Squares of the latest differences.
  private var recent: [Double] = []
  /// How many make a root mean square that is worth anything.
  private static let fewest = 8

  init(order: Int) { self.order = order }

  /// A product of this norm was made.
  mutating func note(norm: Double) { self.norm = max(self.norm, norm) }

  /// A product of this norm was made; `differences` are uᵀAv − vᵀAu for orthonormal vectors u.
  ///
  /// Two products with random errors of norm e give differences of e √(2/n). Where there are few, those of products before it count
  /// too: the largest of many single ones would be far from their size.
  mutating func note(norm: Double, differences: [Double]) {
    note(norm: norm)
    guard !differences.isEmpty else { return }
    recent = recent.suffix(max(0, Self.fewest - differences.count)) + differences.map { $0 * $0 }
    let square = recent.reduce(0, +) / Double(recent.count)
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

  /// The error to throw where `areTooLarge`: two more products of vector 0 tell whether A repeats itself; they overwrite the next two.
  func refusal<A: SymmetricOperator>(
    of a: inout A, _ vectors: inout VectorStack, team: Team
  ) throws -> HessianError {
    vectors.makeRoom(for: 3)
    var counter = ProductCounter()
    for product in 1...2 { try counter.apply(&a, &vectors, 0, to: product) }
    let length = Tensors.norm(vectors.vector(1), team: team)
    let difference = distance(vectors.vector(2), 1, vectors.vector(1), team: team)
    // A tenth of the limit: what contradicts itself over a whole run may differ by less from one product to the next.
    if difference > 0.1 * OperatorCheck.limit * length { return .notRepeatable(difference: difference / length) }
    return asymmetry > OperatorCheck.limit ? .notSymmetric(asymmetry: asymmetry) : .notLinear(difference: rounding)
  }
}
