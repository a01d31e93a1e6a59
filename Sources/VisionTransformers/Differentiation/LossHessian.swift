public import Tensors

/// The Hessian of a model's loss on one batch, known by its products: what a solver sees.
///
/// Order n, and H·v for flat vectors in the order of `function.active`.
public final class LossHessian {
  /// The loss whose second derivative this is.
  public let function: LossFunction
  /// L at the model's parameters.
  public let loss: Double
  private let model: VisionTransformer

  /// Computes what all products share.
  ///
  /// - Parameters:
  ///   - function: The loss, with its batch.
  ///   - model: The parameters; of the layout that the function has.
  /// - Throws: `LossError` that names the first place of NaN or infinity.
  /// - Complexity: About two forward passes.
  public init(of function: LossFunction, at model: VisionTransformer) throws(LossError) {
    guard model.layout.count == function.layout.count else {
      throw .wrongCount(what: "the model's parameters", expected: function.layout.count, found: model.layout.count)
    }
    self.function = function
    self.model = model
    loss = try model.withParameterVector { (parameters) throws(LossError) in try function.linearize(at: parameters) }
  }

  /// n, the number of active parameters.
  public var order: Int { function.active.count }

  /// H·v into `product`; both hold n values.
  ///
  /// - Complexity: About six forward passes' matrix products over active parameters.
  public func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) {
    model.withParameterVector { function.product(v, at: $0, into: &product) }
  }

  /// H·vᵢ in double precision for some vectors of n values; `body` gets their index and product.
  ///
  /// - Throws: What `body` throws.
  /// - Complexity: As `LossFunction.doubleProducts(of:_:at:_:)`.
  public func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    try model.withParameterVector { parameters in try function.doubleProducts(of: vectors, rows, at: parameters, body) }
  }

  /// What the check of an operator found.
  public struct Check: Sendable, Hashable {
    /// |uᵀHv − vᵀHu| with u = Hv / ‖Hv‖ and ‖v‖ = 1.
    public var asymmetry: Double
    /// ‖Hv‖.
    public var scale: Double
    /// The products spent.
    public var products: Int
  }

  /// Checks that the same v twice gives the same bits, and that uᵀHv = vᵀHu: before an operator is used.
  ///
  /// u is Hv itself, brought to length 1: for a random u in many dimensions both sides are so small that nothing would be tested.
  ///
  /// - Parameter seed: Of v.
  /// - Returns: How exact the symmetry is: a measure of the products' own rounding.
  /// - Throws: `LossError.notDeterministic` and `.notSymmetric`.
  /// - Complexity: Three products, three vectors of n values.
  @discardableResult
  public func check(seed: UInt64 = 0) throws(LossError) -> Check {
    var generator = MixedGenerator(seed)
    var v = Buffer(count: order)
    var hv = Buffer(count: order)
    var u = Buffer(count: order)
    fill(&v) { _ in generator.nextSigned() }
    normalize(&v)
    multiply(v, &hv)
    multiply(v, &u)
    let difference = largestDifference(hv.span, u.span)
    guard difference == 0 else { throw .notDeterministic(difference: difference) }
    let scale = normalize(&u)
    // uᵀHv = ‖Hv‖ because u = Hv / ‖Hv‖, up to the rounding of u.
    let left = dot(u.span, hv.span)
    multiply(u, &hv)
    let right = dot(v.span, hv.span)
    // 1e-4 of ‖Hv‖: products agree with double precision to about 1e-6 of their length, whatever the model.
    let tolerance = 1e-4 * scale
    guard abs(left - right) <= tolerance || scale == 0 else {
      throw .notSymmetric(left: left, right: right, tolerance: tolerance)
    }
    return Check(asymmetry: abs(left - right), scale: scale, products: 3)
  }

  private func multiply(_ v: borrowing Buffer, _ product: inout Buffer) {
    var span = product.mutableSpan
    apply(to: v.span, into: &span)
  }

  private func fill(_ x: inout Buffer, _ value: (Int) -> Float) {
    var span = x.mutableSpan
    for i in 0..<span.count { span[i] = value(i) }
  }

  /// x ← x / ‖x‖; returns ‖x‖ as it was.
  @discardableResult
  private func normalize(_ x: inout Buffer) -> Double {
    let norm = dot(x.span, x.span).squareRoot()
    guard norm > 0 else { return 0 }
    var span = x.mutableSpan
    for i in 0..<span.count { span[i] = Float(Double(span[i]) / norm) }
    return norm
  }

  private func dot(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    x.indices.reduce(0.0) { $0 + Double(x[$1]) * Double(y[$1]) }
  }

  private func largestDifference(_ x: Span<Float>, _ y: Span<Float>) -> Double {
    var largest = 0.0
    for i in x.indices where x[i] != y[i] {
      let d = abs(Double(x[i]) - Double(y[i]))
      largest = d > largest || d.isNaN ? (d.isNaN ? .infinity : d) : largest
    }
    return largest
  }
}
