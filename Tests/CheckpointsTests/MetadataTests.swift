import Testing

@testable import Checkpoints

@Suite("What a file says besides tensors")
struct MetadataTests {
  static let runs = ["run.p2.pth", "run.p3.pth", "run.p4.pth", "run.p5.pth", "run.legacy.pth"]

  @Test("A run's arguments are attributes of an inert namespace, in every pickle protocol", arguments: runs)
  func namespace(file: String) throws {
    let checkpoint = try Checkpoint(opening: Golden.path(file))
    let metadata = checkpoint.metadata
    #expect(checkpoint.stateDictionary == "model")
    #expect(checkpoint.otherStateDictionaries == ["model_ema"])
    #expect(metadata["epoch"]?.int == 19)
    let arguments = try #require(metadata["args"])
    guard case .object("argparse.Namespace", _, _) = arguments else {
      Issue.record("args is \(arguments)")
      return
    }
    #expect(arguments["model"]?.string == "mae_vit_tiny")
    #expect(arguments["mask_ratio"]?.double == 0.75)
    #expect(arguments["norm_pix_loss"]?.bool == true)
    #expect(arguments["resume"] == .null)
    #expect(arguments["betas"]?.doubles == [0.9, 0.95])
  }

  @Test("NumPy values, long integers and unknown classes are decoded without running anything", arguments: runs)
  func values(file: String) throws {
    let metadata = try Checkpoint(opening: Golden.path(file)).metadata
    let numpy = try #require(metadata["numpy"])
    #expect(numpy["float"]?.double == 0.125)
    #expect(numpy["int"]?.int == -3)
    #expect(numpy["bool"]?.bool == true)
    #expect(numpy["array"]?.doubles == [0, 1, 2, 3, 4, 5])
    #expect(numpy["small"]?.doubles == [1, 2, 250])
    guard case .array(let array) = numpy["array"] else {
      Issue.record("no array")
      return
    }
    #expect(array.shape == [2, 3])
    #expect(metadata["big"] == .largeInteger("0x400000000000000000"))
    #expect(metadata["negative"]?.int == -(1 << 35))
    #expect(metadata["tiny"]?.int == -1)
    #expect(metadata["text"]?.string == "zwölf")
    #expect(metadata["raw"] == .bytes([0, 255]))
    #expect(metadata["flags"]?.list == [.int(3)])
    #expect(metadata["custom"]?["secret"]?.int == 5)
    #expect(metadata["dtype"] == .global("torch.float16"))
    #expect(metadata["size"]?.doubles == [2, 3])
    #expect(metadata["defaults"]?["a"]?.list == [.int(1)])
    // The optimizer's tensors are named, not read; the selected weights are not repeated.
    #expect(metadata["model"] == nil || metadata["model"]?["weight"] == nil)
    #expect(metadata["model_ema"]?["weight"] == .tensor(elementType: .f32, shape: [2, 3]))
  }

  @Test("An MMEngine run's whole history can be read from one checkpoint")
  func messageHub() throws {
    let metadata = try Checkpoint(opening: Golden.path("mmengine.pth")).metadata
    #expect(metadata["meta"]?["cfg"]?.string == "model = dict(backbone=dict(arch='b'))")
    let scalars = try #require(metadata["message_hub"]?["log_scalars"])
    #expect(scalars.keys == ["train/loss", "train/weight_0", "train/weight_1"])
    let loss = try #require(scalars["train/loss"]?["_log_history"]?.doubles)
    #expect(loss == [2, 1, 2.0 / 3, 0.5, 0.4])
    #expect(metadata["message_hub"]?["runtime_info"]?["iter"]?.int == 5)
  }

  @Test("safetensors metadata and a configuration beside the file are at hand")
  func configuration() throws {
    let plain = try Checkpoint(opening: Golden.path("plain.safetensors"))
    #expect(plain.metadata["note"]?.string == "zwölf \"…\"")
    #expect(plain.config == nil)
    for path in ["folder", "folder/", "folder/model.safetensors"] {
      let checkpoint = try Checkpoint(opening: Golden.path(path))
      #expect(checkpoint.config?["num_attention_heads"]?.int == 3)
      #expect(checkpoint.config?["layer_norm_eps"]?.double == 1e-12)
      #expect(checkpoint.files == [Golden.path("folder/model.safetensors")])
    }
  }

  @Test("A configuration that is no JSON is an error, one that is no model's is not a configuration")
  func foreignConfiguration() throws {
    let file = try TemporaryFile(safetensors("{}"))
    let config = file.folder + "/config.json"
    try Array("{\"port\": 80}".utf8).write(to: config)
    #expect(try Checkpoint(opening: file.path).config == nil)
    try Array("{\"model_type\": ".utf8).write(to: config)
    #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
  }
}
