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

  @Test("Encoders under keys of their own: none is taken unasked, each by its key or role")
  func encoders() throws {
    let path = Golden.path("containers/encoders.pth")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: path) }
    #expect(
      error?.description.contains(
        "encoder (student), predictor, target_encoder (teacher), average.ema_model (ema); choose with --weights-from NAME"
      )
        == true)
    for (word, key, value) in [
      ("encoder", "encoder", 1), ("student", "encoder", 1), ("target_encoder", "target_encoder", 2),
      ("teacher", "target_encoder", 2), ("predictor", "predictor", 3), ("ema", "average.ema_model", 4),
      ("ema_model", "average.ema_model", 4), ("average.ema_model.", "average.ema_model", 4),
    ] as [(String, String, Float)] {
      let checkpoint = try Checkpoint(opening: path, weights: #require(WeightsSelection(rawValue: word)))
      #expect(checkpoint.stateDictionary == key)
      #expect(checkpoint.requestedPrefix == nil)
      #expect(try checkpoint.floats("norm.weight") == [value])
    }
    let missing = #expect(throws: CheckpointError.self) { try Checkpoint(opening: path, weights: .named("head")) }
    #expect(missing?.description.contains("no head weights in this file; it holds encoder (student)") == true)
  }

  @Test("A single encoder beside a decoder is the model")
  func singleEncoder() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("containers/encoder.pth"))
    #expect(checkpoint.stateDictionary == "encoder")
    #expect(checkpoint.otherStateDictionaries == ["decoder"])
    #expect(try checkpoint.floats("norm.weight") == [1])
  }

  @Test("What no state dictionary is called is kept when tensors have it as their prefix")
  func prefix() throws {
    let path = Golden.path("containers/prefixes.pth")
    for word in ["encoder_k", "teacher", "encoder_q", "student", "module.encoder_k"] {
      let checkpoint = try Checkpoint(opening: path, weights: #require(WeightsSelection(rawValue: word)))
      #expect(checkpoint.stateDictionary == "state_dict")
      #expect(checkpoint.requestedPrefix == word)
    }
    #expect(try Checkpoint(opening: path).requestedPrefix == nil)
    for word in ["ema", "encoder", "encoder_", "q"] {
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint(opening: path, weights: #require(WeightsSelection(rawValue: word)))
      }
      #expect(error?.description.contains("no \(word) weights in this file") == true)
    }
  }

  @Test("A safetensors file that has no such prefix says which there are")
  func safetensorsPrefix() throws {
    let entry = #"{"dtype":"F32","shape":[1],"data_offsets":"#
    let header = #"{"student.norm.weight":\#(entry)[0,4]},"teacher.norm.weight":\#(entry)[4,8]}}"#
    let file = try TemporaryFile(safetensors(header, data: [UInt8](repeating: 0, count: 8)))
    #expect(try Checkpoint(opening: file.path, weights: .teacher).requestedPrefix == "teacher")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path, weights: .ema) }
    #expect(error?.description.contains("it holds student., teacher.; choose with --weights-from NAME") == true)
  }

  @Test(
    "Encoders below a wrapper, with wrappers inside, and one dictionary under two keys",
    arguments: [
      ("below.pth", "models.encoder", ["models.predictor"]),
      ("wrapped.pth", "encoder.state_dict", ["decoder.state_dict"]),
      ("inner.pth", "model.encoder", ["model.decoder"]),
    ])
  func wrapped(file: String, key: String, others: [String]) throws {
    let checkpoint = try Checkpoint(opening: Golden.path("containers/\(file)"))
    #expect(checkpoint.stateDictionary == key && checkpoint.otherStateDictionaries == others)
    #expect(try checkpoint.floats("norm.weight") == [1])
    #expect(
      try Checkpoint(opening: Golden.path("containers/\(file)"), weights: .named("encoder")).stateDictionary == key)
  }

  @Test("One dictionary under two keys is two")
  func aliases() throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("containers/aliases.pth")) }
    #expect(error?.description.contains("online (student), target (teacher); choose with --weights-from NAME") == true)
    #expect(
      try Checkpoint(opening: Golden.path("containers/aliases.pth"), weights: .teacher).stateDictionary == "target")
  }

  @Test("A layer that torch.ao packed is named, though its weight is no tensor in the file")
  func packed() throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("containers/packed.pth")) }
    #expect(
      error?.description.contains("quantised by torch.ao.quantization (its tensor 0._packed_params._packed_params)")
        == true)
    for file in ["quantised.zip.pth", "quantised.legacy.pth"] {
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: Golden.path("containers/\(file)")) }
      #expect(
        error?.description.contains("tensor a.weight, rebuilt by torch._utils._rebuild_qtensor (quantised)") == true)
    }
  }
}
