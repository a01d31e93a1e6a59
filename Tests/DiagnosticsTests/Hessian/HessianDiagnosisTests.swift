import Foundation
import Hessian
import Tensors
import Testing
import VisionTransformers

@testable import Diagnostics

/// The diagnosis as the command runs it, against SciPy on PyTorch's double backward: Scripts/reference_hessian.py.
@Suite("Hessian diagnosis", .serialized)
struct HessianDiagnosisTests {
  @Test(
    "Loss, parameters and eigenvalues are those of another program; its other cases take long",
    arguments: TrueEigenvalues.all.filter { $0.parameters == "block:5" })
  func agreement(expected: TrueEigenvalues) throws {
    try expected.expectAgreement(try expected.diagnosis().run())
  }

  // MARK: Batches

  /// Two checkpoints, batches of two images, the last block of the encoder: quick.
  private func small() -> HessianDiagnosis {
    var diagnosis = HessianDiagnosis(
      checkpoints: ["ckpt.bin", "mff.bin"].map { CheckpointRequest(path: "\(TrueEigenvalues.fixtures)/\($0)") },
      images: [TrueEigenvalues.images])
    (diagnosis.batchSize, diagnosis.batches, diagnosis.top, diagnosis.solver) = (2, 3, 2, .lanczos)
    diagnosis.parameters = .selection(.block(11))
    diagnosis.team = Team(threads: 2)
    return diagnosis
  }

  /// Everything but times.
  private func untimed(_ result: HessianResult) -> HessianResult {
    var result = result
    for i in result.models.indices {
      result.models[i].details.batches = result.models[i].details.batches?.map { batch in
        var batch = batch
        (batch.seconds, batch.primalSeconds, batch.checkSeconds) = (0, 0, 0)
        return batch
      }
    }
    return result
  }

  @Test("Two runs with one seed and one number of threads are the same, bit for bit; another seed differs")
  func repeatable() throws {
    let first = untimed(try small().run())
    #expect(first == untimed(try small().run()))
    var other = small()
    other.seed = 1
    #expect(first.models.map(\.details.batches) != untimed(try other.run()).models.map(\.details.batches))
  }

  @Test("After a kill in the middle of a line the rest is computed, and the result is that of an uninterrupted run")
  func resume() throws {
    let folder = try TemporaryFolder()
    var diagnosis = small()
    let whole = untimed(try diagnosis.run())
    diagnosis.journal = folder.path("journal")
    struct Stop: Error {}
    var batches = 0
    #expect(throws: Stop.self) {
      try diagnosis.run { event in
        if case .finished = event { batches += 1 }
        if batches == 4, case .product(_, _, let progress) = event, progress.products == 2 { throw Stop() }
      }
    }
    #expect(batches == 4)
    // A line that was cut off, as by a kill while it was being written.
    let torn = try folder.read("journal") + #"{"batch":{"check"#
    try folder.write(torn, to: "journal")
    diagnosis.resumes = true
    var kept: Int?
    var computed = 0
    let resumed = try diagnosis.run { event in
      if case .resumed(let batches) = event { kept = batches }
      if case .finished = event { computed += 1 }
    }
    #expect(kept == 4)
    #expect(computed == 2)
    #expect(untimed(resumed) == whole)
    // The journal is whole again, too.
    computed = 0
    _ = try diagnosis.run { event in if case .finished = event { computed += 1 } }
    #expect(computed == 0)
  }

  @Test("A journal of other settings is refused, with what differs")
  func otherJournal() throws {
    let folder = try TemporaryFolder()
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    diagnosis.batches = 1
    diagnosis.journal = folder.path("journal")
    _ = try diagnosis.run()
    diagnosis.resumes = true
    diagnosis.tolerance = 1e-2
    let error = #expect(throws: JournalError.self) { try diagnosis.run() }
    #expect(error?.description.contains("tolerance was 0.001 and is 0.01") == true)
    diagnosis.tolerance = 1e-3
    let kernel = MatrixKernel.current.name
    try folder.write(
      try folder.read("journal").replacingOccurrences(of: "\"kernel\":\"\(kernel)\"", with: "\"kernel\":\"Other\""),
      to: "journal")
    let other = #expect(throws: JournalError.self) { try diagnosis.run() }
    #expect(other?.description.contains("kernel was Other and is \(kernel) (OPENBLAS_CORETYPE=Other") == true)
    try folder.write("nothing of ours\n", to: "journal")
    #expect(throws: JournalError.foreign(path: folder.path("journal"))) { try diagnosis.run() }
  }

  @Test("Batches are disjoint while images last; then the result says how many share images")
  func sharing() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    diagnosis.top = 1
    #expect(try diagnosis.run().settings.batchesSharingImages == nil)
    // Eight images make two batches of three; the third has two new ones and one more.
    (diagnosis.batchSize, diagnosis.batches) = (3, 3)
    let result = try diagnosis.run()
    #expect(result.settings.batchesSharingImages == 1)
    #expect(result.images.count == 8)
    let batches = try #require(result.models.first?.details.batches)
    #expect(batches.map(\.sharesImages) == [nil, nil, true])
    // Every batch names its own images; all eight are named.
    #expect(batches.allSatisfy { Set($0.images ?? []).count == 3 })
    #expect(Set(batches.flatMap { $0.images ?? [] }) == Set((0..<8).map { "\(TrueEigenvalues.images)[\($0)]" }))
    #expect(result.table.contains("1 of 3 batches share images with others"))
  }

  @Test("A copy under another name is the same image: its batch is not independent, and it is counted as a copy")
  func copies() throws {
    let folder = try TemporaryFolder()
    for (index, image) in ["000", "004", "008", "000"].enumerated() {
      try FileManager.default.copyItem(
        atPath: "\(TrueEigenvalues.fixtures)/images/leaves-\(image).png", toPath: folder.path("\(index).png"))
    }
    var diagnosis = small()
    diagnosis.images = [folder.url.path]
    (diagnosis.batches, diagnosis.top) = (2, 1)
    let result = try diagnosis.run()
    #expect(result.images.count == 4 && result.images.copies == 1)
    #expect(result.images.copyWarning?.hasPrefix("1 of 4 images is a copy of another") == true)
    #expect(result.settings.batchesSharingImages == 1 && result.comparison?.sharesImages == true)
    #expect(result.models.allSatisfy { $0.details.batches?.map(\.sharesImages) == [nil, true] })
    #expect(result.table.contains("some of them share images, so that they are not independent"))
  }

  @Test("More images in a batch than there are is refused, with what to give")
  func fewImages() throws {
    var diagnosis = small()
    diagnosis.batchSize = 9
    #expect(throws: LossInputError.fewImages(usable: 8, batchSize: 9, skipped: [])) { try diagnosis.run() }
  }

  @Test("An image that cannot be read is replaced by one that was not drawn, so that batches stay disjoint")
  func replacements() throws {
    let folder = try TemporaryFolder()
    let names = (0..<7).map { "\($0).png" }
    for (index, name) in names.enumerated() {
      let image = "\(TrueEigenvalues.fixtures)/images/" + String(format: "leaves-%03d.png", 4 * index)
      try FileManager.default.copyItem(atPath: image, toPath: folder.path(name))
    }
    for name in ["1.png", "5.png"] { try folder.write("no image", to: name) }
    var diagnosis = HessianDiagnosis(
      checkpoints: [CheckpointRequest(path: "\(TrueEigenvalues.fixtures)/ckpt.bin")], images: [folder.url.path])
    (diagnosis.batchSize, diagnosis.batches, diagnosis.top, diagnosis.solver) = (2, 2, 1, .lanczos)
    for seed in 0..<4 {
      diagnosis.seed = UInt64(seed)
      let result = try diagnosis.run()
      #expect(result.images.count == 4 && result.settings.batchesSharingImages == nil, "seed \(seed)")
    }
  }

  @Test("Values that did not settle have no rank, whatever the search finds")
  func unsettledRank() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    (diagnosis.top, diagnosis.batches, diagnosis.maximumIterations) = (3, 1, 3)
    let batch = try #require(try diagnosis.run().models.first?.details.batches?.first)
    #expect(batch.eigenvalues.contains { !$0.converged })
    #expect(!batch.rankChecked && batch.rankMargin == nil)
  }

  @Test("Without a search for overlooked values the same values come with fewer products and no ranks")
  func withoutRanks() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    diagnosis.batches = 1
    let ranked = try #require(try diagnosis.run().models.first?.details.batches?.first)
    diagnosis.checksRanks = false
    let plain = try #require(try diagnosis.run().models.first?.details.batches?.first)
    #expect(plain.eigenvalues.map(\.value) == ranked.eigenvalues.map(\.value))
    // One for its residual in single precision, one in double.
    #expect(plain.products == ranked.products && plain.checkProducts == 2 * diagnosis.top)
    #expect(ranked.rankChecked && !plain.rankChecked && plain.rankMargin == nil)
    #expect(plain.excluded == nil)
    // The margin is the share of the width that is excluded.
    let (margin, excluded) = (try #require(ranked.rankMargin), try #require(ranked.excluded))
    #expect(excluded.probability == 0.99 && abs(excluded.share * excluded.width / margin - 1) < 1e-12)
  }

  @Test("More products of the rank check exclude as much or more; what cannot be proved is refused")
  func rankCheckProducts() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    diagnosis.batches = 1
    var margins: [Double] = []
    for products in [4, 24] {
      diagnosis.rankCheckProducts = products
      let result = try diagnosis.run()
      #expect(result.settings.rankCheckProducts == products)
      let batch = try #require(result.models.first?.details.batches?.first)
      #expect(batch.checkProducts <= 2 * diagnosis.top + products)
      margins.append(batch.rankMargin ?? .infinity)
    }
    #expect(margins[1] <= margins[0])
    diagnosis.provesRanks = true
    let error = #expect(throws: LossInputError.self) { _ = try diagnosis.run() }
    #expect(error?.description.contains("--prove-ranks forms a Hessian over at most 4000 parameters") == true)
  }

  @Test("A warm start finds the same values")
  func warmStart() throws {
    let cold = try small().run()
    var diagnosis = small()
    diagnosis.warmStart = true
    let warm = try diagnosis.run()
    for (a, b) in zip(cold.models, warm.models) {
      for (x, y) in zip(a.details.batches ?? [], b.details.batches ?? []) {
        for (p, q) in zip(x.eigenvalues, y.eigenvalues) { #expect(abs(p.value - q.value) <= p.bound + q.bound) }
      }
    }
    #expect(warm.settings.warmStart)
  }

  // MARK: Trace and density

  @Test("Trace and density agree: the density's mean times n is the trace, within both errors")
  func traceAndDensity() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    (diagnosis.batches, diagnosis.trace, diagnosis.density) = (2, true, true)
    let details = try #require(try diagnosis.run().models.first).details
    let (trace, density) = (try #require(details.trace), try #require(details.density))
    #expect(density.eigenvalues == density.eigenvalues.sorted())
    // 320 weights that sum to 1, each rounded.
    #expect(abs(density.weights.reduce(0, +) - 1) < 1e-12)
    let mean = zip(density.eigenvalues, density.weights).reduce(0) { $0 + $1.0 * $1.1 }
    let error = try #require(trace.standardError)
    // Two independent estimates; the density has a quarter of the probes, so twice the error: 5 deviations of the difference.
    #expect(abs(mean * Double(details.parameters) - trace.value) <= 5 * (1 + 2) * error)
  }

  @Test("The trace of one batch has Student's interval over its probes")
  func traceInterval() throws {
    var diagnosis = small()
    diagnosis.checkpoints.removeLast()
    (diagnosis.batches, diagnosis.top, diagnosis.trace) = (1, 1, true)
    let trace = try #require(try diagnosis.run().models.first?.details.trace)
    let (error, interval) = (try #require(trace.standardError), try #require(trace.interval))
    #expect(trace.products == 16 && error > 0)
    // scipy.stats.t.ppf(0.975, 15); quantiles are exact to 1e-9.
    let half = 2.131449545559323 * error
    #expect(
      abs(interval[0] - (trace.value - half)) < 1e-8 * half && abs(interval[1] - (trace.value + half)) < 1e-8 * half)
  }

  // MARK: Refusals

  @Test("A block that the model lacks, a teacher that no loss uses, and labels that none uses are refused")
  func refusals() throws {
    var diagnosis = small()
    diagnosis.parameters = .selection(.block(12))
    #expect(throws: LossInputError.noBlock(model: "ckpt.bin", block: 12, depth: 12)) { try diagnosis.run() }
    diagnosis = small()
    diagnosis.teacher = diagnosis.checkpoints[0]
    let error = #expect(throws: LossInputError.self) { try diagnosis.run() }
    #expect(error?.description.contains("has no use for --teacher") == true)
    diagnosis = small()
    diagnosis.objective = .featuresAll
    let missing = #expect(throws: LossInputError.self) { try diagnosis.run() }
    #expect(missing?.description.contains("give --teacher") == true)
    diagnosis = small()
    diagnosis.protocol = .park2022
    #expect(throws: LossInputError.preprocessed(file: TrueEigenvalues.images + "[0]")) { try diagnosis.run() }
  }

  @Test("What a run takes is said before it begins, and is what it says")
  func forecast() throws {
    let forecast = try small().forecast()
    #expect(forecast.models.map(\.parameters) == (try small().run()).models.map(\.details.parameters))
    for model in forecast.models {
      #expect(model.products <= model.mostProducts)
      #expect(model.productSeconds > 0 && model.seconds <= model.mostSeconds)
    }
  }
}
