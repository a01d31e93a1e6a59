import Checkpoints
import Foundation
import OutputFiles
import Pretraining
import Tensors
import Testing
import VisionTransformers

@Suite("Training runs")
struct TrainingRunTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Trains in a sub-folder; `stopAfter` steps it is stopped.
  @discardableResult
  func train(
    _ recipe: Recipe, in name: String, resumes: Bool = false, stopAfter: Int = .max, data: Stripes = Stripes(),
    teacher: Teacher? = nil
  ) throws -> TrainingRun.Outcome {
    let place = try TrainingFolder(folder.path(name), recipe: recipe, resumes: resumes)
    let run = try TrainingRun(recipe, in: place, data: data, teacher: teacher, team: Team(threads: 2))
    return try run.run(shouldStop: { run.trainer.step >= stopAfter })
  }

  /// The lines of a log without what depends on the clock.
  func log(_ name: String) throws -> [String] {
    try folder.text("\(name)/scalars.jsonl").split(separator: "\n").map {
      String($0.prefix(upTo: $0.range(of: ",\"images_per_second\"")?.lowerBound ?? $0.endIndex))
    }
  }

  @Test("Two runs with one seed are identical; another seed gives other weights") func repeatable() throws {
    try train(.mini(fuse: [0, 2, 3]), in: "a")
    try train(.mini(fuse: [0, 2, 3]), in: "b")
    let weights = try folder.bytes("a/epoch_4.safetensors")
    #expect(try folder.bytes("b/epoch_4.safetensors") == weights)
    #expect(try log("a") == log("b"))
    var other = Recipe.mini(fuse: [0, 2, 3])
    other.seed = 4
    try train(other, in: "c")
    #expect(try folder.bytes("c/epoch_4.safetensors") != weights)
  }

  @Test(
    "A run that was stopped and resumed, in an epoch or between two, is one that was not", arguments: [0, 1, 6, 8, 16])
  func resumed(stop: Int) throws {
    try train(.mini(fuse: [0, 3]), in: "whole")
    let outcome = try train(.mini(fuse: [0, 3]), in: "parts", stopAfter: stop)
    #expect(outcome == (stop == 16 ? .finished : .stopped(step: stop)))
    try train(.mini(fuse: [0, 3]), in: "parts", resumes: true)
    #expect(try folder.bytes("parts/epoch_4.safetensors") == folder.bytes("whole/epoch_4.safetensors"))
    #expect(try folder.bytes("parts/epoch_2.safetensors") == folder.bytes("whole/epoch_2.safetensors"))
    #expect(try folder.bytes("parts/state/last.safetensors") == folder.bytes("whole/state/last.safetensors"))
    #expect(try log("parts") == log("whole"))
  }

  @Test("What a killed run wrote after its last state is written again, not twice") func killed() throws {
    try train(.mini(fuse: [0, 3]), in: "whole")
    try train(.mini(fuse: [0, 3]), in: "killed", stopAfter: 6)
    // A kill between two saves leaves later lines, and half of one.
    let log = FileHandle(forWritingAtPath: folder.path("killed/scalars.jsonl"))
    try log?.seekToEnd()
    try log?.write(contentsOf: Data("{\"step\":7,\"epoch\":1.75,\"loss\":9}\n{\"step\":8,\"ep".utf8))
    try log?.close()
    try train(.mini(fuse: [0, 3]), in: "killed", resumes: true)
    #expect(try self.log("killed") == self.log("whole"))
    #expect(try folder.bytes("killed/epoch_4.safetensors") == folder.bytes("whole/epoch_4.safetensors"))
  }

  @Test("Fusion weights start uniform, sum to 1, are read back from the log, and move")
  func fusionWeights() throws {
    try train(.mini(fuse: [0, 1, 3]), in: "run")
    let log = try #require(WeightLog.series(reading: [folder.path("run/scalars.jsonl")], format: .jsonLines).first)
    #expect(log.records.count == 17 && log.remarks.isEmpty)
    #expect(log.records.map(\.step) == Array(0...16))
    for weight in log.records[0].weights { #expect(abs(weight - 1.0 / 3) < 1e-15) }
    for record in log.records { #expect(abs(record.weights.reduce(0, +) - 1) < 1e-12) }
    #expect(log.records[16].weights != log.records[0].weights)
    let run = try RunFolder(folder.path("run"))
    #expect(run.checkpoints.map(\.name) == ["epoch_2.safetensors", "epoch_4.safetensors"])
    #expect(run.configurations.map { URL(fileURLWithPath: $0).lastPathComponent } == ["config.json"])
  }

  @Test("A checkpoint tells the whole architecture and loads with exactly the weights that were trained")
  func checkpoint() throws {
    let recipe = Recipe.mini(fuse: [0, 2, 3])
    try train(recipe, in: "run")
    let file = try Checkpoint(opening: folder.path("run/epoch_4.safetensors"))
    let description = try ModelDescription(file)
    #expect(description.architecture == recipe.architecture())
    let model = try description.loadForLoss(.pixels(normalized: true))
    let state = try Checkpoint(opening: folder.path("run/state/last.safetensors"))
    let trained = try state.floats("parameters")
    model.withParameterVector { values in
      #expect(values.indices.allSatisfy { values[$0] == trained[$0] })
    }
    #expect(file.metadata["epoch"]?.string == "4" && file.metadata["step"]?.string == "16")
    #expect(file.metadata["mask_ratio"]?.string == "0.75" && file.metadata["norm_pix_loss"]?.string == "true")
  }

  @Test("In half precision a checkpoint is half as large and the weights are rounded") func half() throws {
    var recipe = Recipe.mini()
    recipe.epochs = 2
    try train(recipe, in: "single")
    recipe.halfPrecision = true
    try train(recipe, in: "half")
    let (single, half) = (
      try Golden.load(folder.path("single/epoch_2.safetensors")),
      try Golden.load(folder.path("half/epoch_2.safetensors"))
    )
    single.withParameterVector { exact in
      half.withParameterVector { rounded in
        // 11 bits: half a unit of the last place is 2⁻¹¹ of the value; below 6e-5 values are subnormal.
        #expect(exact.indices.allSatisfy { abs(exact[$0] - rounded[$0]) <= abs(exact[$0]) / 2048 + 3e-8 })
      }
    }
    #expect(
      try folder.bytes("half/epoch_2.safetensors").count < folder.bytes("single/epoch_2.safetensors").count * 6 / 10)
  }

  @Test(
    "Nonlinear projections and fusion by attention train and are read back",
    arguments: [
      (.mlp, .average), (.linear, .attention), (.mlp, .attention),
    ] as [(Architecture.Fusion.Projection, Architecture.Fusion.Combination)])
  func otherFusions(projection: Architecture.Fusion.Projection, fusion: Architecture.Fusion.Combination) throws {
    var recipe = Recipe.mini(fuse: [0, 3])
    recipe.projection = projection
    recipe.fusion = fusion
    try train(recipe, in: "run")
    let description = try ModelDescription(Checkpoint(opening: folder.path("run/epoch_4.safetensors")))
    #expect(description.architecture == recipe.architecture())
    let model = try description.loadForLoss(.pixels(normalized: true))
    let trained = try Checkpoint(opening: folder.path("run/state/last.safetensors")).floats("parameters")
    model.withParameterVector { values in
      #expect(values.count == trained.count && values.indices.allSatisfy { values[$0] == trained[$0] })
    }
  }

  @Test("Detached fusion keeps gradients from shallow layers, so that other weights come out") func detached() throws {
    var recipe = Recipe.mini(fuse: [0, 3])
    try train(recipe, in: "plain")
    recipe.detach = true
    try train(recipe, in: "detached")
    #expect(try folder.bytes("plain/epoch_4.safetensors") != folder.bytes("detached/epoch_4.safetensors"))
    let file = try Checkpoint(opening: folder.path("detached/epoch_4.safetensors"))
    #expect(try ModelDescription(file).architecture.fusion?.detach == true)
  }

  @Test("The loss of every method falls", arguments: Recipe.Method.allCases)
  func learns(method: Recipe.Method) throws {
    var recipe = Recipe.mini(method, fuse: [0, 3])
    recipe.epochs = 12
    var teacher: Teacher?
    if method.needsTeacher {
      try train(.mini(.supervised), in: "teacher")
      let source = Recipe.Teacher(path: folder.path("teacher/epoch_4.safetensors"))
      teacher = try Teacher(
        source, of: recipe.network, batchSize: recipe.batchSize, team: .single)
      recipe.teacher = teacher?.source
    }
    try train(recipe, in: "run", teacher: teacher)
    struct Line: Decodable {
      let step: Int
      let loss: Double?
    }
    let losses = try folder.text("run/scalars.jsonl").split(separator: "\n")
      .compactMap { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).loss }
    // Means over an epoch of four steps: the masks of single steps differ.
    let (first, last) = (losses.prefix(4).reduce(0, +) / 4, losses.suffix(4).reduce(0, +) / 4)
    #expect(last < 0.97 * first, "\(method): \(first) → \(last)")
  }

  @Test("An image that is no number stops the run with the step, and what was saved before stays")
  func spoiledImage() throws {
    var data = Stripes()
    data.spoiled = (2, .infinity)
    #expect(throws: PretrainingError.nonFiniteLoss(step: 9, cause: .nonFiniteInput(image: 0))) {
      try train(.mini(), in: "run", data: data)
    }
    let state = try Checkpoint(opening: folder.path("run/state/last.safetensors"))
    #expect(state.metadata["step"]?.string == "8")
    _ = try ModelDescription(Checkpoint(opening: folder.path("run/epoch_2.safetensors"))).loadForLoss(
      .pixels(normalized: true))
  }

  @Test("A value that overflows is found in its layer, and the weights stay those before the step")
  func overflow() throws {
    let trainer = try Trainer(
      Recipe.mini().architecture(), objective: .pixels(normalized: true), images: 4, masked: 12, settings: .init(),
      seed: 1, team: .single)
    var weights = trainer.withParameters { values in values.indices.map { values[$0] } }
    for i in trainer.loss.layout["blocks.1.mlp.fc1.bias"].range { weights[i] = 3e38 }
    trainer.setParameters(weights.span)
    let batch = LossBatch(
      images: try Stripes().batch([0, 1, 2, 3], epoch: 0).images,
      masks: PatchMasks.random(images: 4, patches: 16, masked: 12, seed: 0, batch: 0))
    #expect(
      throws: PretrainingError.nonFiniteLoss(step: 1, cause: .nonFiniteActivation(layer: "blocks.1.mlp.fc2"))
    ) {
      try trainer.step(batch, learningRate: 1e-3)
    }
    #expect(trainer.withParameters { values in values.indices.allSatisfy { values[$0] == weights[$0] } })
    #expect(trainer.step == 0)
  }

  @Test("A folder takes one process, one recipe, and no second run by accident") func folders() throws {
    let place = try TrainingFolder(folder.path("run"), recipe: .mini(), resumes: false)
    #expect(throws: OutputError.inUse(path: folder.path("run"))) { try train(.mini(), in: "run", resumes: true) }
    withExtendedLifetime(place) {}
    try train(.mini(), in: "other")
    #expect(throws: PretrainingError.holdsRun(path: folder.path("other"))) { try train(.mini(), in: "other") }
    var recipe = Recipe.mini()
    recipe.epochs = 5
    #expect(
      throws: PretrainingError.otherRecipe(path: folder.path("other"), differences: ["epochs: 4 there, 5 now"])
    ) {
      try train(recipe, in: "other", resumes: true)
    }
    #expect(throws: PretrainingError.holdsNoRun(path: folder.path("new"))) {
      try train(.mini(), in: "new", resumes: true)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("new")))
  }
}
