import Foundation
import Tensors
import VisionTransformers

/// Times forward pass, gradient and Hessian-vector product of a masked autoencoder of random weights, as `torch_reference.py time` does.
///
///     derivatives ARCH BATCH [THREADS [MEGABYTES]]
///
/// Prints a JSON line for each: what, and the seconds of the best of three runs after a warm-up; beside them the processor's,
/// which count on a machine that others use. With a limit of memory that does not hold the batch's activations, products compute
/// them anew, part by part.
@main
struct Derivatives {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let architecture = architectures[name],
      let batch = arguments.dropFirst().first.flatMap({ Int($0) }), batch > 0
    else {
      let usage = "usage: derivatives micro|tiny|small|base BATCH [THREADS [MEGABYTES]]\n"
      FileHandle.standardError.write(Data(usage.utf8))
      exit(64)
    }
    let numbers = arguments.dropFirst(2).map { Int($0) }
    try measure(
      architecture, batch: batch, threads: numbers.first ?? nil,
      limit: numbers.dropFirst().first.flatMap { $0.map { $0 << 20 } })
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

  static func measure(_ architecture: Architecture, batch: Int, threads: Int?, limit: Int?) throws {
    let patches = architecture.patches
    let masked = patches - patches / 4
    let loss = try LossFunction(
      architecture, objective: .pixels(normalized: true), images: batch, masked: masked,
      options: LossOptions(team: Team(threads: threads), memoryLimit: limit))
    var random = SystemIndependentGenerator(state: 1)
    let parameters = weights(loss.layout, &random)
    let vector = Buffer(filledBy: &random, count: loss.active.count)
    var result = Buffer(count: loss.active.count)
    let images = (0..<batch * architecture.pixels).map { _ in 2 * random.uniform() }
    let masks = (0..<batch).map { image in (0..<patches).map { ($0 * 7 + image * 3) % patches < masked } }
    try loss.setBatch(LossBatch(images: images, masks: masks))

    if limit != nil {
      print("{\"parts\": \(loss.parts), \"recomputes\": \(loss.recomputes), \"bytes\": \(loss.bytes)}")
    }
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

  static func best(_ body: () throws -> Void) rethrows -> (wall: Double, processor: Double) {
    try body()
    var best = (wall: Double.infinity, processor: Double.infinity)
    for _ in 0..<3 {
      let before = clock()
      let duration = try ContinuousClock().measure(body)
      best.processor = min(best.processor, Double(clock() - before) / Double(CLOCKS_PER_SEC))
      best.wall = min(
        best.wall, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
    }
    return best
  }

  static func report(_ what: String, _ seconds: (wall: Double, processor: Double)) {
    print("{\"what\": \"\(what)\", \"seconds\": \(seconds.wall), \"processorSeconds\": \(seconds.processor)}")
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
