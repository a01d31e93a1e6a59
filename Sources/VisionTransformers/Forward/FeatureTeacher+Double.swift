internal import Tensors

/// Features in double precision: what a student's products in it compare with, so that a bound contains what single precision rounds on
/// the way through the teacher, too.
extension FeatureTeacher {
  /// Whether `exactFeatures` are known: the steps of a plain network are there in both precisions, those of its variants in single
  /// precision alone.
  public var hasExactFeatures: Bool { model.architecture.isPlain }

  /// The features of every patch of the student's grid, from weights and images as they are, with nothing rounded to single precision.
  ///
  /// - Parameters:
  ///   - images: The student's images, shape [N, 3, height, width].
  ///   - mean: By which they were normalised, for red, green and blue, on the scale of pixels in 0 … 1.
  ///   - deviation: The same.
  /// - Returns: Shape [N, L, C], L row-major on the grid; empty where they are not known.
  /// - Complexity: A forward pass in double precision, an image at a time: about three times one in single precision. Memory:
  ///   `exactByteCount(_:)` and 8 bytes a value.
  public func exactFeatures(of images: [Float], mean: [Double], deviation: [Double]) -> [Double] {
    guard hasExactFeatures else { return [] }
    let pass = ExactPass(model)
    let size = 3 * resizing.from[0] * resizing.from[1]
    var features: [Double] = []
    for start in stride(from: 0, to: images.count, by: size) {
      let image = images[start..<start + size].map(Double.init)
      features += pass.features(of: own(image, mean: mean, deviation: deviation), team: team)
    }
    return features
  }

  /// What a pass of one image takes, parameters among them.
  ///
  /// - Parameter architecture: The teacher at the size of its images.
  /// - Returns: Bytes; 0 for a network whose features are not known so.
  public static func exactByteCount(_ architecture: Architecture) -> Double {
    guard architecture.isPlain else { return 0 }
    let sizes = ExactPass.program(architecture, ParameterLayout(encoderOf: architecture)).program.sizes
    return 8 * (sizes.values.reduce(0) { $0 + Double($1) } + Double(ParameterLayout(encoderOf: architecture).count))
  }
}

extension Architecture {
  /// Whether the differentiable layers, which compute in both precisions, know all of its steps.
  fileprivate var isPlain: Bool { variant.obstacleToDerivatives == nil && positions != .absent }
}

/// A forward pass of one image in double precision.
private struct ExactPass {
  let architecture: Architecture
  let program: Program
  let patches: Place
  let parameters: Memory<Double>
  let job: TapeJob<Double>
  let member: TapeMember<Double>

  init(_ model: VisionTransformer) {
    architecture = model.architecture
    (program, patches) = Self.program(architecture, model.layout)
    parameters = model.withParameterVector { Memory(widening: $0) }
    let sizes = program.sizes
    job = TapeJob(
      constants: Memory(count: sizes[.constants, default: 0]), primal: Memory(count: sizes[.primal, default: 0]))
    member = TapeMember(tangent: Memory(count: sizes[.tangent, default: 0]))
  }

  /// The last block's tokens after the final norm, whether or not the network fuses layers besides.
  static func program(_ architecture: Architecture, _ layout: ParameterLayout) -> (program: Program, patches: Place) {
    var single = architecture
    single.fusion = nil
    var builder = ProgramBuilder(
      single, images: 1, visible: single.patches, layout: layout, active: layout.filter { _ in false },
      keepsAdjoints: false, teamWidth: 1)
    let encoded = builder.encode()
    return (builder.finish(TokenReading(input: encoded.tokens)), encoded.patches)
  }

  /// Shape [L, C].
  func features(of pixels: [Double], team: Team) -> [Double] {
    let all = [Array(0..<architecture.patches)]
    job.constants?.withMutableSpan(patches.offset..<patches.end) { rows in
      architecture.writePatches(of: pixels.span, from: 0, visible: all, into: &rows)
    }
    let routing = TokenRouting(architecture, visible: all)
    var nothing: [Double] = []
    var none = nothing.mutableSpan
    parameters.withSpan(0..<parameters.count) { parameters in
      _ = Tape.run(
        parameters: parameters, direction: [Double]().span, result: &none, jobs: [job], members: [member], team: .single
      ) { _, tape in program.evaluate(routing, tape) }
    }
    let tokens = program.places.primal[program.loss.input.id]
    let start = tokens.offset + architecture.prefix.count * architecture.width
    return job.primal?.withSpan(start..<tokens.end) { values in values.indices.map { values[$0] } } ?? []
  }
}

/// No loss: the place in a program whose input is read.
private struct TokenReading: LossLayer {
  let name = "features"
  let input: Value

  func prepare<E: TapeElement>(_ part: BatchPart, constants: Memory<E>) {}

  func forward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>, gradient: Bool) -> Double { 0 }

  func tangentOfBackward<E: TapeElement>(_ values: inout Values, _ tape: borrowing Tape<E>) {}
}
