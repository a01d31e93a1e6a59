import Testing

@testable import Checkpoints

@Suite("Which of several state dictionaries")
struct SelectionTests {
  @Test("The average of a DeiT-like run is taken on request, and only then")
  func average() throws {
    let golden = try Golden("run.p2.pth")
    let checkpoint = try Checkpoint(opening: Golden.path("run.p2.pth"), weights: .ema)
    #expect(checkpoint.stateDictionary == "model_ema")
    #expect(checkpoint.otherStateDictionaries == ["model"])
    for (name, values) in golden.ema { #expect(try checkpoint.floats(name) == values) }
    #expect(!golden.ema.isEmpty)
  }

  @Test("MMEngine's averaging hook swaps the two, and so do we")
  func swapped() throws {
    let raw = try Checkpoint(opening: Golden.path("mmengine.pth"))
    #expect(raw.stateDictionary == "ema_state_dict")
    #expect(raw.otherStateDictionaries == ["state_dict"])
    #expect(try raw.floats("module.backbone.cls") == [11, 12])
    let average = try Checkpoint(opening: Golden.path("mmengine.pth"), weights: .ema)
    #expect(average.stateDictionary == "state_dict")
    #expect(try average.floats("backbone.cls") == [1, 2])
  }

  @Test("Self-distillation gives its teacher unless the student is asked for")
  func distillation() throws {
    let path = Golden.path("dino.pth")
    #expect(try Checkpoint(opening: path).stateDictionary == "teacher")
    #expect(try Checkpoint(opening: path, weights: .teacher).floats("backbone.cls") == [2])
    #expect(try Checkpoint(opening: path, weights: .student).floats("module.backbone.cls") == [1])
    #expect(try Checkpoint(opening: path).otherStateDictionaries == ["student"])
  }

  @Test("Weights that are not there are refused, and those that are there named")
  func missing() throws {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(opening: Golden.path("dino.pth"), weights: .ema)
    }
    #expect(error?.description.contains("teacher (model, teacher)") == true)
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("plain.safetensors"), weights: .ema) }
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("sharded"), weights: .student) }
  }

  @Test("A file without a state dictionary is refused with the keys it has")
  func none() throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("no_state.pth")) }
    #expect(
      error?.description.contains("generator (a dictionary with 1 tensors), step (a number), names (a list)") == true)
  }

  @Test("Wrappers inside wrappers are looked through")
  func nested() throws {
    #expect(try Checkpoint(opening: Golden.path("nested.pth")).stateDictionary == "model.state_dict")
  }
}
