public import Tensors

/// How a loss is computed: settings that change time and memory, but the result only by rounding.
public struct LossOptions: Sendable {
  /// Cores to use.
  public var team: Team
  /// Most bytes for activations, adjoints, tangents, partial results and copies of images; nil for no bound.
  ///
  /// Parameters, the caller's vectors and the batch that the caller gives are not counted.
  public var memoryLimit: Int?
  /// Most images worked on at once; nil for as many as memory allows.
  public var imagesPerPart: Int?
  /// Whether products in double precision take as little memory as they can: one image and one vector at a time.
  public var sparesDouble: Bool

  /// All cores, no bound.
  public init(
    team: Team = Team(), memoryLimit: Int? = nil, imagesPerPart: Int? = nil, sparesDouble: Bool = false
  ) {
    self.team = team
    self.memoryLimit = memoryLimit
    self.imagesPerPart = imagesPerPart
    self.sparesDouble = sparesDouble
  }
}

/// The loss L(θ) of a model on a batch, its gradient ∇L, and its exact Hessian-vector product ∇²L·v.
///
/// θ is one flat vector in the order of `layout`; v, ∇L and ∇²L·v are flat vectors of the selected trainable parameters, in the order of
/// `active`. The product is forward-over-reverse (Pearlmutter 1994): no finite differences. What does not change between products
/// is computed once by `linearize`.
public final class LossFunction {
  /// The network.
  public let architecture: Architecture
  /// What the loss is.
  public let objective: Objective
  /// The order of θ.
  public let layout: ParameterLayout
  /// The order of v, gradients and products.
  public let active: ParameterLayout
  /// Number of images that this function sees of a batch.
  public let images: Int
  /// Number of images of the whole batch: losses, gradients and products are the share that `images` of it contribute, and those of
  /// all shares add up to the batch's.
  public let batchImages: Int
  /// Number of patches removed from each image.
  public let masked: Int
  /// Whether primal values do not fit into the memory limit and are computed anew for every product, which then takes a third longer
  /// for wide networks, and up to nine tenths for very narrow ones.
  public var recomputes: Bool { plan.recomputes }
  /// How many parts a batch is worked through in, one after the other or, by small models, a core each.
  public var parts: Int { plan.parts.count }
  /// What the caller should tell the user about memory; nil when everything fits.
  public var remark: String? {
    recomputes
      ? "activations of \(images) images do not fit into memory: the batch is worked through in \(parts) parts of at most "
        + "\(plan.parts.map(\.count).max() ?? 0) images, whose forward values are computed anew for every product; "
        + "that takes a third longer, for very narrow networks up to nine tenths" : nil
  }
  /// Most bytes that activations, adjoints, tangents, partial results and copies of images take.
  public var bytes: Int { plan.bytes }

  private let plan: LossPlan
  private let blueprint: Blueprint
  let team: Team
  let work: [LossPart]
  private let members: [TapeMember<Float>]
  private var linearized = false
  /// The batch that the calls are about, and the visible patches of its images.
  private var current: (batch: LossBatch, visible: [[Int]])?

  /// Plans the computation for batches of one size.
  ///
  /// - Parameters:
  ///   - architecture: The network; with a decoder, or fused layers, everything about them must be known.
  ///   - objective: The loss.
  ///   - images: Number of images of a batch.
  ///   - batchImages: Number of images of the whole batch, where these are a share of it; nil where they are all.
  ///   - masked: Number of patches removed from each image; 0 for objectives that remove none.
  ///   - selection: The parameters of v, gradients and products.
  ///   - fixed: Names of parameters that are not trained: the sine-cosine position embeddings of MAE.
  ///   - products: Whether products will be taken; without, adjoints share memory.
  ///   - options: Cores and memory.
  /// - Throws: `LossError` for what the architecture lacks, or too little memory.
  public init(
    _ architecture: Architecture, objective: Objective, images: Int, batchImages: Int? = nil, masked: Int,
    selection: ParameterSelection = .all, fixed: Set<ParameterName> = ["position", "decoder.position"],
    products: Bool = true,
    options: LossOptions = LossOptions()
  ) throws(LossError) {
    let blueprint = try Blueprint(
      architecture, objective, images: images, masked: masked, selection: selection, fixed: fixed, products: products,
      options: options)
    let plan = blueprint.plan
    self.blueprint = blueprint
    self.architecture = architecture
    self.objective = objective
    layout = blueprint.layout
    active = blueprint.active
    self.images = images
    self.batchImages = batchImages ?? images
    self.masked = masked
    self.plan = plan
    team = options.team
    let keepsPrimal = products && !plan.recomputes
    let keepsConstants = keepsPrimal || objective.keepsTargets
    var programs: [Int: (program: Program, patches: Place)] = [:]
    for part in plan.parts where programs[part.count] == nil {
      programs[part.count] = blueprint.program(part.count, width: plan.members == 1 ? team.width : 1)
    }
    let largest = { (store: Store) in programs.values.map { $0.program.sizes[store, default: 0] }.max() ?? 0 }
    work = plan.parts.compactMap { range in
      programs[range.count].map {
        LossPart(range, $0.program, patches: $0.patches, keepsPrimal: keepsPrimal, keepsConstants: keepsConstants)
      }
    }
    members = (0..<plan.members).map { member in
      TapeMember(
        tangent: Memory(count: largest(.tangent)),
        constants: keepsConstants ? nil : Memory(count: largest(.constants)),
        primal: keepsPrimal ? nil : Memory(count: largest(.primal)),
        result: member == 0 ? nil : Memory(count: blueprint.active.count))
    }
  }

  /// What a function of these settings would take, without taking it.
  ///
  /// - Returns: Bytes, number of parts, images of the largest, whether primal values would be computed anew for every product, and the
  ///   number of active parameters.
  /// - Throws: As the initialiser.
  public static func footprint(
    _ architecture: Architecture, objective: Objective, images: Int, masked: Int,
    selection: ParameterSelection = .all, fixed: Set<ParameterName> = ["position", "decoder.position"],
    products: Bool = true, options: LossOptions = LossOptions()
  ) throws(LossError) -> (bytes: Int, parts: Int, images: Int, recomputes: Bool, parameters: Int) {
    let blueprint = try Blueprint(
      architecture, objective, images: images, masked: masked, selection: selection, fixed: fixed, products: products,
      options: options)
    let plan = blueprint.plan
    return (
      plan.bytes, plan.parts.count, plan.parts.map(\.count).max() ?? 0, plan.recomputes, blueprint.active.count
    )
  }

  static func check(
    _ a: Architecture, _ objective: Objective, images: Int, masked: Int
  ) throws(LossError) {
    if let (parameter, reason) = a.variant.obstacleToDerivatives {
      throw .unsupported("\(parameter) is \(reason), whose derivatives are not known")
    }
    guard a.positions != .absent else { throw .unsupported("the loss needs a position embedding") }
    guard images > 0 else { throw .wrongCount(what: "a batch", expected: 1, found: 0) }
    guard !objective.masks || masked > 0 else { throw .maskRemovesNothing(image: 0) }
    guard !objective.masks || masked < a.patches else { throw .maskRemovesEverything(image: 0) }
    if objective.usesDecoder {
      guard let decoder = a.decoder else {
        throw .missing(what: "a decoder, which this checkpoint does not hold", objective: objective.name)
      }
      guard let heads = decoder.heads, heads > 0, decoder.width.isMultiple(of: heads) else {
        throw .missing(
          what: "the number of the decoder's attention heads; give --decoder-heads", objective: objective.name)
      }
    }
    guard !objective.usesDecoder || a.positionPrefixCount == a.prefix.count else {
      throw .unsupported("a decoder needs a position for every token, but this model's register tokens have none")
    }
    if let fusion = a.fusion, fusion.layers == nil {
      throw .missing(what: "the indices of the \(fusion.count) fused layers; give --fuse", objective: objective.name)
    }
  }

  // MARK: Batches

  /// Takes the images that the following calls are about.
  ///
  /// The batch is kept, which copies nothing as long as the caller does not change it.
  ///
  /// - Throws: `LossError` for sizes that do not fit, masks that remove nothing, everything, or unequally many patches.
  public func setBatch(_ batch: LossBatch) throws(LossError) {
    guard batch.images.count == images * architecture.pixels else {
      throw .wrongCount(what: "the images", expected: images * architecture.pixels, found: batch.images.count)
    }
    try objective.check(batch, architecture)
    let visible = try visiblePatches(of: batch)
    for image in 0..<images {
      let pixels = batch.images.span.extracting(image * architecture.pixels..<(image + 1) * architecture.pixels)
      guard isFinite(pixels) else { throw .nonFiniteInput(image: image) }
    }
    let parts = work.map { BatchPart(batch, $0.images, self, visible: visible) }
    let work = work
    team.forEach(work.count) { work[$0].take(parts[$0]) }
    current = (batch, visible)
    linearized = false
  }

  private func visiblePatches(of batch: LossBatch) throws(LossError) -> [[Int]] {
    let patches = architecture.patches
    guard objective.masks else { return Array(repeating: Array(0..<patches), count: images) }
    guard batch.masks.count == images else {
      throw .wrongCount(what: "the masks", expected: images, found: batch.masks.count)
    }
    var visible: [[Int]] = []
    for (image, mask) in batch.masks.enumerated() {
      guard mask.count == patches else { throw .wrongCount(what: "a mask", expected: patches, found: mask.count) }
      let kept = mask.indices.filter { !mask[$0] }
      if kept.count == patches { throw .maskRemovesNothing(image: image) }
      if kept.isEmpty { throw .maskRemovesEverything(image: image) }
      guard patches - kept.count == masked else {
        throw .unequalMasks(image: image, removed: patches - kept.count, expected: masked)
      }
      visible.append(kept)
    }
    return visible
  }

  // MARK: Values

  /// L(θ).
  ///
  /// - Complexity: A forward pass.
  public func loss(at parameters: Span<Float>) throws(LossError) -> Double {
    var nothing: [Float] = []
    var none = nothing.mutableSpan
    linearized = false
    let shares = run(parameters, [Float]().span, &none) { $0.program.evaluate($0.routing, $1) }
    return try checked(shares, parameters)
  }

  /// L(θ), and ∇L into `gradient`.
  ///
  /// - Complexity: About three forward passes.
  @discardableResult
  public func gradient(at parameters: Span<Float>, into gradient: inout MutableSpan<Float>) throws(LossError) -> Double
  {
    precondition(gradient.count == active.count, "a gradient has \(active.count) values")
    linearized = false
    let shares = run(parameters, [Float]().span, &gradient) { part, tape in
      part.program.differentiate(part.routing, tape, sumsGradients: true, preparesProducts: false)
    }
    return try checked(shares, parameters)
  }

  /// Computes what products at θ share, and returns L(θ).
  ///
  /// - Complexity: About two forward passes; one where `recomputes`.
  public func linearize(at parameters: Span<Float>) throws(LossError) -> Double {
    var nothing: [Float] = []
    var none = nothing.mutableSpan
    linearized = false
    let recomputes = recomputes
    let shares = run(parameters, [Float]().span, &none) { part, tape in
      recomputes
        ? part.program.evaluate(part.routing, tape)
        : part.program.differentiate(part.routing, tape, sumsGradients: false, preparesProducts: true)
    }
    let loss = try checked(shares, parameters)
    linearized = true
    return loss
  }

  /// ∇²L(θ)·v into `product`; θ must be what `linearize` was given.
  ///
  /// - Complexity: Six matrix products for each of the forward pass, over active parameters; eight where `recomputes`.
  public func product(
    _ direction: Span<Float>, at parameters: Span<Float>, into product: inout MutableSpan<Float>
  ) {
    precondition(linearized, "linearize(at:) comes before products")
    precondition(direction.count == active.count && product.count == active.count)
    let recomputes = recomputes
    _ = run(parameters, direction, &product) { part, tape in
      if recomputes {
        _ = part.program.differentiate(part.routing, tape, sumsGradients: false, preparesProducts: true)
      }
      part.program.product(part.routing, tape)
      return 0
    }
  }

  /// ∇²L(θ)·vᵢ in double precision for some vectors, from weights, images and vectors in single precision: what single precision rounds on
  /// its way through the network is not in it.
  ///
  /// Nothing of it is kept, and nothing that single-precision products share is changed.
  ///
  /// - Parameters:
  ///   - vectors: Vectors of n values.
  ///   - rows: Which of them.
  ///   - parameters: θ.
  ///   - body: Gets the index of a vector and its product; what it throws ends the call.
  /// - Throws: What `body` throws.
  /// - Complexity: Three double-precision forward passes' matrix products for each group of vectors that `mostDoubleVectors` allows, and
  ///   six for each vector. Memory: `doubleBytes(vectors:)`.
  public func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, at parameters: Span<Float>,
    _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    guard let current else { preconditionFailure("setBatch(_:) comes first") }
    precondition(vectors.length == active.count && parameters.count == layout.count)
    let products = DoubleProducts(
      blueprint, blueprint.division, at: parameters, team: team)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let group = row..<min(rows.upperBound, row + products.division.group)
      try products.run(vectors, group, current.batch, visible: current.visible, of: self, body)
      row = group.upperBound
    }
  }

  /// Bytes that `doubleProducts` takes for so many vectors.
  public static func doubleBytes(
    _ architecture: Architecture, objective: Objective, images: Int, masked: Int, vectors: Int,
    selection: ParameterSelection = .all, fixed: Set<ParameterName> = ["position", "decoder.position"],
    options: LossOptions = LossOptions()
  ) throws(LossError) -> Int {
    let blueprint = try Blueprint(
      architecture, objective, images: images, masked: masked, selection: selection, fixed: fixed, products: true,
      options: options)
    return DoubleProducts.bytes(blueprint, blueprint.division, vectors: vectors)
  }

  /// Says that primal values no longer are those of `linearize`.
  func forgetLinearization() { linearized = false }

  func run(
    _ parameters: Span<Float>, _ direction: Span<Float>, _ result: inout MutableSpan<Float>,
    _ body: @Sendable (LossPart, borrowing Tape<Float>) -> Double
  ) -> [Double] {
    precondition(current != nil, "setBatch(_:) comes first")
    precondition(parameters.count == layout.count, "θ has \(layout.count) values")
    let work = work
    return Tape.run(
      parameters: parameters, direction: direction, result: &result, jobs: work.map(\.job), members: members,
      team: team, prepare: { work[$0].writeConstants(into: $1) }
    ) { index, tape in body(work[index], tape) }
  }

  /// The sum of the parts' shares; throws with the first place where NaN or infinity appears when it is not finite.
  func checked(_ shares: [Double], _ parameters: Span<Float>) throws(LossError) -> Double {
    let loss = shares.reduce(0, +)
    guard !loss.isFinite else { return loss }
    for parameter in layout.parameters where !isFinite(parameters.extracting(parameter.range)) {
      throw .nonFiniteParameter(parameter.name)
    }
    var nothing: [Float] = []
    var none = nothing.mutableSpan
    let layers = run(parameters, [Float]().span, &none) { part, tape in
      _ = part.program.evaluate(part.routing, tape)
      return part.program.firstNonFinite(tape)
    }
    let first = layers.filter { $0 >= 0 }.min().map { work[0].program.layers[Int($0)].name }
    throw .nonFiniteActivation(layer: first ?? objective.name)
  }
}

/// What can be said of a function before any memory is taken.
struct Blueprint: Sendable {
  let layout: ParameterLayout
  let active: ParameterLayout
  let plan: LossPlan
  /// How products in double precision are divided.
  let division: DoubleProducts.Division
  private let makeProgram:
    @Sendable (_ images: Int, _ active: ParameterLayout, _ width: Int) -> (program: Program, patches: Place)

  init(
    _ architecture: Architecture, _ objective: Objective, images: Int, masked: Int, selection: ParameterSelection,
    fixed: Set<ParameterName>, products: Bool, options: LossOptions
  ) throws(LossError) {
    try LossFunction.check(architecture, objective, images: images, masked: masked)
    let layout = ParameterLayout(of: architecture, for: objective)
    let makeProgram = { @Sendable (images: Int, active: ParameterLayout, width: Int) in
      ProgramBuilder.program(
        for: objective,
        builder: ProgramBuilder(
          architecture, images: images, visible: architecture.patches - masked, layout: layout, active: active,
          keepsAdjoints: products, teamWidth: width))
    }
    let used = makeProgram(1, layout.filter { _ in false }, 1).program.parameters
    let active = layout.filter { selection.contains($0.name) && used.contains($0.name) && !fixed.contains($0.name) }
    guard active.count > 0 else { throw .noParameters(selection.description) }
    plan = try LossPlan(
      LossPlan.Demand(
        images: images, activeParameters: active.count, team: options.team, limit: options.memoryLimit ?? Int.max,
        imagesPerPart: options.imagesPerPart, products: products, keepsConstants: objective.keepsTargets)
    ) { makeProgram($0, active, options.team.width).program.footprint }
    self.layout = layout
    self.active = active
    self.makeProgram = makeProgram
    division = DoubleProducts.Division(images: images, active: active.count, options: options)
  }

  /// The program of a part of so many images whose kernels are divided over `width` cores.
  func program(_ images: Int, width: Int) -> (program: Program, patches: Place) { makeProgram(images, active, width) }
}
