internal import Hessian
internal import Tensors
internal import VisionTransformers

/// What a run would take.
public struct HessianForecast: Sendable, Hashable, Codable {
  /// Always `hessian`.
  public var command = "hessian"
  /// Always true: nothing was computed but what the estimate needs.
  public var dryRun = true
  /// How the numbers would be made.
  public var settings: HessianSettings
  /// What each checkpoint would take.
  public var models: [Model]

  /// What one checkpoint would take.
  public struct Model: Sendable, Hashable, Codable {
    /// The checkpoint's name.
    public var name: String
    /// n, of all spectra together.
    public var parameters: Int
    /// Spectra: 1, or as many as blocks.
    public var spectra: Int
    /// Bytes in use at most.
    public var bytes: Int
    /// Where they go.
    public var memory: String
    /// What a want of memory changes, in words; empty where there is enough.
    public var remarks: [String]
    /// Parts that a batch is worked through in.
    public var parts: Int
    /// Whether values that products share do not fit into memory and are computed anew for each.
    public var recomputes: Bool
    /// Measured: what products share, on a whole batch.
    public var primalSeconds: Double
    /// Measured: one product.
    public var productSeconds: Double
    /// Products of a batch, checks included: about.
    public var products: Int
    /// Products of a batch, checks included: at most.
    public var mostProducts: Int
    /// All batches: about.
    public var seconds: Double
    /// All batches: at most.
    public var mostSeconds: Double
  }

  init(settings: HessianSettings, models: [Model]) {
    self.settings = settings
    self.models = models
  }
}

extension HessianPass {
  /// Measures one product on the first batch.
  func forecast() throws -> HessianForecast.Model {
    let network = try opened.description.loadForLoss(loss.objective, team: diagnosis.team)
    let teacher = try self.teacher.map {
      try FeatureTeacher(
        $0.description, student: architecture, images: min(diagnosis.batchSize, FeatureTeacher.imagesAtOnce),
        team: diagnosis.team)
    }
    let worker = try HessianWorker(self, units[0], network, teacher)
    var stream = stream()
    let batch = try stream.next()
    let clock = ContinuousClock()
    let started = clock.now
    let hessian = try worker.linearize(batch, 0)
    let primal = clock.now
    var v = Buffer(count: worker.order)
    var product = Buffer(count: worker.order)
    fillWithOnes(&v)
    // The first product touches fresh memory; the second tells.
    var last = clock.now
    for _ in 0..<2 {
      last = clock.now
      apply(hessian, v, &product)
    }
    let one = seconds(clock.now - last)
    let (usual, most) = diagnosis.productsOfABatch
    let runs = Double(batches * units.count)
    let double = Double((HessianDiagnosis.productsOfADouble - 1) * diagnosis.top)
    let shared = seconds(primal - started)
    return HessianForecast.Model(
      name: opened.request.name, parameters: worker.order * units.count, spectra: units.count, bytes: memory.bytes,
      memory: memory.words, remarks: memoryRemarks,
      parts: memory.parts.count, recomputes: memory.recomputes, primalSeconds: shared, productSeconds: one,
      products: usual, mostProducts: most,
      seconds: runs * (shared + (Double(usual) + double) * one),
      mostSeconds: runs * (shared + (Double(most) + double) * one))
  }
}

private func fillWithOnes(_ x: inout Buffer) {
  var span = x.mutableSpan
  for i in span.indices { span[i] = 1 }
}

private func apply(_ hessian: LossHessian, _ v: borrowing Buffer, _ product: inout Buffer) {
  var span = product.mutableSpan
  hessian.apply(to: v.span, into: &span)
}
