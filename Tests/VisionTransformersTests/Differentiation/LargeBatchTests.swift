import Testing

@testable import Tensors
@testable import VisionTransformers

/// Batches that do not fit into memory: worked through in parts whose forward values are computed anew for every product.
@Suite("Batches larger than memory")
struct LargeBatchTests {
  /// A masked autoencoder small enough for any machine, with parameters, images and masks from a fixed generator.
  private struct Sample {
    let architecture = Architecture(
      imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2,
      decoder: .init(width: 12, depth: 1, heads: 2, outputs: 48))
    let masked = 11
    let images = 8
    let layout: ParameterLayout
    let parameters: [Float]
    let batch: LossBatch

    init() {
      layout = ParameterLayout(of: architecture, for: .pixels(normalized: true))
      var generator = Generator(state: 7)
      parameters = layout.parameters.flatMap { parameter in
        // Matrices of unit gain, norms about one.
        let scale: Float = parameter.shape.count > 1 ? (12 / Float(parameter.shape[1])).squareRoot() : 0.2
        let isGain = parameter.name.hasSuffix(".weight") && parameter.shape.count == 1
        return parameter.range.map { _ in (isGain ? 1 : 0) + scale * generator.uniform() }
      }
      batch = LossBatch(
        images: (0..<images * architecture.pixels).map { _ in 2 * generator.uniform() },
        masks: (0..<images).map { image in (0..<16).map { ($0 * 7 + image * 3) % 16 < 11 } })
    }

    /// The loss over some of the images, as a batch of their own.
    func function(
      _ share: Range<Int>? = nil, objective: Objective = .pixels(normalized: true), options: LossOptions
    ) throws -> LossFunction {
      let share = share ?? 0..<images
      let function = try LossFunction(
        architecture, objective: objective, images: share.count, masked: masked, options: options)
      let pixels = architecture.pixels
      try function.setBatch(
        LossBatch(
          images: Array(batch.images[share.lowerBound * pixels..<share.upperBound * pixels]),
          masks: Array(batch.masks[share])))
      return function
    }

    /// H·v of a fixed v.
    func product(_ function: LossFunction) throws -> [Float] {
      _ = try function.linearize(at: parameters.span)
      var generator = Generator(state: 11)
      return function.product((0..<function.active.count).map { _ in generator.uniform() }, at: parameters)
    }

    /// Less than the primal values of all images take, whatever the parts.
    func limit() throws -> Int {
      let whole = LossOptions(team: .single, imagesPerPart: 1)
      let all = try LossFunction.footprint(
        architecture, objective: .pixels(normalized: true), images: images, masked: masked, options: whole)
      #expect(!all.recomputes)
      return all.bytes - 1
    }
  }

  private struct Generator {
    var state: UInt64
    mutating func uniform() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 24) - 0.5
    }
  }

  @Test("Values computed anew give the bits that kept ones give, product after product", arguments: [1, 2])
  func sameBits(threads: Int) throws {
    let (sample, team) = (Sample(), Team(threads: threads))
    let limit = try sample.limit()
    let anew = try sample.function(options: LossOptions(team: team, memoryLimit: limit, imagesPerPart: 2))
    let kept = try sample.function(options: LossOptions(team: team, imagesPerPart: 2))
    #expect(anew.recomputes && !kept.recomputes && anew.parts == kept.parts)
    let expected = try sample.product(kept)
    for _ in 0..<2 { #expect(try sample.product(anew) == expected) }
    // The same sums in the same order: without products, too.
    #expect(try anew.loss(at: sample.parameters.span) == kept.loss(at: sample.parameters.span))
    #expect(try anew.gradient(at: sample.parameters) == kept.gradient(at: sample.parameters))
  }

  @Test("Parts of unequal size share their memory without traces of each other")
  func unequalParts() throws {
    let sample = Sample()
    let limit = try sample.limit()
    let anew = try sample.function(options: LossOptions(team: .single, memoryLimit: limit, imagesPerPart: 3))
    let kept = try sample.function(options: LossOptions(team: .single, imagesPerPart: 3))
    // 2, 3 and 3 images.
    #expect(anew.recomputes && anew.parts == 3)
    #expect(try sample.product(anew) == sample.product(kept))
  }

  @Test("A batch's product is the mean of its parts' products", arguments: [1, 2])
  func mean(threads: Int) throws {
    let (sample, team) = (Sample(), Team(threads: threads))
    let limit = try sample.limit()
    let whole = try sample.function(options: LossOptions(team: team, memoryLimit: limit, imagesPerPart: 2))
    #expect(whole.recomputes && whole.parts == 4)
    let found = try sample.product(whole)
    let parts = try (0..<4).map {
      try sample.product(sample.function(2 * $0..<2 * $0 + 2, options: LossOptions(team: .single)))
    }
    var largest = 0.0
    for part in parts { largest += part.reduce(0) { max($0, Double(abs($1))) } }
    // A quarter of each part's values is exact in binary, and so are all adjoints. What differs are sums: four parts, each of two matrix
    // products or of 34 rows of tokens, are added one after the other, and each addition rounds what lies below the sum of all
    // by ε/2. Largest entries come from products: 8 roundings; 16 leave room for those of rows.
    for i in found.indices {
      let mean = parts.reduce(0) { $0 + Double($1[i]) } / 4
      #expect(abs(Double(found[i]) - mean) <= 16 * 0x1p-24 * largest / 4, "value \(i)")
    }
  }

  @Test("What is said of memory is what is taken, and it stays within the limit", arguments: [1, 2])
  func memory(threads: Int) throws {
    let (sample, team) = (Sample(), Team(threads: threads))
    for limit in [nil, try sample.limit(), try sample.limit() / 2] {
      let ledger = MemoryLedger()
      let function = try MemoryLedger.$current.withValue(ledger) {
        try sample.function(options: LossOptions(team: team, memoryLimit: limit))
      }
      _ = try sample.product(function)
      // Each core's program is counted with the attention scratch of all cores, for 17 and for 6 tokens; it takes its own.
      let scratch = 4 * threads * (threads - 1) * 2 * (17 * 17 + 6 * 6)
      #expect((4 * ledger.most...4 * ledger.most + scratch).contains(function.bytes))
      if let limit { #expect(function.bytes <= limit && function.recomputes) }
    }
  }

  @Test("Targets that take long to make are kept beside values computed anew")
  func keptTargets() throws {
    let sample = Sample()
    func function(_ limit: Int?) throws -> LossFunction {
      try sample.function(
        objective: .lowFrequencies(radius: 4),
        options: LossOptions(team: .single, memoryLimit: limit, imagesPerPart: 1))
    }
    let kept = try function(nil)
    let anew = try function(kept.bytes - 1)
    #expect(anew.recomputes && anew.bytes < kept.bytes)
    #expect(anew.work.allSatisfy { $0.job.constants != nil && $0.job.primal == nil })
    #expect(try sample.product(anew) == sample.product(kept))
  }

  // MARK: Plans

  /// A plan for programs that take 10, 100 and 50 bytes an image.
  private func plan(
    images: Int, threads: Int = 1, limit: Int = .max, imagesPerPart: Int? = nil, products: Bool = true,
    keepsConstants: Bool = false
  ) throws(LossError) -> LossPlan {
    try LossPlan(
      LossPlan.Demand(
        images: images, activeParameters: 0, team: Team(threads: threads), limit: limit, imagesPerPart: imagesPerPart,
        products: products, keepsConstants: keepsConstants)
    ) { PartFootprint(constants: 10 * $0, primal: 100 * $0, tangent: 50 * $0) }
  }

  @Test("Parts are as large as memory allows, as few, and of equal size")
  func largestParts() throws {
    #expect(try plan(images: 10).parts == [0..<10])
    // 1100 bytes are kept, 150 are left for the tangents of three images.
    let kept = try plan(images: 10, limit: 1250)
    #expect(!kept.recomputes && kept.parts.map(\.count) == [2, 3, 2, 3] && kept.bytes == 1250)
    // 160 bytes an image: six at a time.
    let anew = try plan(images: 20, limit: 1000)
    #expect(anew.recomputes && anew.parts.map(\.count) == [5, 5, 5, 5] && anew.bytes == 800)
    // With 10 bytes an image kept besides, five at a time.
    let targets = try plan(images: 20, limit: 1000, keepsConstants: true)
    #expect(targets.recomputes && targets.parts.count == 4 && targets.bytes == 950)
    #expect(try plan(images: 4096, limit: 16 * 160).parts.count == 256)
  }

  @Test("Cores get equally many parts, each of their own images")
  func wholeRounds() throws {
    let plan = try plan(images: 30, threads: 2, limit: 2 * 160 * 6)
    #expect(plan.members == 2 && plan.recomputes && plan.parts.count == 6 && plan.parts.allSatisfy { $0.count == 5 })
  }

  @Test("Without products nothing is kept, and nothing counts as computed anew")
  func gradients() throws {
    let plan = try plan(images: 64, imagesPerPart: 8, products: false)
    #expect(!plan.recomputes && plan.parts.count == 8 && plan.bytes == 8 * 160)
  }

  @Test("Less memory than an image takes is refused with what it takes")
  func tooLittle() {
    #expect(throws: LossError.notEnoughMemory(needed: 160, limit: 159)) { try plan(images: 20, limit: 159) }
  }
}
