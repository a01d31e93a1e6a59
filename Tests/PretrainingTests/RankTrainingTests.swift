import Checkpoints
import Foundation
import Images
import Synchronization
import Tensors
import Testing
import VisionTransformers

@testable import Pretraining
@testable import Ranks

@Suite("Training divided over ranks")
struct RankTrainingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What a rank has at the end.
  struct End: Sendable, Equatable {
    var outcome: TrainingRun.Outcome
    var weights: [Float]
  }

  /// Trains in a sub-folder; rank `stopper` asks to stop after so many steps.
  func train(
    _ recipe: Recipe, in name: String, ranks: Int, resumes: Bool = false, stopAfter: Int = .max, stopper: Int = 0,
    data: any TrainingData = Stripes()
  ) -> [Result<End, any Error>] {
    let path = folder.path(name)
    return RehearsedRanks.rehearse(ranks) { ranks in
      let teacher = try recipe.teacher.map {
        try Teacher($0, of: recipe.network, batchSize: recipe.share(over: ranks).count, team: .single)
      }
      let run = try TrainingRun(
        recipe, in: ranks.isFirst ? TrainingFolder(path, recipe: recipe, resumes: resumes) : nil, data: data,
        teacher: teacher, team: .single, ranks: ranks)
      let outcome = try run.run(
        shouldStop: { ranks.rank == stopper && run.trainer.step >= stopAfter },
        report: { if case .checkpoint = $0 { #expect(ranks.isFirst) } })
      return End(
        outcome: outcome, weights: run.trainer.withParameters { values in values.indices.map { values[$0] } })
    }
  }

  struct Line: Decodable {
    let step: Int
    let loss: Double?
  }

  func losses(_ name: String) throws -> [Double] {
    try folder.text("\(name)/scalars.jsonl").split(separator: "\n")
      .compactMap { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).loss }
  }

  func distance(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
  }

  @Test(
    "The gradient that ranks add up is that of the whole batch, also where shares differ in size", arguments: [2, 3, 4])
  func gradient(ranks: Int) throws {
    @Sendable func firstMoment(_ ranks: any RankGroup) throws -> (loss: Double, moment: [Float]) {
      let trainer = try Trainer(
        Recipe.mini(fuse: [0, 2, 3]).architecture(), objective: .pixels(normalized: true), images: 4, masked: 12,
        settings: .init(), seed: 1, team: .single, ranks: ranks)
      let share = ranks.share(of: 0..<4)
      let batch = LossBatch(
        images: try Stripes().batch(Array(share), epoch: 0).images,
        masks: Array(PatchMasks.random(images: 4, patches: 16, masked: 12, seed: 0, batch: 0)[share]))
      let report = try trainer.step(batch, learningRate: 1e-3)
      var moment: [Float] = []
      trainer.withState { _, m, _ in moment = m.indices.map { m[$0] } }
      return (report.loss, moment)
    }
    let alone = try firstMoment(SingleRank())
    let scale = distance(alone.moment, Array(repeating: 0, count: alone.moment.count))
    for result in RehearsedRanks.rehearse(ranks, { try firstMoment($0) }) {
      let found = try result.get()
      // Sums in single precision in another order: some ε = 6e-8.
      #expect(abs(found.loss - alone.loss) < 1e-6 * alone.loss)
      #expect(distance(found.moment, alone.moment) < 1e-6 * scale)
    }
  }

  @Test(
    "Whatever the number of ranks, every rank ends with the same bits, and with the weights of one rank within rounding",
    arguments: [2, 3, 4], [Recipe.Method.mae, .supervised, .eva])
  func runs(ranks: Int, method: Recipe.Method) throws {
    var recipe = Recipe.mini(method, fuse: [0, 2, 3])
    if method.needsTeacher {
      _ = try train(.mini(.supervised), in: "teacher", ranks: 1)[0].get()
      recipe.teacher = .init(path: folder.path("teacher/epoch_4.safetensors"))
    }
    let alone = try train(recipe, in: "alone", ranks: 1)[0].get()
    let found = try train(recipe, in: "divided", ranks: ranks).map { try $0.get() }
    for end in found { #expect(end == found[0]) }
    let (losses, others) = (try losses("alone"), try losses("divided"))
    #expect(losses.count == 16 && others.count == 16)
    // Adam divides a gradient by its own size: where it is rounding alone, as for the biases of keys, steps have any sign. That
    // feeds back into the loss by some ε a step.
    for (loss, other) in zip(losses, others) { #expect(abs(loss - other) < 1e-4 * loss) }
    let start = try Trainer(
      recipe.architecture(teacherWidth: 16), objective: recipe.objective(classes: 2), images: 4,
      masked: recipe.maskedPatches,
      settings: recipe.optimizer, seed: recipe.seed, team: .single)
    let origin = start.withParameters { values in values.indices.map { values[$0] } }
    let (apart, moved) = (distance(alone.weights, found[0].weights), distance(alone.weights, origin))
    print("\(method), \(ranks) ranks: apart by \(apart) of \(moved)")
    #expect(apart < 0.05 * moved)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("divided")).sorted()
        == FileManager.default.contentsOfDirectory(atPath: folder.path("alone")).sorted())
  }

  @Test("A run stopped by any rank resumes: with as many ranks bit for bit, with others within rounding")
  func resumed() throws {
    let recipe = Recipe.mini(fuse: [0, 3])
    let whole = try train(recipe, in: "whole", ranks: 3)[0].get()
    for (name, others) in [("parts", 3), ("fewer", 2)] {
      for result in train(recipe, in: name, ranks: 3, stopAfter: 6, stopper: 2) {
        #expect(try result.get().outcome == .stopped(step: 6))
      }
      for result in train(recipe, in: name, ranks: others, resumes: true) {
        let end = try result.get()
        #expect(end.outcome == .finished)
        if others == 3 { #expect(end.weights == whole.weights) }
      }
      #expect(try losses(name).count == 16)
    }
    #expect(try folder.bytes("parts/epoch_4.safetensors") == folder.bytes("whole/epoch_4.safetensors"))
    #expect(try folder.bytes("parts/state/last.safetensors") == folder.bytes("whole/state/last.safetensors"))
    for (loss, other) in zip(try losses("whole"), try losses("fewer")) { #expect(abs(loss - other) < 1e-4 * loss) }
  }

  /// Stripes of which some cannot be read, which is noted, and replaced by the next.
  struct Torn: TrainingData {
    let whole = Stripes()
    let torn: Set<Int> = [3, 9]
    let notes: SkippedImages
    let noted = SharedSet()
    var count: Int { whole.count }
    var imageSize: Int { whole.imageSize }
    var classes: [String]? { whole.classes }
    var description: String { whole.description }

    func batch(_ indices: [Int], epoch: Int) throws -> TrainingBatch {
      for index in indices where torn.contains(index) && noted.inserts(index) {
        notes.note(.notFinite(path: "\(index)"))
      }
      return try whole.batch(indices.map { torn.contains($0) ? $0 + 1 : $0 }, epoch: epoch)
    }
  }

  final class SharedSet: Sendable {
    private let values = Mutex(Set<Int>())
    func inserts(_ value: Int) -> Bool { values.withLock { $0.insert(value).inserted } }
  }

  @Test("An image that ranks cannot read is said once on every rank, whichever found it")
  func skipped() throws {
    let path = folder.path("run")
    let ends = RehearsedRanks.rehearse(3) { ranks in
      let notes = SkippedImages()
      var options = TrainingRun.Options()
      options.skipped = notes
      let place = ranks.isFirst ? try TrainingFolder(path, recipe: .mini(), resumes: false) : nil
      let run = try TrainingRun(
        .mini(), in: place, data: Torn(notes: notes), team: .single, options: options, ranks: ranks)
      var said: [String] = []
      _ = try run.run(report: { if case .skipped(let reason) = $0 { said.append(reason) } })
      return said
    }
    for end in ends {
      let said = try end.get()
      #expect(said == (try ends[0].get()))
      #expect(Set(said) == Set([3, 9].map { "\(ImageError.notFinite(path: "\($0)"))" }) && said.count == 2)
    }
  }

  @Test("Ranks without an image of a batch, and ranks that found other images, are refused everywhere")
  func refused() {
    for result in train(.mini(), in: "many", ranks: 5) {
      #expect(throws: PretrainingError.tooManyRanks(ranks: 5, batchSize: 4)) { try result.get() }
    }
    let found = RehearsedRanks.rehearse(3) { ranks in
      try Recipe.mini().agree(over: ranks, on: Stripes(count: ranks.rank == 2 ? 17 : 16))
    }
    for result in found {
      #expect(throws: RankError.differs(subject: "images", rank: 2, count: 3)) { try result.get() }
    }
  }

  @Test("A recipe reaches other ranks whole") func sent() throws {
    var recipe = Recipe.mini(.eva, fuse: [0, 3])
    (recipe.seed, recipe.optimizer.clip, recipe.learningRate) = (.max, 0.1, 1.0 / 3)
    recipe.teacher = .init(path: "a/b", digest: "0", heads: 3)
    for result in RehearsedRanks.rehearse(2, { [recipe] in try $0.broadcast($0.isFirst ? recipe : Recipe()) }) {
      #expect(try result.get() == recipe)
    }
  }

  @Test("The shares of a batch are the batch") func shares() throws {
    let whole = try BatchLoader(data: Stripes(count: 20), batchSize: 7, seed: 5, epochs: 2)
    let parts = try [0..<3, 3..<5, 5..<7].map {
      try BatchLoader(data: Stripes(count: 20), batchSize: 7, share: $0, seed: 5, epochs: 2)
    }
    var count = 0
    while let batch = try whole.next() {
      let pieces = try parts.map { try #require(try $0.next()) }
      #expect(pieces.flatMap(\.indices) == batch.indices)
      #expect(pieces.flatMap(\.batch.images) == batch.batch.images)
      #expect(pieces.allSatisfy { $0.place == batch.place })
      count += 1
    }
    #expect(count == 4)
    for part in parts { #expect(try part.next() == nil) }
  }
}
