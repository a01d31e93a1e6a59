/// A symmetric linear map A ∈ ℝⁿˣⁿ known only by its product with a vector.
///
/// Solvers see nothing else: they work on a matrix of nine entries as on the Hessian of a network. Vectors are `Float`; their dot
/// products are summed in `Double`.
public protocol SymmetricOperator {
  /// What can go wrong in a product; `Never` where nothing can.
  associatedtype Failure: Error
  /// The order n.
  var order: Int { get }
  /// Writes A·v into `product`; both hold n values and do not overlap.
  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Failure)
}
