internal import Synchronization
internal import Tensors

extension LossFunction {
  /// What the decoder predicts for every patch of the current batch, visible ones too, and L(θ).
  ///
  /// - Parameter parameters: θ, in the order of `layout`.
  /// - Returns: Predictions of shape [N, L, C], patches row-major on their grid; for pixels C = 3 P², ordered row, column, colour as in MAE's
  ///   code. A model of normalised pixels predicts normalised ones.
  /// - Throws: `LossError` as `loss(at:)` does.
  /// - Precondition: The objective uses the decoder.
  /// - Complexity: A forward pass.
  public func predictions(at parameters: Span<Float>) throws(LossError) -> (values: [Float], loss: Double) {
    precondition(objective.usesDecoder, "the objective \(objective.name) has no predictions of patches")
    let collected = Mutex<[Int: [Float]]>([:])
    var nothing: [Float] = []
    var none = nothing.mutableSpan
    forgetLinearization()
    let architecture = architecture
    let shares = run(parameters, [Float]().span, &none) { part, tape in
      let share = part.program.evaluate(part.routing, tape)
      let rows = part.program.predictions(tape, of: part.images.count, architecture)
      collected.withLock { $0[part.images.lowerBound] = rows }
      return share
    }
    let loss = try checked(shares, parameters)
    let values = collected.withLock { parts in parts.sorted { $0.key < $1.key }.flatMap(\.value) }
    return (values, loss)
  }
}

extension Program {
  /// The loss's input without the rows of prefix tokens, shape [images, L, C].
  fileprivate func predictions(_ tape: borrowing Tape<Float>, of images: Int, _ a: Architecture) -> [Float] {
    let width = loss.input.columns
    let rows = tape.span(places.primal[loss.input.id])
    var values: [Float] = []
    values.reserveCapacity(images * a.patches * width)
    for image in 0..<images {
      let start = (image * a.tokens + a.prefix.count) * width
      for i in start..<start + a.patches * width { values.append(rows[i]) }
    }
    return values
  }
}
