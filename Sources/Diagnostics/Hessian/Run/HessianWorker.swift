internal import Hessian
internal import Images
internal import Ranks
internal import Tensors
internal import VisionTransformers

/// Finds the eigenvalues of one batch after the other, for one checkpoint and one selection of its parameters.
final class HessianWorker {
  let selection: ParameterSelection
  private let pass: HessianPass
  private let network: VisionTransformer
  private let teacher: FeatureTeacher?
  private let function: LossFunction
  /// What the batch before leaves for a warm start.
  private var start = VectorStack(count: 0, length: 0)

  private var diagnosis: HessianDiagnosis { pass.diagnosis }
  private var team: Team { pass.diagnosis.team }
  /// n.
  var order: Int { function.active.count }

  init(
    _ pass: HessianPass, _ selection: ParameterSelection, _ network: VisionTransformer, _ teacher: FeatureTeacher?
  ) throws {
    self.pass = pass
    self.selection = selection
    self.network = network
    self.teacher = teacher
    function = try pass.function(selection)
    if pass.diagnosis.provesRanks, function.active.count > RankCheckOptions.largestFormed {
      throw LossInputError.failed(
        model: pass.opened.request.name,
        reason:
          "--prove-ranks forms a Hessian over at most \(RankCheckOptions.largestFormed) parameters, and this one has "
          + "\(function.active.count); give --parameters with fewer, or --rank-check-products N, which excludes more")
    }
  }

  /// The eigenvalues of a batch, and trace and density where they are asked for.
  ///
  /// - Parameters:
  ///   - batch: Its images.
  ///   - index: Which batch it is: decides masks and start vectors.
  ///   - images: The images' digest.
  ///   - key: Checkpoint and spectrum, for the journal.
  ///   - linearized: Called before the first product; throws to stop.
  ///   - observe: Called after each product; throws to stop.
  /// - Returns: What was found, as the journal notes it.
  /// - Throws: `LossInputError`, and those of labels, masks, solvers and `observe`.
  func solve(
    _ batch: BatchStream.Batch, index: Int, images: String, key: (model: Int, unit: Int),
    linearized: () throws -> Void, _ observe: (HessianPhase, SolverProgress) throws -> Void
  ) throws -> HessianJournal.Entry {
    let clock = ContinuousClock()
    let started = clock.now
    let hessian = DividedHessian(try linearize(batch, index), over: diagnosis.sharers)
    var operation = DecayedHessian(hessian, decay: diagnosis.decay)
    let primal = clock.now
    try linearized()
    let pairs = try eigenpairs(of: &operation, index) { try observe(.eigenvalues, $0) }
    let solved = clock.now
    let found = try ranked(pairs, of: &operation, index) { try observe(.ranks, $0) }
    let complete = try confirmedEigenvalues(
      of: &operation, pairs: found, relativeTolerance: diagnosis.tolerance, team: team
    ) { try observe(.confirmation, $0) }
    let ranked = clock.now
    let rankCheck = complete.rankCheck
    // A value that has not settled has no rank, nor has one of a loss that is not known but for rounding.
    let isTargetRounded = teacher.map { !$0.hasExactFeatures } ?? false
    let isRanked = (rankCheck?.rankChecked ?? false) && complete.converged && !isTargetRounded
    var result = HessianBatch(
      index: index, loss: hessian.loss, products: complete.products,
      checkProducts: complete.checkProducts + (rankCheck?.products ?? 0),
      primalSeconds: seconds(primal - started), seconds: seconds(solved - primal),
      checkSeconds: seconds(ranked - solved), productError: complete.operatorCheck.relativeError,
      eigenvalues: complete.eigenvalues, rankChecked: isRanked, rankMargin: isRanked ? rankCheck?.margin : nil,
      excluded: isRanked ? rankCheck?.excluded : nil)
    result.exceedsPrecision = complete.exceedsPrecision ? true : nil
    result.targetRounded = isTargetRounded ? true : nil
    try save(complete, index, key)
    keep(complete)
    result.images = batch.indices.map(pass.imageSet.name)
    result.sharesImages = batch.sharesImages ? true : nil
    result.trace = try trace(of: &operation, index) { try observe(.trace, $0) }
    let density = try density(of: &operation, index) { try observe(.density, $0) }
    hessian.release()
    return HessianJournal.Entry(model: key.model, unit: key.unit, images: images, batch: result, density: density)
  }

  /// Makes products of this rank's images while rank 0 solves.
  ///
  /// - Throws: As `solve`.
  func assist(_ batch: BatchStream.Batch, index: Int) throws {
    try DividedHessian(try linearize(batch, index), over: diagnosis.sharers).assist()
  }

  // MARK: The batch

  /// Sets this rank's images of the batch and computes what products share.
  func linearize(_ batch: BatchStream.Batch, _ index: Int) throws -> LossHessian {
    let a = pass.architecture
    let name = pass.opened.request.name
    let share = diagnosis.share
    // The whole batch is shared, not copied.
    let own =
      share == batch.indices.indices
      ? batch.pixels : Array(batch.pixels[share.lowerBound * a.pixels..<share.upperBound * a.pixels])
    var input = LossBatch(images: own)
    if let masked = pass.loss.masked {
      // Of the whole batch: an image's mask does not depend on who works on it.
      let masks =
        try pass.masks?.masks(of: batch.indices.map(pass.imageSet.candidateIndex), grid: a.grid, model: name)
        ?? PatchMasks.random(
          images: batch.indices.count, patches: a.patches, masked: masked.removed, seed: diagnosis.seed, batch: index)
      input.masks = Array(masks[share])
    }
    if let classes = pass.loss.objective.classes, let labels = pass.labels {
      input.labels = Array(try labels.labels(of: batch.indices, classes: classes, model: name)[share])
    }
    if let teacher {
      let (mean, deviation) = (pass.normalization.mean.map(Double.init), pass.normalization.std.map(Double.init))
      input.features = teacher.features(of: input.images, mean: mean, deviation: deviation)
      input.exactFeatures = teacher.exactFeatures(of: input.images, mean: mean, deviation: deviation)
    }
    do throws(LossError) {
      try function.setBatch(input)
      return try LossHessian(of: function, at: network)
    } catch {
      throw LossInputError.failed(model: name, reason: "batch \(index): \(error.description)")
    }
  }

  /// What is random in a batch's search; masks have streams of their own.
  private func seed(_ index: Int) -> UInt64 { diagnosis.seed &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(index) }

  // MARK: Solving

  private func eigenpairs(
    of operation: inout DecayedHessian, _ index: Int, _ observer: SolverObserver
  ) throws -> Eigenpairs {
    switch diagnosis.solver {
    case .power:
      var options = diagnosis.powerOptions
      options.seed = seed(index)
      return try largestEigenvalues(
        of: &operation, byPowerIteration: options, start: start, keepsMemory: diagnosis.checksRanks, team: team,
        observer: observer)
    case .lanczos:
      var options = diagnosis.lanczosOptions
      options.seed = seed(index)
      return try largestEigenvalues(
        of: &operation, byLanczos: options, start: start, keepsMemory: diagnosis.checksRanks, team: team,
        observer: observer)
    }
  }

  /// The pairs with those that the solver overlooked, where ranks are to be checked: in the solver's memory, which ends there.
  private func ranked(
    _ pairs: consuming Eigenpairs, of operation: inout DecayedHessian, _ index: Int, _ observer: SolverObserver
  ) throws -> Eigenpairs {
    guard diagnosis.checksRanks else { return pairs }
    var options = diagnosis.rankCheckOptions
    options.seed = seed(index)
    return try completedEigenvalues(
      of: &operation, pairs: pairs, relativeTolerance: diagnosis.tolerance, options: options, team: team,
      observer: observer)
  }

  /// Keeps the vectors for the next batch: all for power iteration, their sum for Lanczos, which starts from one.
  private func keep(_ pairs: borrowing Eigenpairs) {
    guard diagnosis.warmStart else { return }
    let count = pairs.eigenvalues.count
    start = VectorStack(count: diagnosis.solver == .power ? count : min(1, count), length: order)
    for i in 0..<count {
      if diagnosis.solver == .power || i == 0 {
        start.setVector(i, to: pairs.vectors.vector(i), team: team)
      } else {
        var sum = start.mutableVector(0)
        combine(1, pairs.vectors.vector(i), 1, into: &sum, team: team)
      }
    }
  }

  private func save(_ pairs: borrowing Eigenpairs, _ index: Int, _ key: (model: Int, unit: Int)) throws {
    guard let path = diagnosis.vectors else { return }
    let file = EigenvectorFile(
      path: path, isNumbered: pass.batches > 1 || pass.place.total > pass.batches, model: key.model,
      block: diagnosis.parameters == .perBlock ? key.unit : nil, batch: index)
    try file.write(pairs, layout: function.active, name: pass.opened.request.name)
  }

  // MARK: The whole spectrum

  private func trace(
    of operation: inout DecayedHessian, _ index: Int, _ observer: SolverObserver
  ) throws -> HessianTrace? {
    guard diagnosis.trace else { return nil }
    var options = TraceOptions()
    options.seed = seed(index)
    let trace = try estimateTrace(of: &operation, options: options, team: team, observer: observer)
    return HessianTrace(
      value: trace.value, standardError: trace.standardError,
      interval: BatchMeans(trace.samples).interval(around: trace.value), products: trace.products)
  }

  private func density(
    of operation: inout DecayedHessian, _ index: Int, _ observer: SolverObserver
  ) throws -> HessianDensity? {
    guard diagnosis.density else { return nil }
    var options = QuadratureOptions()
    options.seed = seed(index)
    let result = try lanczosQuadrature(of: &operation, options: options, team: team, observer: observer)
    let probes = Double(result.density.nodes.count)
    let nodes = zip(result.density.nodes, result.density.weights).flatMap { nodes, weights in
      zip(nodes, weights).map { ($0, $1 / probes) }
    }.sorted { $0.0 < $1.0 }
    return HessianDensity(
      eigenvalues: nodes.map(\.0), weights: nodes.map(\.1), probes: result.density.nodes.count,
      products: result.products)
  }
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
