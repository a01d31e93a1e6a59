import Tensors
import Testing

@testable import VisionTransformers

@Suite("Loss, gradient and Hessian-vector product against PyTorch in double precision")
struct DerivativeReferenceTests {
  static let cases = [
    "mae", "mae-raw-pixels", "mae-layer-scale", "mae-learned-positions", "mff-none", "mff-linear", "mff-mlp",
    "mff-detach", "mff-attention", "mff-attention-detach", "pixmim", "features-masked", "features-all",
    "classification-class", "classification-mean", "classification-normalized-mean",
  ]

  @Test("Loss and every named gradient agree", arguments: cases)
  func gradient(name: String) throws {
    let reference = try ReferenceCase(name)
    let function = try reference.function()
    #expect(Set(function.active.parameters.map(\.name)) == reference.gradientNames)
    let parameters = try reference.vector("parameters", function.layout)
    // Single precision over some thousand operations: a few ε = 6e-8, relative to the loss itself.
    #expect(abs(try function.loss(at: parameters.span) - reference.loss) <= 2e-6 * reference.loss)
    let expected = try reference.vector("gradient", function.active)
    // 1e-5 of a tensor's largest entry; key biases have a gradient of exactly zero, of which rounding leaves 1e-7 of the largest.
    #expect(
      mismatches(try function.gradient(at: parameters), expected, function.active, relative: 1e-5, floor: 1e-7) == [])
  }

  @Test("Hessian-vector products agree, tensor by tensor", arguments: cases)
  func product(name: String) throws {
    let reference = try ReferenceCase(name)
    let function = try reference.function()
    let parameters = try reference.vector("parameters", function.layout)
    let loss = try function.linearize(at: parameters.span)
    #expect(abs(loss - reference.loss) <= 2e-6 * reference.loss)
    let product = function.product(try reference.vector("direction", function.active), at: parameters)
    let expected = try reference.vector("product", function.active)
    // Twice the depth of operations of a gradient, and terms that cancel: 1e-4; what is zero there is 1e-6 of the largest here.
    #expect(mismatches(product, expected, function.active, relative: 1e-4, floor: 1e-6) == [])
  }

  @Test(
    "What the images of a batch contribute, each by itself, adds up to loss, gradient and product", arguments: cases)
  func shares(name: String) throws {
    let reference = try ReferenceCase(name)
    let shares = try (0..<reference.images).map { try reference.function(images: $0..<$0 + 1) }
    let (layout, active) = (shares[0].layout, shares[0].active)
    let parameters = try reference.vector("parameters", layout)
    let direction = try reference.vector("direction", active)
    var (loss, gradient) = (0.0, [Float](repeating: 0, count: active.count))
    var product = gradient
    for share in shares {
      gradient = zip(gradient, try share.gradient(at: parameters)).map(+)
      loss += try share.linearize(at: parameters.span)
      product = zip(product, share.product(direction, at: parameters)).map(+)
    }
    // As for the whole batch, above.
    #expect(abs(loss - reference.loss) <= 2e-6 * reference.loss)
    let (trueGradient, trueProduct) = (
      try reference.vector("gradient", active), try reference.vector("product", active)
    )
    #expect(mismatches(gradient, trueGradient, active, relative: 1e-5, floor: 1e-7) == [])
    #expect(mismatches(product, trueProduct, active, relative: 1e-4, floor: 1e-6) == [])
  }
}
