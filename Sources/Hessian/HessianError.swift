/// Why an operator's eigenvalues, density or trace cannot be had from its products.
public enum HessianError: Error, Sendable, Hashable {
  /// A product holds NaN or infinity; products are counted from 1.
  case notFinite(product: Int)
  /// The same vector gave two products that differ by this share of their norm.
  case notRepeatable(difference: Double)
  /// A(cv) and c·Av differ by this share of their norm.
  case notLinear(difference: Double)
  /// uᵀAv and vᵀAu differ: `asymmetry` is √(n/2) times the difference, over the norm of a product.
  case notSymmetric(asymmetry: Double)
}

extension HessianError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .notFinite(let product):
      "Hessian-vector product \(product) holds NaN or infinity; check the checkpoint's weights and the images"
    case .notRepeatable(let difference):
      "the same vector gave two Hessian-vector products that differ by \(percent(difference)); "
        + "fix images, masks and dropout before asking for eigenvalues"
    case .notLinear(let difference):
      "Hessian-vector products are not linear in the vector: scaled and unscaled ones differ by \(percent(difference)); "
        + "this operator has no eigenvalues"
    case .notSymmetric(let asymmetry):
      "Hessian-vector products are not symmetric: uᵀHv and vᵀHu differ by \(percent(asymmetry)) of what chance allows; "
        + "this operator is no Hessian"
    }
  }

  private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
