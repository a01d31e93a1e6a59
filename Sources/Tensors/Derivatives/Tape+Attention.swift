/// The four passes of multi-head self-attention between tokens, for each image and head.
///
/// Vaswani et al. 2017, eq. 1:
///
///     forward               S = s Q Kᵀ, s = 1/√d         P = softmax(S)                     O = P V
///     tangent               Ṡ = s (Q̇ Kᵀ + Q K̇ᵀ)         Ṗ = P ⊙ (Ṡ − ⟨P, Ṡ⟩)               Ȯ = Ṗ V + P V̇
///     backward              P̄ = Ō Vᵀ                     E = P̄ − ⟨P, P̄⟩,  S̄ = P ⊙ E
///                           Q̄ = s S̄ K                    K̄ = s S̄ᵀ Q                        V̄ = Pᵀ Ō
///     tangent of backward   P̄̇ = Ō̇ Vᵀ + Ō V̇ᵀ             S̄̇ = Ṗ ⊙ E + P ⊙ (P̄̇ − ⟨Ṗ, E⟩ − ⟨P, P̄̇⟩)
///                           Q̄̇ = s (S̄̇ K + S̄ K̇)          K̄̇ = s (S̄̇ᵀ Q + S̄ᵀ Q̇)             V̄̇ = Ṗᵀ Ō + Pᵀ Ō̇
///
/// with ⟨·, ·⟩ the dot product of each row. (The row dot's own tangent is ⟨Ṗ, P̄⟩ + ⟨P, P̄̇⟩, and ⟨Ṗ, P̄⟩ = ⟨Ṗ, E⟩ because rows of Ṗ sum
/// to 0.) P and E are kept among the primal values, Ṗ among the tangents.
public struct AttentionPlaces: Sendable {
  /// Images N.
  public var images: Int
  /// Tokens T of each image.
  public var tokens: Int
  /// Heads H, each with d = D / H adjacent columns.
  public var heads: Int
  /// Queries, keys and values side by side, shape [N · T, 3 D].
  public var qkv: Place
  /// P, shape [N · H · T, T].
  public var weights: Place
  /// E, shape [N · H · T, T].
  public var centred: Place
  /// Room for two matrices of T × T for each member of the team.
  public var scratch: Place

  /// The places that all passes need.
  public init(images: Int, tokens: Int, heads: Int, qkv: Place, weights: Place, centred: Place, scratch: Place) {
    precondition(qkv.rows == images * tokens && qkv.columns.isMultiple(of: 3 * heads))
    precondition(weights.count == images * heads * tokens * tokens && centred.count == weights.count)
    self.images = images
    self.tokens = tokens
    self.heads = heads
    self.qkv = qkv
    self.weights = weights
    self.centred = centred
    self.scratch = scratch
  }

  var width: Int { qkv.columns / 3 }
  var headWidth: Int { width / heads }
  /// s.
  func scale<Element: TapeElement>() -> Element { 1 / Element(headWidth).squareRoot() }
  var square: MatrixLayout { MatrixLayout(tokens, tokens) }

  /// Queries (0), keys (1) or values (2) of a pair of image and head within `qkv`.
  func part(_ index: Int, _ pair: Int) -> MatrixLayout {
    MatrixLayout(
      tokens, headWidth, stride: 3 * width,
      offset: (pair / heads * tokens * 3 + index) * width + pair % heads * headWidth)
  }

  /// The pair's columns of the output.
  func output(_ pair: Int) -> MatrixLayout {
    MatrixLayout(tokens, headWidth, stride: width, offset: pair / heads * tokens * width + pair % heads * headWidth)
  }
}

extension Tape {
  /// O = softmax(s Q Kᵀ) V; keeps P.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func attentionForward(_ p: AttentionPlaces, into output: Place) {
    let (qkv, weights, output) = unsafe (source(p.qkv), target(p.weights), target(output))
    forEachPair(p) { pair, _ in
      let weights = unsafe weights.from(pair * p.tokens * p.tokens)
      unsafe multiplyHere(qkv, p.part(0, pair), .plain, qkv, p.part(1, pair), .transposed, into: weights, p.square)
      for row in 0..<p.tokens { unsafe softmaxRow(weights.from(row * p.tokens), p.tokens, p.scale()) }
      unsafe multiplyHere(
        weights.source, p.square, .plain, qkv, p.part(2, pair), .plain, into: output, p.output(pair))
    }
  }

  /// Ȯ = Ṗ V + P V̇; keeps Ṗ.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func attentionTangent(
    _ p: AttentionPlaces, dqkv: Place, weightsTangent: Place, into output: Place
  ) {
    let (qkv, dqkv, weights) = unsafe (source(p.qkv), source(dqkv), source(p.weights))
    let (tangents, output) = unsafe (target(weightsTangent), target(output))
    forEachPair(p) { pair, _ in
      let at = pair * p.tokens * p.tokens
      let (weights, tangent) = unsafe (weights.from(at), tangents.from(at))
      unsafe multiplyHere(
        dqkv, p.part(0, pair), .plain, qkv, p.part(1, pair), .transposed, into: tangent, p.square, alpha: p.scale())
      unsafe multiplyHere(
        qkv, p.part(0, pair), .plain, dqkv, p.part(1, pair), .transposed, into: tangent, p.square, alpha: p.scale(),
        beta: 1)
      // Ṗ = P ⊙ (Ṡ − ⟨P, Ṡ⟩)
      eachMatrixRow(p.tokens) { row in
        let (w, d) = unsafe (weights.from(row), tangent.from(row))
        let dot = meanOf(p.tokens) { i, n in unsafe w.some(at: i, n) * d.some(at: i, n) } * Element(p.tokens)
        eachRun(p.tokens) { i, n in unsafe d.put(w.some(at: i, n) * (d.some(at: i, n) - dot), at: i, n) }
      }
      unsafe multiplyHere(tangent.source, p.square, .plain, qkv, p.part(2, pair), .plain, into: output, p.output(pair))
      unsafe multiplyHere(
        weights, p.square, .plain, dqkv, p.part(2, pair), .plain, into: output, p.output(pair), beta: 1)
    }
  }

  /// Q̄, K̄ and V̄ side by side in `into`; keeps E.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func attentionBackward(_ p: AttentionPlaces, adjoint: Place, into qkvAdjoint: Place) {
    let (qkv, obar, weights) = unsafe (source(p.qkv), source(adjoint), source(p.weights))
    let (centred, qbar, scratch) = unsafe (target(p.centred), target(qkvAdjoint), target(p.scratch))
    forEachPair(p) { pair, member in
      let at = pair * p.tokens * p.tokens
      let (weights, e) = unsafe (weights.from(at), centred.from(at))
      let sbar = unsafe scratch.from(member * 2 * p.tokens * p.tokens)
      unsafe multiplyHere(obar, p.output(pair), .plain, qkv, p.part(2, pair), .transposed, into: e, p.square)
      // E = P̄ − ⟨P, P̄⟩, S̄ = P ⊙ E
      eachMatrixRow(p.tokens) { row in
        let (w, e, s) = unsafe (weights.from(row), e.from(row), sbar.from(row))
        let dot = meanOf(p.tokens) { i, n in unsafe w.some(at: i, n) * e.some(at: i, n) } * Element(p.tokens)
        eachRun(p.tokens) { i, n in
          let centred = unsafe e.some(at: i, n) - dot
          unsafe e.put(centred, at: i, n)
          unsafe s.put(w.some(at: i, n) * centred, at: i, n)
        }
      }
      unsafe multiplyHere(
        sbar.source, p.square, .plain, qkv, p.part(1, pair), .plain, into: qbar, p.part(0, pair), alpha: p.scale())
      unsafe multiplyHere(
        sbar.source, p.square, .transposed, qkv, p.part(0, pair), .plain, into: qbar, p.part(1, pair), alpha: p.scale())
      unsafe multiplyHere(weights, p.square, .transposed, obar, p.output(pair), .plain, into: qbar, p.part(2, pair))
    }
  }

  /// Q̄̇, K̄̇ and V̄̇ side by side in `into`, from Q̇, K̇, V̇ (`dqkv`), Ṗ as the tangent pass kept it, Ō and Ō̇.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public borrowing func attentionTangentOfBackward(
    _ p: AttentionPlaces, dqkv: Place, weightsTangent: Place, adjoint: Place, adjointTangent: Place,
    into qkvAdjoint: Place
  ) {
    let (qkv, dqkv) = unsafe (source(p.qkv), source(dqkv))
    let (weights, tangents, centred) = unsafe (source(p.weights), source(weightsTangent), source(p.centred))
    let (obar, dobar) = unsafe (source(adjoint), source(adjointTangent))
    let (out, scratch) = unsafe (target(qkvAdjoint), target(p.scratch))
    forEachPair(p) { pair, member in
      let size = p.tokens * p.tokens
      let (weights, dweights, e) = unsafe (
        weights.from(pair * size), tangents.from(pair * size), centred.from(pair * size)
      )
      let sbar = unsafe scratch.from(member * 2 * size)
      let dsbar = unsafe scratch.from(member * 2 * size + size)
      // P̄̇ = Ō̇ Vᵀ + Ō V̇ᵀ
      unsafe multiplyHere(dobar, p.output(pair), .plain, qkv, p.part(2, pair), .transposed, into: dsbar, p.square)
      unsafe multiplyHere(
        obar, p.output(pair), .plain, dqkv, p.part(2, pair), .transposed, into: dsbar, p.square, beta: 1)
      eachMatrixRow(p.tokens) { row in
        let (w, dw, e) = unsafe (weights.from(row), dweights.from(row), e.from(row))
        let (s, ds) = unsafe (sbar.from(row), dsbar.from(row))
        let dot =
          meanOf(p.tokens) { i, n in
            unsafe dw.some(at: i, n) * e.some(at: i, n) + w.some(at: i, n) * ds.some(at: i, n)
          } * Element(p.tokens)
        eachRun(p.tokens) { i, n in
          let (w, e) = unsafe (w.some(at: i, n), e.some(at: i, n))
          unsafe s.put(w * e, at: i, n)
          unsafe ds.put(dw.some(at: i, n) * e + w * (ds.some(at: i, n) - dot), at: i, n)
        }
      }
      let a: Element = p.scale()
      unsafe multiplyHere(
        dsbar.source, p.square, .plain, qkv, p.part(1, pair), .plain, into: out, p.part(0, pair), alpha: a)
      unsafe multiplyHere(
        sbar.source, p.square, .plain, dqkv, p.part(1, pair), .plain, into: out, p.part(0, pair), alpha: a, beta: 1)
      unsafe multiplyHere(
        dsbar.source, p.square, .transposed, qkv, p.part(0, pair), .plain, into: out, p.part(1, pair), alpha: a)
      unsafe multiplyHere(
        sbar.source, p.square, .transposed, dqkv, p.part(0, pair), .plain, into: out, p.part(1, pair), alpha: a, beta: 1
      )
      unsafe multiplyHere(dweights, p.square, .transposed, obar, p.output(pair), .plain, into: out, p.part(2, pair))
      unsafe multiplyHere(
        weights, p.square, .transposed, dobar, p.output(pair), .plain, into: out, p.part(2, pair), beta: 1)
    }
  }

  /// Calls `body` for every pair of image and head with the member of the team that does it.
  private func forEachPair(_ p: AttentionPlaces, _ body: @Sendable (Int, Int) -> Void) {
    precondition(p.scratch.count >= team.width * 2 * p.tokens * p.tokens)
    let runs = team.runs(of: p.images * p.heads)
    team.forEach(runs.count) { member in
      for pair in runs[member] { body(pair, member) }
    }
  }
}

/// Calls `body` with the start of each row of a matrix of n × n values.
@inline(__always) private func eachMatrixRow(_ n: Int, _ body: (Int) -> Void) {
  for row in 0..<n { body(row * n) }
}
