import Checkpoints
import Foundation
import Tensors
import Testing

@testable import VisionTransformers

@Suite("Whole checkpoints, encoder and decoder")
struct TrainedModelTests {
  private struct Expected: Decodable {
    let loss, gradientNorm, curvature, productNorm: Double
    let parameters: Int
  }

  @Test("Bundled models have PyTorch's loss, gradient and curvature", arguments: ["ckpt", "mff"])
  func curvature(name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let root = tests.deletingLastPathComponent().deletingLastPathComponent()
    let golden = tests.appendingPathComponent("Golden/derivatives/trained-\(name).json")
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: golden))
    let checkpoint = try Checkpoint(opening: root.path + "/Fixtures/\(name).bin")
    let description = try ModelDescription(checkpoint, options: ModelOptions(heads: 2, decoderHeads: 2))
    let model = try description.loadForLoss(.pixels(normalized: true))
    #expect(model.fixedParameters == ["position", "decoder.position"])
    let a = model.architecture
    let function = try LossFunction(
      a, objective: .pixels(normalized: true), images: 2, masked: 147, fixed: model.fixedParameters)
    #expect(function.active.count == expected.parameters)
    let images = (0..<2 * a.pixels).map { i -> Float in
      let x = Double(i)
      return Float(sin(0.013 * x + 0.6 * sin(0.0021 * x)))
    }
    let masks = (0..<2).map { image in (0..<a.patches).map { ($0 * 7 + image * 3) % a.patches < 147 } }
    try function.setBatch(LossBatch(images: images, masks: masks))
    let parameters = model.withParameterVector { values in values.indices.map { values[$0] } }
    let gradient = try function.gradient(at: parameters)
    func norm(_ x: [Float]) -> Double { x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let length = norm(gradient)
    // Single precision through fourteen blocks: about 1e-6 of each.
    #expect(abs(length - expected.gradientNorm) <= 2e-5 * expected.gradientNorm)
    let hessian = try LossHessian(of: function, at: model)
    #expect(abs(hessian.loss - expected.loss) <= 5e-6 * expected.loss)
    #expect(hessian.order == expected.parameters)
    let v = gradient.map { Float(Double($0) / length) }
    var product = v
    do {
      var span = product.mutableSpan
      hessian.apply(to: v.span, into: &span)
    }
    #expect(abs(norm(product) - expected.productNorm) <= 1e-4 * expected.productNorm)
    let curvature = zip(v, product).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(curvature - expected.curvature) <= 1e-4 * expected.productNorm)
    let check = try hessian.check()
    // ‖Hv‖ε: what `bound` adds to a residual stays far below the tolerance of 1e-3 that solvers ask for.
    #expect(check.asymmetry <= 1e-5 * check.scale && check.products == 3)
  }
}
