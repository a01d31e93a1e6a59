import Tensors
import Testing

@testable import VisionTransformers

@Suite("Hessian-vector products in double precision")
struct DoubleProductTests {
  @Test("They agree with PyTorch's in double precision, tensor by tensor", arguments: DerivativeReferenceTests.cases)
  func reference(name: String) throws {
    let reference = try ReferenceCase(name)
    let function = try reference.function()
    let parameters = try reference.vector("parameters", function.layout)
    let products = try function.doubleProducts([try reference.vector("direction", function.active)], at: parameters)
    let expected = try reference.vector("product", function.active)
    // The reference's values are stored in single precision, half a unit in the last place of each: 6e-8.
    #expect(
      mismatches(products[0].map { Float($0) }, expected, function.active, relative: 1.2e-7, floor: 1e-9) == [])
  }

  @Test(
    "What single precision computes is off by its rounding only", arguments: ["mae", "mff-mlp", "classification-class"])
  func single(name: String) throws {
    let reference = try ReferenceCase(name)
    let function = try reference.function()
    let parameters = try reference.vector("parameters", function.layout)
    let direction = try reference.vector("direction", function.active)
    let double = try function.doubleProducts([direction], at: parameters)[0].map { Float($0) }
    _ = try function.linearize(at: parameters.span)
    // As against PyTorch.
    #expect(
      mismatches(
        function.product(direction, at: parameters), double, function.active, relative: 1e-4, floor: 1e-6) == [])
  }

  @Test("They are symmetric and linear to double precision, and leave what single precision shares untouched")
  func invariants() throws {
    let reference = try ReferenceCase("mff-linear")
    let function = try reference.function()
    let parameters = try reference.vector("parameters", function.layout)
    let u = try reference.vector("direction", function.active)
    let v = u.indices.map { u[($0 * 7 + 3) % u.count] }
    _ = try function.linearize(at: parameters.span)
    let before = function.product(u, at: parameters)
    // Halves and sums of these are exact in single precision for few bits only: a double of u is.
    let products = try function.doubleProducts([u, v, u.map { 2 * $0 }], at: parameters)
    #expect(function.product(u, at: parameters) == before)
    func dot(_ x: [Float], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + Double($1.0) * $1.1 } }
    let (left, right) = (dot(v, products[0]), dot(u, products[1]))
    let scale = zip(v, products[0]).reduce(0) { $0 + abs(Double($1.0) * $1.1) }
    // Some thousand operations of ε = 2.2e-16.
    #expect(abs(left - right) <= 1e-12 * scale)
    // Doubling changes exponents only.
    #expect(zip(products[0], products[2]).allSatisfy { 2 * $0 == $1 })
  }

  @Test("How the batch is divided changes rounding only; one vector or several, nothing")
  func divisions() throws {
    let reference = try ReferenceCase("mae")
    let parameters = try reference.vector("parameters", try reference.function().layout)
    var all: [[[Double]]] = []
    for (threads, spares) in [(1, false), (2, false), (3, false), (2, true)] {
      let function = try reference.function(options: LossOptions(team: Team(threads: threads), sparesDouble: spares))
      let v = try reference.vector("direction", function.active)
      let w = v.reversed() as [Float]
      let both = try function.doubleProducts([v, w], at: parameters)
      let alone = try [v, w].map { try function.doubleProducts([$0], at: parameters)[0] }
      #expect(both == alone)
      all.append(both)
    }
    let largest = all[0][0].reduce(0) { max($0, abs($1)) }
    for other in all.dropFirst() {
      // Sums of a few images in another order.
      #expect(zip(all[0][0], other[0]).allSatisfy { abs($0 - $1) <= 1e-13 * largest })
    }
  }

  @Test("The Rayleigh quotient of a product: closed form")
  func rayleigh() {
    // A = diag(1, 2, 3, 4, 5) and v = (1, 1, 0, 0, 2): θ = (1 + 2 + 20) / 6, ‖Av − θv‖² / ‖v‖² = (Σ dᵢ² vᵢ² / 6) − θ².
    let v: [Float] = [1, 1, 0, 0, 2]
    let product: [Double] = [1, 2, 0, 0, 10]
    let found = rayleighQuotient(of: v.span, product: product.span)
    #expect(abs(found.value - 23.0 / 6) <= 1e-15 * 8)
    #expect(abs(found.residual - (105.0 / 6 - 529.0 / 36).squareRoot()) <= 1e-14)
  }
}

extension LossFunction {
  /// H·v of each direction.
  func doubleProducts(_ directions: [[Float]], at parameters: [Float]) throws -> [[Double]] {
    var vectors = VectorStack(count: directions.count, length: active.count)
    for (i, direction) in directions.enumerated() { vectors.setVector(i, to: direction.span) }
    var products = directions.map { _ in [Double]() }
    try doubleProducts(of: vectors, 0..<directions.count, at: parameters.span) { i, product in
      products[i] = product.indices.map { product[$0] }
    }
    return products
  }
}
