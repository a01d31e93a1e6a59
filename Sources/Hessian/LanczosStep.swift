/// The projection of a product w = A v: what it holds of v, of the vector u before it, and of other vectors.
///
/// The others are taken for orthonormal. Products with v and u, and of these with each other, are known exactly; so one projection
/// leaves w orthogonal to v and u to rounding, and no second one is needed to mend what the first has left.
struct LanczosStep {
  /// Basis vectors before the last two, and vectors of another stack.
  private(set) var rows: [Int] = []
  private(set) var others: [Int] = []
  /// Their products with w, v and u.
  private(set) var rowProducts: [[Double]] = []
  private(set) var otherProducts: [[Double]] = []
  /// Products of w, v and u with each other.
  private let among: [[Double]]

  /// What the walk over memory has found; u is missing in the first step.
  init(among: [[Double]]) { self.among = among }

  /// Adds vectors with their products.
  mutating func add(rows: [Int], others: [Int], _ products: [[Double]]) {
    self.rows += rows
    self.others += others
    rowProducts += products.prefix(rows.count)
    otherProducts += products.suffix(others.count)
  }

  private var hasTwo: Bool { among.count == 3 }

  /// ‖w‖².
  var square: Double { among[0][0] }
  /// vᵀv.
  var lastSquare: Double { among[1][1] }
  /// uᵀw and uᵀv.
  var previous: (withProduct: Double, withLast: Double) { hasTwo ? (among[0][2], among[1][2]) : (0, 0) }

  /// What is removed.
  struct Coefficients {
    var rows: [Double]
    var others: [Double]
    var last: Double
    var previous: Double
    /// ‖w‖ after removal.
    var left: Double
  }

  /// Coefficients of the projection.
  var coefficients: Coefficients {
    let all = rowProducts + otherProducts
    func dot(_ r: Int, _ s: Int) -> Double { all.reduce(0) { $0 + $1[r] * $1[s] } }
    // Of v and u the part that is orthogonal to the others: two equations.
    let (vv, right) = (among[1][1] - dot(1, 1), among[0][1] - dot(0, 1))
    var (last, previous) = (right / vv, 0.0)
    if hasTwo {
      let (uu, vu, other) = (among[2][2] - dot(2, 2), among[1][2] - dot(1, 2), among[0][2] - dot(0, 2))
      let determinant = vv * uu - vu * vu
      (last, previous) = ((right * uu - other * vu) / determinant, (other * vv - right * vu) / determinant)
    }
    func coefficient(_ h: [Double]) -> Double { h[0] - h[1] * last - (hasTwo ? h[2] * previous : 0) }
    let (rows, others) = (rowProducts.map(coefficient), otherProducts.map(coefficient))
    var left = square - last * among[0][1] - (hasTwo ? previous * among[0][2] : 0)
    for (c, h) in zip(rows + others, all) { left -= c * h[0] }
    return Coefficients(
      rows: rows, others: others, last: last, previous: previous, left: max(0, left).squareRoot())
  }
}

extension LanczosStep.Coefficients {
  /// The sum of squares of what is removed of vectors other than the last two.
  var small: Double { (rows + others).reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
