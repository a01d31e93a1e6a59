internal import Tensors

/// The tokens of the first block: p Wᵀ + b + position for visible patches p, and the prefix tokens with their positions in front.
///
///     tangent               ẏ = p Ẇᵀ + ḃ + positioṅ, prefix tokens likewise
///     backward              W̄ = ȳᵀ p        b̄, position, prefix tokens: the sums of their rows of ȳ
///     tangent of backward   the same sums of ȳ̇, because y is linear in the parameters
///
/// The patch matrix has a row of zeros for each prefix token, so that one product serves all tokens.
struct EmbeddingLayer: DifferentiableLayer {
  let name = "embedding"
  /// Pixels of the visible patches, colour by colour, shape [images · tokens, 3 P²], in the constants.
  let patches: Place
  let weight: Parameter
  let bias: Parameter
  let position: Parameter
  /// The parameter and the row of it, for each token in front of the patches.
  let prefix: [(parameter: Parameter, row: Int)]
  let output: Value

  var inputs: [Value] { [] }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    t.start(v[output], bias: bias.value)
    t.multiply(patches, .plain, weight.value, .transposed, into: v[output], beta: 1)
    for (i, token) in prefix.enumerated() {
      let at = v.routing.encoderPrefix[i]
      t.addRows(token.parameter.value, at.map { _ in token.row }, to: v[output], at: at, replacing: true)
    }
    t.addRows(position.value, v.routing.encoderPositions.rows, to: v[output], at: v.routing.encoderPositions.at)
  }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(output) else { return }
    t.start(dy, bias: bias.direction)
    if let dW = weight.direction { t.multiply(patches, .plain, dW, .transposed, into: dy, beta: 1) }
    for (i, token) in prefix.enumerated() {
      let at = v.routing.encoderPrefix[i]
      for row in at { t.fill(dy.rows(row..<row + 1)) }
      if let direction = token.parameter.direction { t.addRows(direction, at.map { _ in token.row }, to: dy, at: at) }
    }
    if let direction = position.direction {
      t.addRows(direction, v.routing.encoderPositions.rows, to: dy, at: v.routing.encoderPositions.at)
    }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) { sumGradients(of: v.adjoint(output), v, t) }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    sumGradients(of: v.adjointTangent(output), v, t)
  }

  private func sumGradients<E: TapeElement>(of ybar: Place, _ v: Values, _ t: borrowing Tape<E>) {
    if let sums = v.gradient(weight) { t.multiply(ybar, .transposed, patches, .plain, into: sums, beta: t.resultBeta) }
    let routing = v.routing
    func sum(_ rows: [Int], into parameter: Parameter, at: [Int]) {
      if let sums = v.gradient(parameter) { t.addRows(ybar, rows, to: sums, at: at) }
    }
    for parameter in [bias, position] + prefix.map(\.parameter) {
      if let sums = v.gradient(parameter), !t.accumulates { t.fill(sums) }
    }
    sum(routing.encoderPatches, into: bias, at: routing.encoderPatches.map { _ in 0 })
    sum(routing.encoderPositions.at, into: position, at: routing.encoderPositions.rows)
    for (i, token) in prefix.enumerated() {
      sum(routing.encoderPrefix[i], into: token.parameter, at: routing.encoderPrefix[i].map { _ in token.row })
    }
  }
}

extension ProgramBuilder {
  /// The embedding of the visible patches, and where their pixels go.
  mutating func embed() -> (tokens: Value, patches: Place) {
    let (rows, a) = (images * encoderTokens, architecture)
    var registers = 0
    let prefix = a.prefix.map { token -> (parameter: Parameter, row: Int) in
      switch token {
      case .class: return (parameter("class"), 0)
      case .distillation: return (parameter("distillation"), 0)
      case .register:
        registers += 1
        return (parameter("registers"), registers - 1)
      }
    }
    let (weight, bias, position) = (parameter("patch.weight"), parameter("patch.bias"), parameter("position"))
    let y = value(
      rows: rows, columns: a.width, from: [], [weight, bias, position] + prefix.map(\.parameter))
    let patches = reserve(.constants, rows: rows, columns: 3 * a.patchSize * a.patchSize)
    let layer = EmbeddingLayer(
      patches: patches, weight: weight, bias: bias, position: position, prefix: prefix, output: y)
    return (append(layer), patches)
  }
}
