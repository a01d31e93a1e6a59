internal import Tensors

extension Objective {
  /// Prediction of a frozen teacher's features at the removed patches, as EVA does: the mean over them of 2 − 2 cos(ŷ, f).
  public static var maskedFeatures: Objective {
    features("features-masked") { part in (part.routing.decoderMasked, part.batchMasked) }
  }

  /// Prediction of a frozen teacher's features at all patches, as MILAN does: the mean over them of 2 − 2 cos(ŷ, f).
  public static var allFeatures: Objective {
    features("features-all") { part in
      (part.routing.decoderPatches, Double(part.batchImages * part.architecture.patches))
    }
  }

  /// The objective over the decoder tokens that `select` names, beside how many there are in the whole batch.
  private static func features(
    _ name: String, select: @escaping @Sendable (BatchPart) -> (rows: [Int], count: Double)
  ) -> Objective {
    Objective(name: name) { builder, predictions in
      CosineLoss(
        name: name, input: predictions,
        target: builder.reserve(.constants, rows: predictions.rows, columns: predictions.columns),
        factors: builder.reserve(.constants, columns: predictions.rows), select: select)
    } check: { batch, architecture throws(LossError) in
      guard let outputs = architecture.decoder?.outputs else { return }
      guard !batch.features.isEmpty else {
        throw .missing(what: "features of a teacher; give one with --teacher", objective: name)
      }
      let tokens = batch.images.count / architecture.pixels * architecture.patches
      guard batch.features.count == tokens * outputs else {
        throw .wrongOutputs(
          found: outputs, expected: batch.features.count / max(tokens, 1), meaning: "features of the teacher")
      }
    }
  }
}

/// L = Σ c (2 − 2 ŷ · f̂) over tokens, ŷ = y / n, n = ‖y‖, f̂ the teacher's feature of length 1, s = ŷ · f̂.
///
///     backward              ȳ  = −2c/n (f̂ − s ŷ)
///     tangent of backward   ŷ̇  = (ẏ − (ŷ·ẏ) ŷ) / n,   ṅ = ŷ·ẏ,   ṡ = f̂·ŷ̇
///                           ȳ̇  = 2c ṅ/n² (f̂ − s ŷ) + 2c/n (ṡ ŷ + s ŷ̇)
struct CosineLoss: LossLayer {
  let name: String
  let input: Value
  /// f̂, shape of the predictions.
  let target: Place
  /// c, one for each token; 0 for those that do not count.
  let factors: Place
  let select: @Sendable (BatchPart) -> (rows: [Int], count: Double)

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func prepare<E: TapeElement>(_ part: BatchPart, constants: Memory<E>) {
    let exact = part.batch.exactFeatures
    constants.withMutableSpan(target.offset..<target.end) { target in
      if E.self == Double.self, !exact.isEmpty {
        write(exact.span, part, into: &target)
      } else {
        write(part.batch.features.span, part, into: &target)
      }
    }
    let (rows, count) = select(part)
    constants.withMutableSpan(factors.offset..<factors.end) { factors in
      for i in 0..<factors.count { factors[i] = 0 }
      for row in rows { factors[row] = E(1 / count) }
    }
  }

  /// Writes f̂ of every patch of the part's images, from features of all images of the batch.
  @_specialize(where S == Float, E == Float)
  @_specialize(where S == Float, E == Double)
  @_specialize(where S == Double, E == Double)
  private func write<S: TapeElement, E: TapeElement>(
    _ features: Span<S>, _ part: BatchPart, into target: inout MutableSpan<E>
  ) {
    let (a, width) = (part.architecture, input.columns)
    for (local, image) in part.images.enumerated() {
      for patch in 0..<a.patches {
        let from = (image * a.patches + patch) * width
        var squares = 0.0
        for i in from..<from + width { squares += Double(features[i]) * Double(features[i]) }
        // At least 1e-12, as PyTorch's `normalize` has it.
        let norm = max(squares.squareRoot(), 1e-12)
        let to = (local * a.tokens + a.prefix.count + patch) * width
        for i in 0..<width { target[to + i] = E(Double(features[from + i]) / norm) }
      }
    }
  }

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func forward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>, gradient: Bool) -> Double {
    let (y, f, c, width) = (t.span(v[input]), t.span(target), t.span(factors), input.columns)
    var total = 0.0
    for row in 0..<input.rows where c[row] != 0 {
      let (n, dot) = norms(y, f, row * width)
      total += Double(c[row]) * (2 - 2 * dot / n)
    }
    guard gradient, input.active else { return total }
    t.write(v.adjoint(input)) { ybar in
      for row in 0..<input.rows {
        let (at, (n, dot)) = (row * width, norms(y, f, row * width))
        let (factor, s) = (c[row] == 0 ? 0 : -2 * Double(c[row]) / n, dot / n)
        for i in 0..<width { ybar[at + i] = E(factor * (Double(f[at + i]) - s * Double(y[at + i]) / n)) }
      }
    }
    return total
  }

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    guard let tangent = v.tangent(input) else { return }
    _ = v.beta(input)
    let (y, dy, f, c, width) = (t.span(v[input]), t.span(tangent), t.span(target), t.span(factors), input.columns)
    t.write(v.adjointTangent(input)) { out in
      for row in 0..<input.rows {
        let at = row * width
        guard c[row] != 0 else {
          for i in 0..<width { out[at + i] = 0 }
          continue
        }
        let (n, dot) = norms(y, f, at)
        let (_, projection) = norms(y, dy, at)
        let (s, dn, c2) = (dot / n, projection / n, 2 * Double(c[row]))
        func unit(_ i: Int) -> Double { Double(y[at + i]) / n }
        func unitTangent(_ i: Int) -> Double { (Double(dy[at + i]) - dn * unit(i)) / n }
        var ds = 0.0
        for i in 0..<width { ds += Double(f[at + i]) * unitTangent(i) }
        for i in 0..<width {
          let first = c2 * dn / (n * n) * (Double(f[at + i]) - s * unit(i))
          out[at + i] = E(first + c2 / n * (ds * unit(i) + s * unitTangent(i)))
        }
      }
    }
  }

  /// ‖y‖ (at least 1e-12) and y · x of a row.
  @_specialize(where E == Float)
  @_specialize(where E == Double)
  private func norms<E: TapeElement>(_ y: Span<E>, _ x: Span<E>, _ at: Int) -> (Double, Double) {
    var (squares, dot) = (0.0, 0.0)
    for i in at..<at + input.columns {
      squares += Double(y[i]) * Double(y[i])
      dot += Double(y[i]) * Double(x[i])
    }
    return (max(squares.squareRoot(), 1e-12), dot)
  }
}
