internal import Tensors

extension Objective {
  /// Reconstruction of the removed patches: Σ mask · ‖ŷ − y‖² / C over Σ mask of the whole batch.
  ///
  /// He et al. 2022. With `normalized` each patch's target has its mean subtracted and is divided by √(unbiased variance + 1e-6).
  public static func pixels(normalized: Bool) -> Objective {
    Objective(name: "pixels") { builder, predictions in
      builder.squaredErrorLoss("pixels", predictions) { part, image in
        part.patches(of: image).flatMap { normalized ? normalize($0) : $0 }
      }
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

  /// (x − μ) / √(σ² + 1e-6), σ² the unbiased variance, as MAE's code has it.
  static func normalize(_ x: [Float]) -> [Float] {
    let patch = PatchStatistics(x)
    let factor = 1 / patch.deviation
    return x.map { Float((Double($0) - patch.mean) * factor) }
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
  /// The targets of all patches of an image of the batch, shape [L, C].
  let makeTargets: @Sendable (BatchPart, Int) -> [Float]

  func prepare(_ part: BatchPart, constants: Memory) {
    let (a, width) = (part.architecture, input.columns)
    constants.withMutableSpan(target.offset..<target.end) { target in
      for image in part.images {
        let values = makeTargets(part, image)
        let start = ((image - part.images.lowerBound) * a.tokens + a.prefix.count) * width
        for i in values.indices { target[start + i] = values[i] }
      }
    }
    constants.withMutableSpan(factors.offset..<factors.end) { factors in
      for i in 0..<factors.count { factors[i] = 0 }
      for row in part.routing.decoderMasked { factors[row] = Float(1 / (Double(width) * part.batchMasked)) }
    }
  }

  func forward(_ v: inout Values, _ t: borrowing Tape, gradient: Bool) -> Double {
    t.squaredError(
      v[input], target: target, factors: factors, gradient: gradient && input.active ? v.adjoint(input) : nil)
  }

  func tangentOfBackward(_ v: inout Values, _ t: borrowing Tape) {
    guard let dy = v.tangent(input) else { return }
    _ = v.beta(input)
    t.scaleRows(dy, by: factors, times: 2, into: v.adjointTangent(input))
  }
}

extension ProgramBuilder {
  /// The squared error of predictions against targets at the removed patches.
  mutating func squaredErrorLoss(
    _ name: String, _ predictions: Value, makeTargets: @escaping @Sendable (BatchPart, Int) -> [Float]
  ) -> any LossLayer {
    SquaredErrorLoss(
      name: name, input: predictions,
      target: reserve(.constants, rows: predictions.rows, columns: predictions.columns),
      factors: reserve(.constants, columns: predictions.rows), makeTargets: makeTargets)
  }
}
