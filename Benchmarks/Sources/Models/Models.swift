import Foundation
import Tensors
import VisionTransformers

/// Masked autoencoders of the sizes of `torch_reference.py`, with random weights and a batch of random images.
public struct Model {
  /// The loss of the batch.
  public let loss: LossFunction
  /// Weights of an untrained network: matrices of unit gain, norms at one.
  public let parameters: SharedBuffer
  /// For what else is random.
  public var random = Generator(state: 1)

  /// The names of sizes.
  public static let sizes: [String: Architecture] = [
    "micro": architecture(image: 56, patch: 4, width: 64, heads: 2, decoder: (48, 2, 2)),
    "tiny": architecture(image: 224, patch: 16, width: 192, heads: 3, decoder: (96, 4, 3)),
    "small": architecture(image: 224, patch: 16, width: 384, heads: 6, decoder: (256, 4, 8)),
    "base": architecture(image: 224, patch: 16, width: 768, heads: 12, decoder: (512, 8, 16)),
  ]

  private static func architecture(
    image: Int, patch: Int, width: Int, heads: Int, decoder: (width: Int, depth: Int, heads: Int)
  ) -> Architecture {
    Architecture(
      imageSize: image, patchSize: patch, width: width, depth: 12, heads: heads,
      decoder: .init(width: decoder.width, depth: decoder.depth, heads: decoder.heads, outputs: 3 * patch * patch))
  }

  /// What a program's arguments ask for, ARCH BATCH [THREADS] …; ends the program with its usage where they ask for nothing.
  ///
  /// `memoryLimit` is the most bytes for activations, adjoints and tangents; nil for no bound.
  public init(arguments: [String], usage: String, memoryLimit: Int? = nil) throws {
    guard let name = arguments.first, let architecture = Model.sizes[name],
      let batch = arguments.dropFirst().first.flatMap({ Int($0) }), batch > 0
    else {
      FileHandle.standardError.write(Data("usage: \(usage)\n".utf8))
      exit(64)
    }
    try self.init(
      architecture, batch: batch, team: Team(threads: arguments.dropFirst(2).first.flatMap { Int($0) }),
      memoryLimit: memoryLimit)
  }

  init(_ architecture: Architecture, batch: Int, team: Team, memoryLimit: Int?) throws {
    let patches = architecture.patches
    let masked = patches - patches / 4
    loss = try LossFunction(
      architecture, objective: .pixels(normalized: true), images: batch, masked: masked,
      options: LossOptions(team: team, memoryLimit: memoryLimit))
    parameters = SharedBuffer(Model.weights(loss.layout, &random))
    var random = random
    let images = (0..<batch * architecture.pixels).map { _ in 2 * random.uniform() }
    self.random = random
    let masks = (0..<batch).map { image in (0..<patches).map { ($0 * 7 + image * 3) % patches < masked } }
    try loss.setBatch(LossBatch(images: images, masks: masks))
  }

  private static func weights(_ layout: ParameterLayout, _ random: inout Generator) -> Buffer {
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
}

/// A buffer that a copyable value may hold.
public final class SharedBuffer {
  private let buffer: Buffer
  init(_ buffer: consuming Buffer) { self.buffer = buffer }

  /// Calls `body` with the values.
  public func withSpan<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.withSpan(body)
  }
}

/// A linear congruential generator (Knuth's constants): the same numbers on every machine.
public struct Generator {
  private var state: UInt64

  /// A sequence.
  public init(state: UInt64) { self.state = state }

  /// Uniform in −½ … ½.
  public mutating func uniform() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24) - 0.5
  }

  /// `count` of them.
  public mutating func buffer(_ count: Int) -> Buffer {
    var buffer = Buffer(count: count)
    var values = buffer.mutableSpan
    for i in 0..<count { values[i] = uniform() }
    return buffer
  }
}

/// Prints a figure as a JSON line.
public func report(_ what: String, _ seconds: Double) { print("{\"what\": \"\(what)\", \"seconds\": \(seconds)}") }

/// A duration in seconds.
public func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
