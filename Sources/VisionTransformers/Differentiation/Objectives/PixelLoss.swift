internal import Tensors

extension Objective {
  /// Reconstruction of the removed patches: Σ mask · ‖ŷ − y‖² / C over Σ mask of the whole batch.
  ///
  /// He et al. 2022. With `normalized` each patch's target has its mean subtracted and is divided by √(unbiased variance + 1e-6).
  public static func pixels(normalized: Bool) -> Objective {
    Objective(name: "pixels") { builder, predictions in
      builder.squaredErrorLoss("pixels", predictions, normalized: normalized)
    } check: { batch, architecture throws(LossError) in
      try checkOutputs(3 * architecture.patchSize * architecture.patchSize, "pixels of a patch", architecture)
    }
  }

  /// That the decoder predicts `needed` values for each patch.
  static func checkOutputs(_ needed: Int, _ meaning: String, _ architecture: Architecture) throws(LossError) {
    guard let outputs = architecture.decoder?.outputs, outputs == needed else {
      throw .wrongOutputs(found: architecture.decoder?.outputs ?? 0, expected: needed, meaning: meaning)
    }
  }
}

/// L = Σ cᵢ ‖yᵢ − tᵢ‖² over tokens i, c = mask / (C Σ mask).
///
///     backward   ȳ = 2 c (y − t)        tangent of backward   ȳ̇ = 2 c ẏ
struct SquaredErrorLoss: LossLayer {
  let name: String
  let input: Value
  /// t, shape of the predictions.
  let target: Place
  /// c, one for each token.
  let factors: Place
  /// Whether a patch's target is (x − μ) / √(σ² + 1e-6), σ² the unbiased variance, as MAE's code has it.
  let normalized: Bool
  /// What an image of the batch is to be reconstructed as, shape [3, height, width]; nil for the image itself.
  ///
  /// In double precision: products in it are those of a target that nothing has rounded.
  let makeTarget: (@Sendable (BatchPart, Int) -> [Double])?

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func prepare<E: TapeElement>(_ part: BatchPart, constants: Memory<E>) {
    let masked = part.routing.decoderMasked
    constants.withMutableSpan(target.offset..<target.end) { targets in
      var (current, made): (Int, [Double]) = (-1, [])
      for row in masked {
        let image = row / part.architecture.tokens
        if let makeTarget, image != current {
          (current, made) = (image, makeTarget(part, part.images.lowerBound + image))
        }
        var values = targets.part(row * input.columns..<(row + 1) * input.columns)
        let patch = row % part.architecture.tokens - part.architecture.prefix.count
        if makeTarget != nil {
          write(patch, of: made.span, part.architecture, into: &values)
        } else {
          let start = (part.images.lowerBound + image) * part.architecture.pixels
          let pixels = part.batch.images.span.extracting(start..<start + part.architecture.pixels)
          write(patch, of: pixels, part.architecture, into: &values)
        }
      }
    }
    constants.withMutableSpan(factors.offset..<factors.end) { factors in
      for i in 0..<factors.count { factors[i] = 0 }
      // Rows of visible patches keep what lay there: with a factor of 0 nothing reads them.
      for row in masked { factors[row] = E(1 / (Double(input.columns) * part.batchMasked)) }
    }
  }

  /// Writes a patch's target: its pixels, each ordered row, column, colour, as MAE's decoder predicts them.
  @_specialize(where S == Float, E == Float)
  @_specialize(where S == Float, E == Double)
  @_specialize(where S == Double, E == Float)
  @_specialize(where S == Double, E == Double)
  private func write<S: TapeElement, E: TapeElement>(
    _ patch: Int, of image: Span<S>, _ a: Architecture, into values: inout MutableSpan<E>
  ) {
    let (p, width) = (a.patchSize, a.grid[1] * a.patchSize)
    let (start, plane) = (patch / a.grid[1] * p * width + patch % a.grid[1] * p, a.pixels / 3)
    var to = 0
    for y in 0..<p {
      for x in 0..<p {
        for colour in 0..<3 {
          values[to] = E(image[start + colour * plane + y * width + x])
          to += 1
        }
      }
    }
    guard normalized else { return }
    let statistics = PatchStatistics(count: to) { Double(values[$0]) }
    let factor = 1 / statistics.deviation
    for i in 0..<to { values[i] = E((Double(values[i]) - statistics.mean) * factor) }
  }

  func forward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>, gradient: Bool) -> Double {
    t.squaredError(
      v[input], target: target, factors: factors, gradient: gradient && input.active ? v.adjoint(input) : nil)
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    guard let dy = v.tangent(input) else { return }
    _ = v.beta(input)
    t.scaleRows(dy, by: factors, times: 2, into: v.adjointTangent(input))
  }
}

extension ProgramBuilder {
  /// The squared error of predictions against targets at the removed patches.
  mutating func squaredErrorLoss(
    _ name: String, _ predictions: Value, normalized: Bool,
    makeTarget: (@Sendable (BatchPart, Int) -> [Double])? = nil
  ) -> any LossLayer {
    SquaredErrorLoss(
      name: name, input: predictions,
      target: reserve(.constants, rows: predictions.rows, columns: predictions.columns),
      factors: reserve(.constants, columns: predictions.rows), normalized: normalized, makeTarget: makeTarget)
  }
}
