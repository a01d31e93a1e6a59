import Tensors
import Testing

@testable import VisionTransformers

/// A value that is a parameter: what a layer under test reads. (A layer is added in one file.)
private struct ParameterLayer: DifferentiableLayer {
  let name: String
  let parameter: Parameter
  let output: Value

  var inputs: [Value] { [] }

  func forward<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) { t.add(parameter.value, to: v[output], beta: 0) }

  func tangent<E: TapeElement>(_ v: Values, _ t: borrowing Tape<E>) {
    if let dy = v.tangent(output), let direction = parameter.direction { t.add(direction, to: dy, beta: 0) }
  }

  func backward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    if let sums = v.gradient(parameter) { t.add(v.adjoint(output), to: sums, beta: t.resultBeta) }
  }

  func tangentOfBackward<E: TapeElement>(_ v: inout Values, _ t: borrowing Tape<E>) {
    if let sums = v.gradient(parameter) { t.add(v.adjointTangent(output), to: sums, beta: t.resultBeta) }
  }
}

extension ProgramBuilder {
  fileprivate mutating func input(_ name: ParameterName) -> Value {
    let parameter = parameter(name)
    let y = value(rows: parameter.value.rows, columns: parameter.value.columns, from: [], [parameter])
    return append(ParameterLayer(name: name, parameter: parameter, output: y))
  }
}

/// One layer alone, under a loss of squared errors against zero: L = Σ y² / (rows · columns).
private struct SingleLayer {
  let layout: ParameterLayout
  let program: Program
  let output: Value
  private let member: TapeMember<Float>
  private let job: TapeJob<Float>

  init(_ build: (inout ProgramBuilder) -> Value) {
    let a = Architecture(
      imageSize: 16, patchSize: 4, width: 12, depth: 3, heads: 2,
      fusion: .init(layers: [0, 1, 2], projection: .linear),
      decoder: .init(width: 8, depth: 1, heads: 2, outputs: 48))
    let layout = ParameterLayout(of: a, classes: 5)
    var builder = ProgramBuilder(
      a, images: 3, visible: 11, layout: layout, active: layout, keepsAdjoints: true, teamWidth: 1)
    output = build(&builder)
    self.layout = layout
    let target = builder.reserve(.constants, rows: output.rows, columns: output.columns)
    let factors = builder.reserve(.constants, columns: output.rows)
    program = builder.finish(
      SquaredErrorLoss(
        name: "loss", input: output, target: target, factors: factors, normalized: false, makeTarget: nil))
    member = TapeMember(tangent: Memory(count: program.sizes[.tangent, default: 0]))
    job = TapeJob(
      constants: Memory(count: program.sizes[.constants, default: 0]),
      primal: Memory(count: program.sizes[.primal, default: 0]))
    let count = Float(output.rows * output.columns)
    job.constants?.withMutableSpan(factors.offset..<factors.end) { factors in
      for i in 0..<factors.count { factors[i] = 1 / count }
    }
  }

  /// Runs `body` at parameters along a direction; returns what it summed.
  private func run(
    _ parameters: [Float], _ direction: [Float],
    _ body: @Sendable (Program, TokenRouting, borrowing Tape<Float>) -> Void
  ) -> [Float] {
    var result = [Float](repeating: 0, count: layout.count)
    var span = result.mutableSpan
    let routing = TokenRouting(
      Architecture(imageSize: 16, patchSize: 4, width: 12, depth: 3, heads: 2), visible: [])
    let program = program
    _ = Tape.run(
      parameters: parameters.span, direction: direction.span, result: &span, jobs: [job], members: [member],
      team: .single
    ) { _, tape in
      body(program, routing, tape)
      return 0
    }
    return result
  }

  func values(at parameters: [Float]) -> [Float] {
    _ = run(parameters, parameters) { program, routing, tape in _ = program.evaluate(routing, tape) }
    let place = program.places.primal[output.id]
    return read(place, job.primal)
  }

  func gradient(at parameters: [Float]) -> [Float] {
    run(parameters, parameters) { program, routing, tape in
      _ = program.differentiate(routing, tape, sumsGradients: true, preparesProducts: false)
    }
  }

  /// ẏ and H·v.
  func tangents(at parameters: [Float], along direction: [Float]) -> (output: [Float], product: [Float]) {
    let product = run(parameters, direction) { program, routing, tape in
      _ = program.differentiate(routing, tape, sumsGradients: false, preparesProducts: true)
      program.product(routing, tape)
    }
    return (read(program.places.tangent[output.id], member.tangent), product)
  }

  private func read(_ place: Place?, _ memory: Memory<Float>?) -> [Float] {
    guard let place, let memory else { return [] }
    return memory.withSpan(place.offset..<place.end) { span in span.indices.map { span[$0] } }
  }
}

@Suite("Each layer alone: its tangent, and the tangent of its backward pass, against central differences")
struct SingleLayerTests {
  private static let layers: [(name: String, build: @Sendable (inout ProgramBuilder) -> Value)] = [
    ("linear", { $0.linear($0.input("decoder.output.weight"), "decoder.blocks.0.mlp.fc1") }),
    (
      "linear with residual",
      { b in
        b.linear(
          b.input("blocks.0.attention.output.weight"), "fusion.projections.0",
          adding: b.input("blocks.1.attention.output.weight"))
      }
    ),
    ("layer normalisation", { $0.normalize($0.input("decoder.output.weight"), "decoder.norm") }),
    ("GELU", { $0.gelu($0.input("blocks.0.mlp.fc1.weight"), "gelu") }),
    (
      "attention",
      { $0.attend($0.input("blocks.0.attention.qkv.weight"), "attention", images: 3, tokens: 12, heads: 2) }
    ),
    (
      "LayerScale",
      { b in
        b.scale(
          b.input("blocks.0.attention.output.weight"), "norm.weight",
          adding: b.input("blocks.1.attention.output.weight"))
      }
    ),
    (
      "fusion weights",
      { b in
        b.average((0..<3).map { b.input("blocks.\($0).attention.output.weight") })
      }
    ),
    (
      "attention between layers",
      { b in
        b.select(
          b.append(
            InterleaveLayer(
              inputs: [b.input("blocks.0.mlp.fc2.weight"), b.input("blocks.1.mlp.fc2.weight")],
              output: b.value(rows: 24, columns: 48, from: [], [b.parameter("blocks.0.mlp.fc2.weight")]))),
          rows: [1, 3, 8], "select")
      }
    ),
    ("mean of rows", { b in b.mean(b.input("decoder.output.weight"), over: [[0, 4, 5], [7, 8, 9]], "mean") }),
  ]

  @Test("Passes agree with differences", arguments: layers.indices)
  func layer(index: Int) {
    let (name, build) = Self.layers[index]
    let layer = SingleLayer(build)
    var generator = MixedGenerator(17, UInt64(index))
    let parameters = (0..<layer.layout.count).map { _ in 1.5 * generator.nextSigned() }
    let direction = (0..<layer.layout.count).map { _ in generator.nextSigned() }
    let (tangent, product) = layer.tangents(at: parameters, along: direction)
    func moved(_ step: Float) -> [Float] { zip(parameters, direction).map { $0 + step * $1 } }
    let step: Float = 1 / 256
    let (ahead, behind) = (layer.values(at: moved(step)), layer.values(at: moved(-step)))
    let difference = zip(ahead, behind).map { ($0 - $1) / (2 * step) }
    // ε² / 6 of a third derivative of order 10 is 3e-5, rounding 6e-8 / ε = 2e-5; normalisation of a short row bends more.
    #expect(largest(tangent) > 0.1)
    #expect(largest(zip(tangent, difference).map { $0 - $1 }) <= 1e-3 * largest(difference), "\(name): tangent")
    let (gradientAhead, gradientBehind) = (layer.gradient(at: moved(step)), layer.gradient(at: moved(-step)))
    let second = zip(gradientAhead, gradientBehind).map { ($0 - $1) / (2 * step) }
    #expect(largest(product) > 0)
    #expect(largest(zip(product, second).map { $0 - $1 }) <= 1e-3 * largest(second), "\(name): tangent of backward")
    // The backward pass is the transpose of the tangent: ⟨∇L, v⟩ = dL = Σ 2 y ẏ / count.
    let gradient = layer.gradient(at: parameters)
    let values = layer.values(at: parameters)
    let left = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let right = zip(values, tangent).reduce(0.0) { $0 + 2 * Double($1.0) * Double($1.1) } / Double(values.count)
    // Single-precision sums of some hundred terms.
    #expect(abs(left - right) <= 1e-5 * (1 + abs(right)), "\(name): backward")
  }

  @Test("Losses alone: their second derivative against differences of their gradient", arguments: [0, 1, 2])
  func losses(index: Int) throws {
    // With only the last layer active, predictions are linear in the parameters: the product is the loss's own curvature.
    let name = ["mae", "features-masked", "classification-class"][index]
    let last = ["decoder.output.weight", "decoder.output.weight", "head.weight"][index]
    let reference = try ReferenceCase(name)
    let all = ParameterLayout(of: reference.architecture, classes: reference.objective.classes)
    let function = try LossFunction(
      reference.architecture, objective: reference.objective, images: reference.images, masked: reference.masked,
      fixed: Set(all.parameters.map(\.name)).subtracting([last]))
    try function.setBatch(reference.batch)
    let parameters = try reference.vector("parameters", function.layout)
    _ = try function.linearize(at: parameters.span)
    let direction = try reference.vector("direction", function.active)
    let product = function.product(direction, at: parameters)
    let range = function.layout[last].range
    func gradient(_ step: Float) throws -> [Float] {
      var moved = parameters
      for (i, d) in zip(range, direction) { moved[i] += step * d }
      return try function.gradient(at: moved)
    }
    let difference = zip(try gradient(0.01), try gradient(-0.01)).map { ($0 - $1) / 0.02 }
    // ε² of a smooth function, and rounding 6e-8 / ε.
    #expect(largest(zip(product, difference).map { $0 - $1 }) <= 1e-3 * largest(difference))
  }
}
