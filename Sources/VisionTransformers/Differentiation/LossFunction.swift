public import Tensors

/// How a loss is computed: settings that change time and memory, but the result only by rounding.
public struct LossOptions: Sendable {
  /// Cores to use.
  public var team: Team
  /// Most bytes for activations, adjoints, tangents and partial results; nil for no bound.
  ///
  /// Parameters and the caller's vectors are not counted.
  public var memoryLimit: Int?
  /// Most images worked on at once; nil for as many as memory allows.
  public var imagesPerPart: Int?

  /// All cores, no bound.
  public init(team: Team = Team(), memoryLimit: Int? = nil, imagesPerPart: Int? = nil) {
    self.team = team
    self.memoryLimit = memoryLimit
    self.imagesPerPart = imagesPerPart
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
  /// Whether primal values do not fit into the memory limit and are computed anew for every product, which then takes about half as
  /// long again.
  public let recomputes: Bool
  /// What the caller should tell the user about memory; nil when everything fits.
  public var remark: String? {
    recomputes
      ? "activations of \(images) images do not fit into the memory limit: they are computed anew for every product, "
        + "which takes about half as long again; a higher limit or a smaller batch avoids it" : nil
  }
  /// Most bytes that activations, adjoints, tangents and partial results take.
  public let bytes: Int

  let team: Team
  let parts: [LossPart]
  private let members: [TapeMember]
  private var linearized = false
  private var hasBatch = false

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
    try Self.check(architecture, objective, images: images, masked: masked)
    let layout = ParameterLayout(of: architecture, for: objective)
    let nothing = layout.filter { _ in false }
    func program(_ images: Int, _ active: ParameterLayout, width: Int) -> (program: Program, patches: Place) {
      ProgramBuilder.program(
        for: objective,
        builder: ProgramBuilder(
          architecture, images: images, visible: architecture.patches - masked, layout: layout, active: active,
          keepsAdjoints: products, teamWidth: width))
    }
    let used = program(1, nothing, width: 1).program.parameters
    let active = layout.filter { selection.contains($0.name) && used.contains($0.name) && !fixed.contains($0.name) }
    guard active.count > 0 else { throw .noParameters(selection.description) }
    let plan = try LossPlan(
      images: images, activeParameters: active.count, team: options.team, limit: options.memoryLimit,
      imagesPerPart: options.imagesPerPart, keeps: products
    ) { count in
      let sizes = program(count, active, width: options.team.width).program
      return (sizes.primalBytes, sizes.tangentBytes)
    }
    self.architecture = architecture
    self.objective = objective
    self.layout = layout
    self.active = active
    self.images = images
    self.batchImages = batchImages ?? images
    self.masked = masked
    recomputes = plan.recomputes
    team = options.team
    let sharesPrimal = !products || plan.recomputes
    var programs: [Int: (program: Program, patches: Place)] = [:]
    for part in plan.parts where programs[part.count] == nil {
      programs[part.count] = program(part.count, active, width: plan.members == 1 ? team.width : 1)
    }
    let largest = { (store: Store) in programs.values.map { $0.program.sizes[store, default: 0] }.max() ?? 0 }
    parts = plan.parts.compactMap { range in
      programs[range.count].map { LossPart(range, $0.program, patches: $0.patches, keepsPrimal: !sharesPrimal) }
    }
    members = (0..<plan.members).map { member in
      TapeMember(
        tangent: Memory(count: largest(.tangent)), primal: sharesPrimal ? Memory(count: largest(.primal)) : nil,
        result: member == 0 ? nil : Memory(count: active.count))
    }
    let partBytes = parts.reduce(0) { $0 + 4 * ($1.job.constants.count + ($1.job.primal?.count ?? 0)) }
    bytes = members.reduce(partBytes) {
      $0 + 4 * ($1.tangent.count + ($1.primal?.count ?? 0) + ($1.result?.count ?? 0))
    }
  }

  private static func check(
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
    let (parts, architecture, batchImages, masked) = (parts, architecture, batchImages, masked)
    team.forEach(parts.count) { index in
      let part = parts[index]
      let own = Array(visible[part.images])
      part.take(
        BatchPart(
          batch: batch, images: part.images, architecture: architecture,
          routing: TokenRouting(architecture, visible: own), visible: own,
          batchMasked: Double(masked * batchImages), batchImages: batchImages))
    }
    hasBatch = true
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
  /// - Complexity: About two forward passes.
  public func linearize(at parameters: Span<Float>) throws(LossError) -> Double {
    var nothing: [Float] = []
    var none = nothing.mutableSpan
    linearized = false
    let shares = run(parameters, [Float]().span, &none) { part, tape in
      part.program.differentiate(part.routing, tape, sumsGradients: false, preparesProducts: true)
    }
    let loss = try checked(shares, parameters)
    linearized = true
    return loss
  }

  /// ∇²L(θ)·v into `product`; θ must be what `linearize` was given.
  ///
  /// - Complexity: Six matrix products for each of the forward pass, over active parameters; about nine where `recomputes`.
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

  /// Says that primal values no longer are those of `linearize`.
  func forgetLinearization() { linearized = false }

  func run(
    _ parameters: Span<Float>, _ direction: Span<Float>, _ result: inout MutableSpan<Float>,
    _ body: @Sendable (LossPart, borrowing Tape) -> Double
  ) -> [Double] {
    precondition(hasBatch, "setBatch(_:) comes first")
    precondition(parameters.count == layout.count, "θ has \(layout.count) values")
    let parts = parts
    return Tape.run(
      parameters: parameters, direction: direction, result: &result, jobs: parts.map(\.job), members: members,
      team: team
    ) { index, tape in body(parts[index], tape) }
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
    let first = layers.filter { $0 >= 0 }.min().map { parts[0].program.layers[Int($0)].name }
    throw .nonFiniteActivation(layer: first ?? objective.name)
  }
}
