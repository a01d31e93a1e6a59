internal import Tensors

/// One step of a network, known by its four passes.
///
/// Notation in every layer's file: x input, y output, θ parameters; ẋ the derivative of x along the direction v (x's tangent);
/// x̄ = ∂L/∂x (x's adjoint); x̄̇ the adjoint's tangent. Passes in the order in which they run, the last two from the loss backwards:
///
///     forward               y = f(x, θ)
///     tangent               ẏ = ∂f/∂x ẋ + ∂f/∂θ θ̇
///     backward              x̄ += (∂f/∂x)ᵀ ȳ,  θ̄ += (∂f/∂θ)ᵀ ȳ
///     tangent of backward   the derivative of the line above along v
///
/// After the four passes the result store holds θ̄̇ = H·v (Pearlmutter 1994). To add a layer, write a type with these four functions in a
/// file of its own; nothing else has to know it.
protocol DifferentiableLayer: Sendable {
  /// What messages call it.
  var name: String { get }
  /// The values it reads, without constants.
  var inputs: [Value] { get }
  /// The value it writes.
  var output: Value { get }

  func forward<E: TapeElement>(_ values: Values, _ tape: borrowing Tape<E>)
  /// Only called when the output depends on the direction.
  func tangent<E: TapeElement>(_ values: Values, _ tape: borrowing Tape<E>)
  /// Only called when the output depends on active parameters.
  func backward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>)
  /// Only called when the output depends on active parameters.
  func tangentOfBackward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>)
}

/// The last step: a number from predictions.
protocol LossLayer: Sendable {
  /// What messages call it.
  var name: String { get }
  /// The predictions.
  var input: Value { get }

  /// Writes what the batch gives (targets, factors) into the part's constants.
  func prepare<E: TapeElement>(_ part: BatchPart, constants: Memory<E>)
  /// The part's share of the loss; with `gradient` also the predictions' adjoint.
  func forward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>, gradient: Bool) -> Double
  /// The tangent of the predictions' adjoint, ∂²L/∂y² ẏ.
  func tangentOfBackward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>)
}
