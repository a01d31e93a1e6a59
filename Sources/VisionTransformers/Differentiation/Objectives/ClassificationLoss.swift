internal import Foundation
internal import Tensors

/// Which tokens a classification head looks at.
public enum HeadPooling: String, Sendable, Hashable, Codable {
  /// The class token.
  case classToken
  /// The mean of the patch tokens.
  case mean
  /// The mean of the patch tokens, normalised once more (`fc_norm` of MAE's fine-tuned models and timm).
  case normalizedMean
}

extension Objective {
  /// Supervised cross-entropy of a linear head, the mean over images; nothing is masked.
  ///
  /// - Parameters:
  ///   - classes: Number of classes C.
  ///   - smoothing: ε of label smoothing: the target is 1 − ε + ε/C for the label and ε/C for every other class.
  ///   - pooling: What the head looks at, after the encoder's final norm (where it has one).
  /// - Returns: The objective.
  public static func classification(classes: Int, smoothing: Double = 0, pooling: HeadPooling = .classToken)
    -> Objective
  {
    Objective(
      name: "classification", masks: false, usesDecoder: false, classes: classes, pooling: pooling
    ) { builder, tokens in
      let (a, count) = (builder.architecture, builder.images)
      let prefix = a.prefix.count
      let rows = (0..<count).map { image in
        pooling == .classToken ? [image * a.tokens] : (0..<a.patches).map { image * a.tokens + prefix + $0 }
      }
      let pooled = builder.mean(tokens, over: rows, "head.pooling")
      let logits = builder.linear(pooling == .normalizedMean ? builder.normalize(pooled, "head.norm") : pooled, "head")
      return CrossEntropyLoss(
        input: logits, labels: builder.reserve(.constants, columns: count), smoothing: smoothing,
        share: builder.reserve(.constants, columns: 1))
    } check: { batch, architecture throws(LossError) in
      guard pooling != .classToken || architecture.prefix.first == .class else {
        throw .missing(what: "a class token, which this model has not; pool by the mean", objective: "classification")
      }
      let images = batch.images.count / architecture.pixels
      guard batch.labels.count == images else {
        throw .wrongCount(what: "the labels", expected: images, found: batch.labels.count)
      }
      for (image, label) in batch.labels.enumerated() where !(0..<classes).contains(label) {
        throw .labelOutOfRange(image: image, label: label, classes: classes)
      }
    }
  }
}

/// The mean of some rows: yₖ = Σ x[row] / m over the m rows of group k; linear and without parameters.
struct MeanRowsLayer: DifferentiableLayer {
  let name: String
  let x: Value
  /// Rows of each group, all of one count.
  let groups: [[Int]]
  let output: Value

  var inputs: [Value] { [x] }
  private var rows: [Int] { groups.flatMap(\.self) }
  private var at: [Int] { groups.enumerated().flatMap { group in group.element.map { _ in group.offset } } }
  private var factor: Double { 1 / Double(groups[0].count) }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) { average(v[x], into: v[output], t) }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    guard let dx = v.tangent(x), let dy = v.tangent(output) else { return }
    average(dx, into: dy, t)
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    spread(v.adjoint(output), into: v.adjoint(x), v.beta(x), t)
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    spread(v.adjointTangent(output), into: v.adjointTangent(x), v.beta(x), t)
  }

  private func average<E: TapeElement>(_ x: Place, into y: Place, _ t: borrowing Tape<E>) {
    t.fill(y)
    t.addRows(x, rows, to: y, at: at)
    t.add(y, times: factor - 1, to: y)
  }

  private func spread<E: TapeElement>(_ ybar: Place, into xbar: Place, _ beta: Float, _ t: borrowing Tape<E>) {
    // x̄ is scaled as a whole below, so nothing else may have been summed into it.
    precondition(beta == 0, "the tokens have no other consumer")
    t.fill(xbar)
    t.addRows(ybar, at, to: xbar, at: rows)
    t.add(xbar, times: factor - 1, to: xbar)
  }
}

extension ProgramBuilder {
  /// The mean of each group of rows.
  mutating func mean(_ x: Value, over groups: [[Int]], _ name: String) -> Value {
    let y = value(rows: groups.count, columns: x.columns, from: [x])
    return append(MeanRowsLayer(name: name, x: x, groups: groups, output: y))
  }
}

/// L = Σ over images of (log Σ eʸ − t · y) / N, p = softmax(y).
///
///     backward   ȳ = (p − t) / N        tangent of backward   ȳ̇ = p ⊙ (ẏ − p·ẏ) / N
struct CrossEntropyLoss: LossLayer {
  let name = "classification"
  let input: Value
  /// The class of each image.
  let labels: Place
  let smoothing: Double
  /// 1 / N, N the images of the whole batch.
  let share: Place

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func prepare<E: TapeElement>(_ part: BatchPart, constants: Memory<E>) {
    constants.withMutableSpan(labels.offset..<labels.end) { labels in
      for (i, image) in part.images.enumerated() { labels[i] = E(part.batch.labels[image]) }
    }
    constants.withMutableSpan(share.offset..<share.end) { $0[0] = E(1 / Double(part.batchImages)) }
  }

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func forward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>, gradient: Bool) -> Double {
    let (y, labels, share) = (t.span(v[input]), t.span(labels), Double(t.span(share)[0]))
    let (classes, rest) = (input.columns, smoothing / Double(input.columns))
    var total = 0.0
    var adjoint = [E](repeating: 0, count: input.rows * classes)
    for row in 0..<input.rows {
      let (p, logSum) = softmax(y, row)
      for k in 0..<classes {
        let target = rest + (Int(labels[row]) == k ? 1 - smoothing : 0)
        total += share * target * (logSum - Double(y[row * classes + k]))
        adjoint[row * classes + k] = E(share * (p[k] - target))
      }
    }
    if gradient, input.active {
      t.write(v.adjoint(input)) { ybar in
        for i in adjoint.indices { ybar[i] = adjoint[i] }
      }
    }
    return total
  }

  @_specialize(where E == Float)
  @_specialize(where E == Double)
  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    guard let tangent = v.tangent(input) else { return }
    _ = v.beta(input)
    let (y, dy, share, classes) = (t.span(v[input]), t.span(tangent), Double(t.span(share)[0]), input.columns)
    t.write(v.adjointTangent(input)) { out in
      for row in 0..<input.rows {
        let (p, _) = softmax(y, row)
        let mean = (0..<classes).reduce(0.0) { $0 + p[$1] * Double(dy[row * classes + $1]) }
        for k in 0..<classes {
          out[row * classes + k] = E(share * p[k] * (Double(dy[row * classes + k]) - mean))
        }
      }
    }
  }

  /// p and log Σ eʸ of a row.
  @_specialize(where E == Float)
  @_specialize(where E == Double)
  private func softmax<E: TapeElement>(_ y: Span<E>, _ row: Int) -> ([Double], Double) {
    let values = (0..<input.columns).map { Double(y[row * input.columns + $0]) }
    let largest = values.max() ?? 0
    let exponentials = values.map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return (exponentials.map { $0 / sum }, largest + log(sum))
  }
}
