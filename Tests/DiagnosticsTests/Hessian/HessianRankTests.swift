import Foundation
import Hessian
import Synchronization
import Tensors
import Testing
import VisionTransformers

@testable import Diagnostics
@testable import Ranks

@Suite("Eigenvalues divided over ranks", .serialized)
struct HessianRankTests {
  /// Two checkpoints, batches of three images, a rough answer: quick.
  private func diagnosis(batches: Int = 5) -> HessianDiagnosis {
    var diagnosis = HessianDiagnosis(
      checkpoints: ["ckpt.bin", "mff.bin"].map { CheckpointRequest(path: "\(TrueEigenvalues.fixtures)/\($0)") },
      images: [TrueEigenvalues.images])
    (diagnosis.batchSize, diagnosis.batches, diagnosis.top, diagnosis.solver) = (3, batches, 1, .lanczos)
    diagnosis.parameters = .selection(.block(11))
    (diagnosis.tolerance, diagnosis.checksRanks) = (0.05, false)
    diagnosis.team = Team(threads: 1)
    return diagnosis
  }

  /// Everything but times and the number of ranks.
  private func comparable(_ result: HessianResult) -> HessianResult {
    var result = result
    (result.settings.ranks, result.settings.divides) = (nil, nil)
    for i in result.models.indices {
      for j in (result.models[i].details.batches ?? []).indices {
        result.models[i].details.batches?[j].seconds = 0
        result.models[i].details.batches?[j].primalSeconds = 0
        result.models[i].details.batches?[j].checkSeconds = 0
      }
    }
    return result
  }

  private func results(_ diagnosis: HessianDiagnosis, ranks: Int) -> [Result<HessianResult, any Error>] {
    RehearsedRanks.rehearse(ranks) { ranks in
      var divided = diagnosis
      divided.ranks = ranks
      return try divided.run()
    }
  }

  @Test("Whole batches: every rank gets the bits that one rank gets", arguments: [2, 3, 7])
  func batches(ranks: Int) throws {
    let alone = comparable(try diagnosis().run())
    for result in results(diagnosis(), ranks: ranks) {
      #expect(try comparable(result.get()) == alone)
      #expect(try result.get().settings.ranks == ranks)
    }
  }

  @Test("The images of a batch: every rank gets the same, and what one rank gets within rounding", arguments: [2, 3])
  func images(ranks: Int) throws {
    var diagnosis = diagnosis(batches: 1)
    diagnosis.trace = true
    diagnosis.checkpoints.removeLast()
    let alone = try diagnosis.run()
    diagnosis.divides = .images
    let found = try results(diagnosis, ranks: ranks).map { try $0.get() }
    for (rank, result) in found.enumerated() {
      var result = result
      // Memory is each rank's own.
      result.models[0].details.bytes = found[0].models[0].details.bytes
      #expect(comparable(result) == comparable(found[0]), "rank \(rank)")
    }
    // Rank 0 alone holds the solver's vectors. For one block the products in double precision, which every rank makes, take as much.
    let bytes = found.map { $0.models[0].details.bytes }
    #expect(bytes.dropFirst().allSatisfy { $0 <= bytes[0] })
    let vectors = RehearsedRanks.rehearse(ranks) { [diagnosis] ranks in
      var divided = diagnosis
      divided.ranks = ranks
      return divided.vectorsInMemory
    }
    #expect(try vectors.map { try $0.get() } == [21] + Array(repeating: 2, count: ranks - 1))
    for (model, other) in zip(alone.models, found[0].models) {
      let batches = try #require(model.details.batches)
      let others = try #require(other.details.batches)
      #expect(batches.count == others.count)
      for (batch, other) in zip(batches, others) {
        // Sums of single-precision shares in another order: some ε = 6e-8.
        #expect(abs(batch.loss - other.loss) <= 1e-6 * batch.loss)
        for (value, otherValue) in zip(batch.eigenvalues, other.eigenvalues) {
          // Products that differ by some ε of ‖H‖ move values, and the steps to them, by some ε.
          #expect(abs(value.value - otherValue.value) <= 1e-5 * abs(value.value))
        }
        let (trace, otherTrace) = (try #require(batch.trace), try #require(other.trace))
        #expect(abs(trace.value - otherTrace.value) <= 1e-5 * abs(trace.value))
      }
    }
  }

  @Test(
    "A run that several ranks began goes on with another number of ranks, and ends like one that was not interrupted")
  func resume() throws {
    let folder = try TemporaryFolder()
    var diagnosis = diagnosis()
    let whole = comparable(try diagnosis.run())
    diagnosis.journal = folder.path("journal")
    _ = try results(diagnosis, ranks: 3).map { try $0.get() }
    // As batches of different ranks come in: not in their order, and some are missing.
    let lines = try folder.read("journal").split(separator: "\n")
    #expect(lines.count == 11)
    try folder.write([lines[0], lines[8], lines[3], lines[1], lines[10]].joined(separator: "\n") + "\n", to: "journal")
    diagnosis.resumes = true
    let seen = Mutex<[String]>([])
    let resumed = RehearsedRanks.rehearse(2) { [diagnosis] ranks in
      var divided = diagnosis
      divided.ranks = ranks
      return try divided.run { event in
        if case .finished(let place, let batch) = event {
          #expect(ranks.isFirst && place.batch == batch.index)
          seen.withLock { $0.append("\(place.model) \(place.batch)") }
        }
      }
    }
    for result in resumed { #expect(try comparable(result.get()) == whole) }
    // In the order of one machine, whoever was first.
    #expect(seen.withLock { $0 } == seen.withLock { $0.sorted { $0 < $1 } } && seen.withLock { $0.count } == 6)
    var computed = 0
    let again = try diagnosis.run { if case .finished = $0 { computed += 1 } }
    #expect(computed == 0)
    #expect(comparable(again) == whole)
  }

  @Test("Images that cannot be read shift batches on every rank alike, and are reported once")
  func skipped() throws {
    let folder = try TemporaryFolder()
    for (index, path) in try FileManager.default.subpathsOfDirectory(atPath: TrueEigenvalues.fixtures + "/images")
      .filter({ $0.hasSuffix(".png") }).sorted().prefix(9).enumerated()
    {
      try FileManager.default.copyItem(
        atPath: TrueEigenvalues.fixtures + "/images/" + path, toPath: folder.path("\(index).png"))
    }
    try folder.write("no image", to: "0a.png")
    try folder.write("no image", to: "7a.png")
    var diagnosis = diagnosis(batches: 3)
    diagnosis.images = [folder.url.path]
    diagnosis.checkpoints.removeLast()
    let alone = comparable(try diagnosis.run())
    #expect(alone.images.skipped?.count == 2)
    let reported = Mutex(0)
    let found = RehearsedRanks.rehearse(3) { [diagnosis] ranks in
      var divided = diagnosis
      divided.ranks = ranks
      return try divided.run { if case .skipped = $0, ranks.isFirst { reported.withLock { $0 += 1 } } }
    }
    for result in found { #expect(try comparable(result.get()) == alone) }
    #expect(reported.withLock(\.self) == 2)
  }

  @Test("Where whole batches do not fit into memory, ranks are told to share them") func memory() {
    var large = diagnosis()
    large.basis = 100_000_000
    for result in results(large, ranks: 2) {
      #expect {
        try result.get()
      } throws: {
        "\($0)".contains("GB free; give --divide images")
      }
    }
    #expect { try large.run() } throws: { "\($0)".contains("GB free; give a smaller --basis") }
  }

  @Test("What cannot be divided is refused on every rank")
  func refused() {
    var warm = diagnosis()
    warm.warmStart = true
    for result in results(warm, ranks: 2) {
      #expect { try result.get() } throws: { $0 as? LossInputError == .warmStartDivided(ranks: 2) }
    }
    var images = diagnosis()
    images.divides = .images
    for result in results(images, ranks: 4) {
      #expect { try result.get() } throws: { $0 as? LossInputError == .tooManyRanks(ranks: 4, batchSize: 3) }
    }
  }
}
