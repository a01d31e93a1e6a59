internal import Tensors

/// The end of a run: values and residuals from new products.
extension LanczosProcess {
  /// Ends the process: θ and ‖A v − θ v‖ of its vectors, which a restart has made doubled Ritz vectors, from new products.
  ///
  /// Each product is made of a doubled vector and halved, so that a map that is not linear shows: for a linear one that changes no
  /// bit. It is compared with what the factorisation foretold, A v = θ v + coupling · w.
  mutating func certify<A: SymmetricOperator>(
    with a: inout A, _ counter: inout ProductCounter
  ) throws -> [(value: Double, residual: Double)] {
    let hasNext = !isComplete(beside: noVectors())
    let product = hasNext ? size + 1 : size
    var pairs: [(value: Double, residual: Double)] = []
    for i in 0..<size {
      try counter.apply(&a, &stack, i, to: product)
      let value = matrix[i, i]
      let found = stack.halveVector(
        i, comparing: product, with: value, and: hasNext ? size : nil, times: matrix[size, i], team: team)
      errors.note(norm: try counter.norm(found.productSquare))
      errors.note(difference: found.differenceSquare.squareRoot())
      let shift = found.along / found.square
      let square = max(0, found.residualSquare - shift * found.along)
      pairs.append((value + shift, (square / found.square).squareRoot()))
    }
    if errors.areTooLarge { try refuse(with: &a) }
    return pairs
  }

  /// Ends a process whose products contradict each other: a product made twice tells why.
  mutating func refuse<A: SymmetricOperator>(with a: inout A) throws -> Never {
    throw try errors.refusal(of: &a, &stack, team: team)
  }

  /// Hands over the vectors in the order given by `order`, and behind them the room of the others.
  consuming func takeVectors(order: [Int]) -> VectorStack {
    stack.reorder(order)
    return stack
  }
}
