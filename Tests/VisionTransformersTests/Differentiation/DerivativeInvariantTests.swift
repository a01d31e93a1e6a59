import Tensors
import Testing

@testable import VisionTransformers

@Suite("What derivatives must satisfy whatever the model")
struct DerivativeInvariantTests {
  /// Parameters, a direction and its product for a case.
  private func product(
    _ name: String, _ selection: ParameterSelection = .all, options: LossOptions = LossOptions()
  ) throws -> (function: LossFunction, parameters: [Float], direction: [Float], product: [Float]) {
    let reference = try ReferenceCase(name)
    let function = try reference.function(selection, options: options)
    let parameters = try reference.vector("parameters", function.layout)
    _ = try function.linearize(at: parameters.span)
    let direction = try reference.vector("direction", function.active)
    return (function, parameters, direction, function.product(direction, at: parameters))
  }

  @Test("Products agree with the dense Hessian, entry by entry")
  func dense() throws {
    let reference = try ReferenceCase("dense")
    let function = try reference.function(.encoder)
    let parameters = try reference.vector("parameters", function.layout)
    _ = try function.linearize(at: parameters.span)
    let lower = try reference.tensor("dense")
    let n = function.active.count
    #expect(lower.count == n * (n + 1) / 2)
    var error: Float = 0
    for column in 0..<n {
      var unit = [Float](repeating: 0, count: n)
      unit[column] = 1
      let found = function.product(unit, at: parameters)
      for row in 0..<n {
        let (i, j) = (max(row, column), min(row, column))
        error = max(error, abs(found[row] - lower[i * (i + 1) / 2 + j]))
      }
    }
    // Single precision through two blocks and a decoder: some 10 ε of the largest entry.
    #expect(error <= 2e-6 * largest(lower))
  }

  @Test(
    "Central differences of the gradient come closer to the product as the square of the step",
    arguments: ["mae", "mff-linear", "mff-attention", "features-masked", "classification-mean"])
  func centralDifferences(name: String) throws {
    let (function, parameters, direction, product) = try product(name)
    // Over active parameters only; the others stay.
    func moved(_ step: Float) -> [Float] {
      var moved = parameters
      for parameter in function.active.parameters {
        for (i, j) in zip(function.layout[parameter.name].range, parameter.range) { moved[i] += step * direction[j] }
      }
      return moved
    }
    func error(_ step: Float) throws -> Float {
      let (ahead, behind) = (try function.gradient(at: moved(step)), try function.gradient(at: moved(-step)))
      let difference = zip(ahead, behind).map { ($0 - $1) / (2 * step) }
      return largest(zip(difference, product).map { $0 - $1 }) / largest(product)
    }
    let errors = try [0.02, 0.01, 0.005].map { try error($0) }
    // Each halving divides the error by 4, within what higher orders and rounding (6e-8 / step) leave.
    #expect(errors[0] / errors[1] > 3 && errors[0] / errors[1] < 5.5, "errors \(errors)")
    #expect(errors[1] / errors[2] > 3 && errors[1] / errors[2] < 5.5, "errors \(errors)")
  }

  @Test("With detach, differences that hold the detached values fixed agree with the product")
  func detached() throws {
    let (function, parameters, full, _) = try product("mff-detach")
    // Layers 0 and 1 are detached: a direction that leaves them and all before them alone leaves their values fixed.
    var direction = full
    for parameter in function.active.parameters {
      let name = parameter.name
      let early =
        name.hasPrefix("patch.") || name == "class" || name.hasPrefix("blocks.0.") || name.hasPrefix("blocks.1.")
      if early { for i in parameter.range { direction[i] = 0 } }
    }
    let product = function.product(direction, at: parameters)
    func gradient(_ step: Float) throws -> [Float] {
      var moved = parameters
      for parameter in function.active.parameters {
        for (i, j) in zip(function.layout[parameter.name].range, parameter.range) { moved[i] += step * direction[j] }
      }
      return try function.gradient(at: moved)
    }
    let difference = zip(try gradient(0.01), try gradient(-0.01)).map { ($0 - $1) / 0.02 }
    // ε² terms: at this step about 1e-3, as the test above measures.
    #expect(largest(zip(difference, product).map { $0 - $1 }) <= 5e-3 * largest(product))
  }

  @Test(
    "uᵀHv = vᵀHu, and the same v twice gives the same bits",
    arguments: ["mae", "mff-mlp", "mff-detach", "mff-attention"])
  func symmetry(name: String) throws {
    let (function, parameters, v, hv) = try product(name)
    #expect(function.product(v, at: parameters) == hv)
    let u = v.indices.map { v[($0 * 7 + 3) % v.count] }
    let hu = function.product(u, at: parameters)
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    // 1e-6 of ‖u‖ ‖Hv‖, the rounding of a product.
    let scale = (dot(u, u) * dot(hv, hv)).squareRoot()
    #expect(abs(dot(u, hv) - dot(v, hu)) <= 2e-6 * scale)
  }

  @Test(
    "Size of the parts, number of threads and recomputation change nothing beyond rounding",
    arguments: [
      (1, nil, false), (1, 1, false), (1, 2, false), (2, nil, false), (3, nil, false), (3, 1, false), (2, 1, false),
      (1, nil, true), (2, nil, true), (3, 1, true),
    ] as [(Int, Int?, Bool)])
  func parts(threads: Int, images: Int?, recomputes: Bool) throws {
    let expected = try product("mff-linear", options: LossOptions(team: .single)).product
    var options = LossOptions(team: Team(threads: threads), imagesPerPart: recomputes ? 1 : images)
    if recomputes {
      // A byte less than keeping the primal values of every part takes at least.
      let least = LossOptions(team: .single, imagesPerPart: 1)
      let limit = try ReferenceCase("mff-linear").function(options: least).bytes - 1
      options = LossOptions(team: Team(threads: threads), memoryLimit: limit, imagesPerPart: images)
    }
    let (function, _, _, found) = try product("mff-linear", options: options)
    #expect(function.recomputes == recomputes)
    if let limit = options.memoryLimit { #expect(function.bytes <= limit) }
    // Sums in another order: a few ε of the largest entry.
    #expect(largest(zip(found, expected).map { $0 - $1 }) <= 3e-6 * largest(expected))
  }

  @Test("The loss and gradient of a batch are the means of those of its halves")
  func additivity() throws {
    let reference = try ReferenceCase("mff-linear")
    let (pixels, batch) = (reference.architecture.pixels, reference.batch)
    func evaluate(_ images: [Int]) throws -> (Double, [Float]) {
      let function = try LossFunction(
        reference.architecture, objective: reference.objective, images: images.count, masked: reference.masked)
      try function.setBatch(
        LossBatch(
          images: images.flatMap { batch.images[$0 * pixels..<($0 + 1) * pixels] },
          masks: images.map { batch.masks[$0] }))
      let parameters = try reference.vector("parameters", function.layout)
      return (try function.loss(at: parameters.span), try function.gradient(at: parameters))
    }
    let (whole, first, second) = (try evaluate([0, 1]), try evaluate([0]), try evaluate([1]))
    // Rounding of single-precision values of order 1.
    #expect(abs(whole.0 - (first.0 + second.0) / 2) <= 2e-6 * whole.0)
    let mean = zip(first.1, second.1).map { ($0 + $1) / 2 }
    #expect(largest(zip(whole.1, mean).map { $0 - $1 }) <= 3e-6 * largest(mean))
  }

  @Test(
    "The product over a named range is that block of the whole Hessian",
    arguments: [ParameterSelection.encoder, .decoder, .block(0), .block(2)])
  func ranges(selection: ParameterSelection) throws {
    let (all, parameters, direction, _) = try product("mff-linear")
    let (part, _, partDirection, found) = try product("mff-linear", selection)
    #expect(part.active.count < all.active.count)
    var embedded = [Float](repeating: 0, count: direction.count)
    for parameter in part.active.parameters {
      for (i, j) in zip(all.active[parameter.name].range, parameter.range) { embedded[i] = partDirection[j] }
    }
    let whole = all.product(embedded, at: parameters)
    let expected = part.active.parameters.flatMap { whole[all.active[$0.name].range] }
    #expect(largest(zip(found, expected).map { $0 - $1 }) <= 3e-6 * largest(expected))
  }

  @Test("A thousand products in a row give the first one's bits and no more memory")
  func repetition() throws {
    let (function, parameters, direction, first) = try product("mae")
    var product = first
    var growths: [Int] = []
    while growths.count < 5 || (growths.count < 50 && (growths.min() ?? 0) >= 1 << 20) {
      let before = residentBytes()
      for _ in 0..<200 {
        var span = product.mutableSpan
        function.product(direction.span, at: parameters.span, into: &span)
      }
      growths.append(residentBytes() - before)
    }
    #expect(product == first)
    // Tests that run beside also allocate, but not in every window; a leak of one vector a product would be 4 MB in each.
    #expect((growths.min() ?? .max) < 1 << 20, "\(growths)")
  }
}
