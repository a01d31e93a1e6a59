import Foundation
import Hessian
import Models
import Tensors
import VisionTransformers

/// Times a Lanczos run of sixteen Hessian-vector products of a masked autoencoder of random weights, orthogonalisation included.
///
///     lanczos ARCH BATCH [THREADS] [--parts]
///
/// Prints JSON lines: the seconds of a product until the sixteenth is worked on, and of a product of the whole run, the five for
/// certificates included; with `--parts` also the seconds of a product that the products themselves take, and the work on vectors.
@main
struct Lanczos {
  static let products = 16

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let model = try Model(
      arguments: arguments.filter { $0 != "--parts" }, usage: "lanczos micro|tiny|small|base BATCH [THREADS] [--parts]")
    let threads = arguments.filter { $0 != "--parts" }.dropFirst(2).first.flatMap { Int($0) }
    _ = try model.parameters.withSpan { try model.loss.linearize(at: $0) }
    var operation = TimedHessian(loss: model.loss, parameters: model.parameters)
    try warmUp(&operation)

    var options = LanczosOptions()
    // No value settles to nothing, so that all products are made.
    (options.relativeTolerance, options.maximumProducts) = (0, products)
    let clock = ContinuousClock()
    let start = clock.now
    var run = 0.0
    let pairs = try largestEigenvalues(of: &operation, byLanczos: options, team: Team(threads: threads)) { _ in
      run = seconds(clock.now - start)
    }
    let whole = seconds(clock.now - start)
    let all = pairs.products + pairs.checkProducts
    let inside = operation.seconds
    guard pairs.products == products else {
      FileHandle.standardError.write(Data("the run ended after \(pairs.products) products\n".utf8))
      exit(1)
    }
    report("Lanczos run of \(products) products, one product", run / Double(products))
    report("Lanczos run with its certificates, one product", whole / Double(all))
    guard arguments.contains("--parts") else { return }
    report("inside products, one product", inside / Double(all))
    report("work on vectors, one product", (whole - inside) / Double(all))
  }

  /// A product, as PyTorch's side makes one before it is timed.
  static func warmUp(_ operation: inout TimedHessian) throws {
    var options = TraceOptions()
    options.probes = 1
    _ = try estimateTrace(of: &operation, options: options)
    operation.seconds = 0
  }
}

/// The Hessian of a loss, whose products are timed.
struct TimedHessian: SymmetricOperator {
  let loss: LossFunction
  let parameters: SharedBuffer
  /// Spent in products.
  var seconds = 0.0
  var order: Int { loss.active.count }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    let clock = ContinuousClock()
    let start = clock.now
    parameters.withSpan { loss.product(v, at: $0, into: &product) }
    seconds += Models.seconds(clock.now - start)
  }
}
