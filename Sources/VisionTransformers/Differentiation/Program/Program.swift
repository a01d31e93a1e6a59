internal import Tensors

/// The layers of a network for a fixed number of images, with the places of all their values.
struct Program: Sendable {
  let layers: [any DifferentiableLayer]
  let loss: any LossLayer
  let places: Values.Places
  /// Number of values in each store that belongs to a part or member.
  let sizes: [Store: Int]
  /// Every parameter that a layer uses.
  let parameters: Set<ParameterName>

  /// L of this part.
  func evaluate<E: TapeElement>(_ routing: TokenRouting, _ tape: borrowing Tape<E>) -> Double {
    var values = Values(places, routing)
    for layer in layers { layer.forward(values, tape) }
    return loss.forward(&values, tape, gradient: false)
  }

  /// L and the primal values that products need; with `sumsGradients` also ∇L, summed into the result store.
  func differentiate<E: TapeElement>(
    _ routing: TokenRouting, _ tape: borrowing Tape<E>, sumsGradients: Bool, preparesProducts: Bool
  ) -> Double {
    var values = Values(places, routing)
    values.sumsGradients = sumsGradients
    values.preparesProducts = preparesProducts
    for layer in layers { layer.forward(values, tape) }
    values.startBackward()
    let share = loss.forward(&values, tape, gradient: true)
    for layer in layers.reversed() where layer.output.active { layer.backward(&values, tape) }
    return share
  }

  /// H·v of this part, summed into the result store; primal values must be there.
  func product<E: TapeElement>(_ routing: TokenRouting, _ tape: borrowing Tape<E>) {
    var values = Values(places, routing)
    for layer in layers where layer.output.active { layer.tangent(values, tape) }
    values.startBackward()
    loss.tangentOfBackward(&values, tape)
    for layer in layers.reversed() where layer.output.active { layer.tangentOfBackward(&values, tape) }
  }

  /// The index of the first layer whose output holds NaN or an infinity, −1 when none does.
  func firstNonFinite<E: TapeElement>(_ tape: borrowing Tape<E>) -> Double {
    for (index, layer) in layers.enumerated() where !isFinite(tape.span(places.primal[layer.output.id])) {
      return Double(index)
    }
    return -1
  }

  /// Bytes that a part of its images takes.
  var footprint: PartFootprint {
    PartFootprint(
      constants: 4 * sizes[.constants, default: 0], primal: 4 * sizes[.primal, default: 0],
      tangent: 4 * sizes[.tangent, default: 0])
  }
}

/// Bytes that a part of a batch takes.
struct PartFootprint: Sendable, Hashable {
  /// Images and targets.
  var constants: Int
  /// Activations and adjoints.
  var primal: Int
  /// What products use for one part after the other.
  var tangent: Int
}
