internal import Tensors

/// An activation of a program: a matrix of tokens by channels.
struct Value: Sendable, Hashable {
  let id: Int
  let rows: Int
  let columns: Int
  /// Whether it depends on active parameters: only then it has a tangent and an adjoint.
  var active: Bool

  /// The same value held fixed: no tangent flows out of it, no adjoint into it.
  var detached: Value {
    var copy = self
    copy.active = false
    return copy
  }
}

/// A parameter of a layer: where its value lies, and where its tangent and gradient do when it is active.
struct Parameter: Sendable {
  let value: Place
  /// θ̇ within v; nil for a parameter held fixed.
  let direction: Place?
  /// θ̄ within the result; nil for a parameter held fixed.
  let result: Place?

  var active: Bool { direction != nil }
}

/// Where the values of a program lie during one walk, and what is known of the part of the batch.
struct Values: Sendable {
  /// Places by a value's id; those of adjoints and tangents only for active values.
  struct Places: Sendable {
    var primal: [Place]
    var adjoint: [Place?]
    var tangent: [Place?]
    var adjointTangent: [Place?]
  }

  private let places: Places
  /// Which tokens of this part are visible.
  let routing: TokenRouting
  /// Whether backward passes sum the gradients of parameters.
  var sumsGradients = true
  /// Whether a product will follow, which needs second derivatives.
  var preparesProducts = false
  private var touched: [Bool]

  init(_ places: Places, _ routing: TokenRouting) {
    self.places = places
    self.routing = routing
    touched = Array(repeating: false, count: places.primal.count)
  }

  /// The value itself, x.
  subscript(_ x: Value) -> Place { places.primal[x.id] }

  /// ẋ; nil where x does not depend on the direction.
  func tangent(_ x: Value) -> Place? { x.active ? places.tangent[x.id] : nil }

  /// x̄ of an active value.
  func adjoint(_ x: Value) -> Place { existing(places.adjoint[x.id]) }

  /// x̄̇ of an active value.
  func adjointTangent(_ x: Value) -> Place { existing(places.adjointTangent[x.id]) }

  /// Where to sum the gradient of a parameter; nil where none is wanted.
  func gradient(_ parameter: Parameter) -> Place? { sumsGradients ? parameter.result : nil }

  /// 0 for the first consumer of x that sums into its adjoint (or the adjoint's tangent) in a backward pass, 1 for later ones.
  mutating func beta(_ x: Value) -> Float {
    defer { touched[x.id] = true }
    return touched[x.id] ? 1 : 0
  }

  /// Forgets which adjoints were summed into: before every backward pass.
  mutating func startBackward() { touched = Array(repeating: false, count: touched.count) }

  private func existing(_ place: Place?) -> Place {
    guard let place else { preconditionFailure("a value that depends on no active parameter has no adjoint") }
    return place
  }
}
