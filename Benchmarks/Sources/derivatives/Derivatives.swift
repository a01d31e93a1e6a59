import Models
import Tensors
import VisionTransformers

/// Times forward pass, gradient and Hessian-vector product of a masked autoencoder of random weights, as `torch_reference.py time` does.
///
///     derivatives ARCH BATCH [THREADS [MEGABYTES]]
///
/// Prints a JSON line for each: what, and the seconds of the best of three runs after a warm-up. With a limit of memory, a line before
/// them says how many parts the batch is worked through in, and whether primal values are computed anew for each product.
@main
struct Derivatives {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let limit = arguments.dropFirst(3).first.flatMap { Int($0) }.map { $0 << 20 }
    var model = try Model(
      arguments: arguments, usage: "derivatives micro|tiny|small|base BATCH [THREADS [MEGABYTES]]", memoryLimit: limit)
    let (loss, parameters) = (model.loss, model.parameters)
    if limit != nil {
      print("{\"parts\": \(loss.parts), \"recomputes\": \(loss.recomputes), \"bytes\": \(loss.bytes)}")
    }
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
