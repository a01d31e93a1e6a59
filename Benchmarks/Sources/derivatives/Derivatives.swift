import Foundation
import Tensors
import VisionTransformers

/// Times forward pass, gradient and Hessian-vector product of a masked autoencoder of random weights, as `torch_reference.py time` does.
///
///     derivatives ARCH BATCH [THREADS]
///
/// Prints a JSON line for each: what, and the seconds of the best of three runs after a warm-up.
@main
struct Derivatives {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let architecture = architectures[name],
      let batch = arguments.dropFirst().first.flatMap({ Int($0) }), batch > 0
    else {
      FileHandle.standardError.write(Data("usage: derivatives micro|tiny|small|base BATCH [THREADS]\n".utf8))
      exit(64)
    }
    try measure(architecture, batch: batch, threads: arguments.dropFirst(2).first.flatMap { Int($0) })
  }

  /// The sizes of `torch_reference.py`.
  static let architectures: [String: Architecture] = [
    "micro": architecture(image: 56, patch: 4, width: 64, heads: 2, decoder: (48, 2, 2)),
    "tiny": architecture(image: 224, patch: 16, width: 192, heads: 3, decoder: (96, 4, 3)),
    "small": architecture(image: 224, patch: 16, width: 384, heads: 6, decoder: (256, 4, 8)),
    "base": architecture(image: 224, patch: 16, width: 768, heads: 12, decoder: (512, 8, 16)),
  ]

  static func architecture(
    image: Int, patch: Int, width: Int, heads: Int, decoder: (width: Int, depth: Int, heads: Int)
  ) -> Architecture {
    Architecture(
      imageSize: image, patchSize: patch, width: width, depth: 12, heads: heads,
      decoder: .init(width: decoder.width, depth: decoder.depth, heads: decoder.heads, outputs: 3 * patch * patch))
  }

  static func measure(_ architecture: Architecture, batch: Int, threads: Int?) throws {
    let patches = architecture.patches
    let masked = patches - patches / 4
    let loss = try LossFunction(
      architecture, objective: .pixels(normalized: true), images: batch, masked: masked,
      options: LossOptions(team: Team(threads: threads)))
    var random = SystemIndependentGenerator(state: 1)
    let parameters = weights(loss.layout, &random)
    let vector = Buffer(filledBy: &random, count: loss.active.count)
    var result = Buffer(count: loss.active.count)
    let images = (0..<batch * architecture.pixels).map { _ in 2 * random.uniform() }
    let masks = (0..<batch).map { image in (0..<patches).map { ($0 * 7 + image * 3) % patches < masked } }
    try loss.setBatch(LossBatch(images: images, masks: masks))

    report("forward", try best { _ = try loss.loss(at: parameters.span) })
    report(
      "gradient",
      try best {
        var gradient = result.mutableSpan
        _ = try loss.gradient(at: parameters.span, into: &gradient)
      })
    _ = try loss.linearize(at: parameters.span)
    report(
      "hessian-vector product",
      best {
        var product = result.mutableSpan
        loss.product(vector.span, at: parameters.span, into: &product)
      })
  }

  /// Weights of an untrained network: matrices of unit gain, norms at one.
  static func weights(_ layout: ParameterLayout, _ random: inout SystemIndependentGenerator) -> Buffer {
    var buffer = Buffer(count: layout.count)
    var values = buffer.mutableSpan
    for parameter in layout.parameters {
      let isGain = parameter.name.hasSuffix(".weight") && parameter.shape.count == 1
      let inputs = parameter.shape.dropFirst().reduce(1, *)
      let scale: Float = parameter.shape.count > 1 ? (12 / Float(inputs)).squareRoot() : 0.02
      for i in parameter.range { values[i] = (isGain ? 1 : 0) + scale * random.uniform() }
    }
    return buffer
  }

  static func best(_ body: () throws -> Void) rethrows -> Double {
    try body()
    return try (0..<3).map { _ in
      let duration = try ContinuousClock().measure(body)
      return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }.min() ?? 0
  }

  static func report(_ what: String, _ seconds: Double) {
    print("{\"what\": \"\(what)\", \"seconds\": \(seconds)}")
  }
}

/// A linear congruential generator (Knuth's constants): the same numbers on every machine.
struct SystemIndependentGenerator {
  var state: UInt64

  /// Uniform in −½ … ½.
  mutating func uniform() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24) - 0.5
  }
}

extension Buffer {
  init(filledBy random: inout SystemIndependentGenerator, count: Int) {
    self.init(count: count)
    var values = mutableSpan
    for i in 0..<count { values[i] = random.uniform() }
  }
}
