internal import Hessian
internal import Tensors
internal import VisionTransformers

/// The Hessian of L + ½ λ ‖w‖², w the weight matrices and the patch kernel among the active parameters.
///
/// The second term's Hessian is λ on their entries and 0 on all others: biases, norms, tokens, fusion logits.
struct DecayedHessian: SymmetricOperator {
  let hessian: DividedHessian
  /// λ.
  let decay: Double
  private let decayed: [Range<Int>]

  init(_ hessian: DividedHessian, decay: Double) {
    self.hessian = hessian
    self.decay = decay
    decayed = decay == 0 ? [] : Self.decayedRanges(of: hessian.own.function.active)
  }

  /// Where the weight matrices lie in a vector of this layout.
  static func decayedRanges(of layout: ParameterLayout) -> [Range<Int>] {
    layout.parameters.filter { $0.name.hasSuffix(".weight") && $0.shape.count >= 2 }.map(\.range)
  }

  var order: Int { hessian.own.order }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) {
    hessian.apply(to: v, into: &product)
    // One product of a network takes hundreds of times as long.
    for range in decayed {
      for i in range { product[i] = Float(Double(product[i]) + decay * Double(v[i])) }
    }
  }
}

extension DecayedHessian: ConfirmableOperator {
  mutating func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    try hessian.doubleProducts(of: vectors, rows) { row, product in
      let v = vectors.vector(row)
      for range in decayed {
        for i in range { product[i] += decay * Double(v[i]) }
      }
      try body(row, &product)
    }
  }
}
