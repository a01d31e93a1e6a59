import Models
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
    var model = try Model(
      arguments: Array(CommandLine.arguments.dropFirst()), usage: "derivatives micro|tiny|small|base BATCH [THREADS]")
    let (loss, parameters) = (model.loss, model.parameters)
    let vector = model.random.buffer(loss.active.count)
    var result = Buffer(count: loss.active.count)

    report("forward", try best { _ = try parameters.withSpan { try loss.loss(at: $0) } })
    report(
      "gradient",
      try best {
        var gradient = result.mutableSpan
        _ = try parameters.withSpan { try loss.gradient(at: $0, into: &gradient) }
      })
    _ = try parameters.withSpan { try loss.linearize(at: $0) }
    report(
      "hessian-vector product",
      best {
        var product = result.mutableSpan
        parameters.withSpan { loss.product(vector.span, at: $0, into: &product) }
      })
  }

  static func best(_ body: () throws -> Void) rethrows -> Double {
    try body()
    return try (0..<3).map { _ in seconds(try ContinuousClock().measure(body)) }.min() ?? 0
  }
}
