import Foundation
import Testing

@testable import Checkpoints

@Suite("Shards, unpacked archives, names of models and mistyped paths")
struct UnassembledTests {
  /// A folder that goes with the value.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "unassembled-\(UUID().uuidString)").path

    init(_ files: [String]) throws {
      for file in files {
        let place = "\(path)/\(file)"
        try FileManager.default.createDirectory(atPath: folder(of: place), withIntermediateDirectories: true)
        try Data([0x80, 2, 0x4E, 0x2E]).write(to: URL(filePath: place))
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func refusal(_ path: String) throws -> String {
    try #require(#expect(throws: CheckpointError.self) { try Checkpoint(opening: path) }).description
  }

  @Test(
    "A checkpoint of torch.distributed.checkpoint: the folder, a shard and its index name the command that assembles it"
  )
  func distributed() throws {
    let folder = Golden.path("containers/dcp")
    for path in [folder, "\(folder)/__0_0.distcp", "\(folder)/.metadata"] {
      let words = try refusal(path)
      #expect(
        words.hasPrefix(
          "\(folder): a checkpoint in shards (torch.distributed.checkpoint, as FSDP writes it) cannot be read"))
      let command = "python -m torch.distributed.checkpoint.format_utils dcp_to_torch \(shellWord(folder)) model.pth"
      #expect(words.contains("put it together with \(command) and give model.pth"))
    }
    // What that very command wrote when the reference script ran it.
    let checkpoint = try Checkpoint(opening: Golden.path("containers/dcp.pth"))
    #expect(checkpoint.stateDictionary == "model")
    #expect(try checkpoint.floats("norm.weight") == [5, 6])
    // A shard under another name, and the folder above.
    let copy = try Folder(["run/note.txt"])
    try FileManager.default.copyItem(atPath: folder, toPath: "\(copy.path)/run/shards")
    try FileManager.default.moveItem(
      atPath: "\(copy.path)/run/shards/__0_0.distcp", toPath: "\(copy.path)/run/shards/x.bin")
    #expect(try refusal("\(copy.path)/run/shards/x.bin").contains("dcp_to_torch"))
    try FileManager.default.moveItem(
      atPath: "\(copy.path)/run/shards/x.bin", toPath: "\(copy.path)/run/shards/y.distcp")
    #expect(try refusal("\(copy.path)/run").contains("dcp_to_torch \(shellWord("\(copy.path)/run/shards"))"))
  }

  @Test("DeepSpeed's folders and shards name the script that assembles them")
  func deepSpeed() throws {
    let shards = [
      "global_step10/zero_pp_rank_0_mp_rank_00_model_states.pt",
      "global_step10/zero_pp_rank_0_mp_rank_00_optim_states.pt",
    ]
    let folder = try Folder(["latest", "zero_to_fp32.py"] + shards)
    let words = "python \(folder.path)/zero_to_fp32.py \(folder.path) model, and give what it writes"
    for path in [folder.path, "\(folder.path)/\(shards[1])"] { #expect(try refusal(path).contains(words), "\(path)") }
    let bare = try Folder(shards)
    #expect(try refusal(bare.path).contains("(DeepSpeed ZeRO)"))
    let empty = safetensors(
      #"{"a.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b.weight":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}"#, data: [0, 0, 0, 0])
    let file = try TemporaryFile(empty)
    #expect(
      try refusal(file.path).contains(
        "a file of empty weights (tensor b.weight has no elements; DeepSpeed ZeRO-3 leaves such)"))
    let flat = try TemporaryFile(
      safetensors(#"{"blocks.0._flat_param":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: [0, 0, 0, 0]))
    #expect(try refusal(flat.path).contains("one rank's part of a model (tensor blocks.0._flat_param of FSDP)"))
  }

  @Test("An adapter says that it needs its base model")
  func adapter() throws {
    let folder = try Folder(["adapter_config.json", "adapter_model.safetensors"])
    #expect(try refusal(folder.path).contains("merge_and_unload"))
  }

  @Test("An unpacked checkpoint, packed as the message says, is read")
  func unpacked() throws {
    let source = try ZipArchive(InputFile(opening: Golden.path("nested.pth")))
    let folder = try Folder(["down loads/nested/x"])
    let inner = "\(folder.path)/down loads/nested"
    var members: [ZipBuilder.Member] = []
    // As `zip -r` packs: folders are members, too.
    members.append(ZipBuilder.Member("nested/", []))
    members.append(ZipBuilder.Member("nested/data/", []))
    try FileManager.default.removeItem(atPath: "\(inner)/x")
    for (index, member) in source.members.enumerated() {
      let bytes = try source.bytes(ofMember: index, limit: 1 << 20)
      let place = "\(folder.path)/down loads/\(member.name)"
      try FileManager.default.createDirectory(
        atPath: Checkpoints.folder(of: place), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: place))
      members.append(ZipBuilder.Member(member.name, bytes))
    }
    let command = "cd '\(folder.path)/down loads' && zip -0 -r nested.pth nested"
    for path in [inner, "\(inner)/data.pkl", inner + "/"] {
      #expect(
        try refusal(path).contains("pack it without compression (\(command)) and give the packed file"), "\(path)")
    }
    #expect(try refusal("\(folder.path)/down loads").contains(command))
    let packed = try TemporaryFile(ZipBuilder(members).bytes)
    #expect(try Checkpoint(opening: packed.path).floats("w") == [9])
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/zip") else { return }
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", command]
    shell.standardOutput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(try Checkpoint(opening: "\(folder.path)/down loads/nested.pth").floats("w") == [9])
  }

  @Test(
    "A model's name on a hub in place of a path says how to fetch it, and that nothing is downloaded",
    arguments: [
      ("facebook/dinov2-small", "facebook/dinov2-small", "dinov2-small"),
      (
        "hf_hub:timm/vit_tiny_patch16_224.augreg_in21k", "timm/vit_tiny_patch16_224.augreg_in21k",
        "vit_tiny_patch16_224.augreg_in21k"
      ),
      (
        "hf-hub:timm/eva02_tiny_patch14_224.mim_in22k", "timm/eva02_tiny_patch14_224.mim_in22k",
        "eva02_tiny_patch14_224.mim_in22k"
      ),
      ("timm/vit_base_patch16_224.mae", "timm/vit_base_patch16_224.mae", "vit_base_patch16_224.mae"),
      ("vit_base_patch16_224", "timm/vit_base_patch16_224", "vit_base_patch16_224"),
    ])
  func hub(given: String, model: String, folder: String) throws {
    let words = try refusal(given)
    #expect(
      words.contains("\(given): No such file or directory; if the model \(model) of the Hugging Face hub is meant"))
    #expect(words.contains("nothing is downloaded"))
    #expect(words.contains("hf download \(model) --local-dir \(folder)) and give the folder \(folder)"))
  }

  @Test(
    "Paths are not taken for models",
    arguments: ["/facebook/dinov2", "./facebook/dinov2", "a/b/c", "runs/x.pth", "epoch_3.pth", "../a/b"])
  func noHub(path: String) throws {
    #expect(try !refusal(path).contains("hub"))
  }

  @Test("An address says how to fetch it; the command, carried out, leads to a file that is read")
  func address() throws {
    #expect(
      try refusal("https://example.org/a/b c.pth?x=1").contains(
        "nothing is downloaded: fetch it (curl -L -o 'b c.pth' 'https://example.org/a/b c.pth?x=1') and give the path 'b c.pth'"
      ))
    #expect(
      try refusal("https://huggingface.example/o/n/blob/main/m.bin").contains(
        "https://huggingface.example/o/n/resolve/main/m.bin"))
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/curl") else { return }
    let folder = try Folder(["x"])
    let words = try refusal("file://\(Golden.path("nested.pth"))")
    let start = try #require(words.range(of: "curl")).lowerBound
    let command = words[start..<(try #require(words.range(of: ") and give"))).lowerBound]
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", "cd '\(folder.path)' && \(command)"]
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(try Checkpoint(opening: "\(folder.path)/nested.pth").floats("w") == [9])
  }

  @Test(
    "A mistyped path is answered with the nearest name there is, and that is read",
    arguments: [
      "run/epohc_3.pth", "run/epoch_3.pt", "run/Epoch_3.pth", "rnu/epoch_3.pth", "run/epoch_3.pth.gz", "run/epoch3.pth",
    ])
  func mistyped(given: String) throws {
    let folder = try Folder(["run/other.pth", "run/log.json", "elsewhere/x"])
    let right = "\(folder.path)/run/epoch_3.pth"
    try FileManager.default.copyItem(atPath: Golden.path("nested.pth"), toPath: right)
    let words = try refusal("\(folder.path)/\(given)")
    #expect(words.hasSuffix("did you mean \(right)?"))
    #expect(try Checkpoint(opening: right).floats("w") == [9])
  }

  @Test("What is like nothing there is not answered with a guess")
  func noGuess() throws {
    let folder = try Folder(["run/other.pth"])
    #expect(try refusal("\(folder.path)/run/checkpoint-20.bin").hasSuffix("check the path"))
    #expect(throws: CheckpointError.self) { try RunFolder("\(folder.path)/rnu") }
    let error = #expect(throws: CheckpointError.self) { try RunFolder("\(folder.path)/rnu") }
    #expect(error?.description.contains("did you mean \(folder.path)/run?") == true)
  }

  @Test("Distances count insertions, deletions, replacements and swaps")
  func distances() {
    #expect(editDistance("epoch", "epohc", limit: 3) == 1)
    #expect(editDistance("epoch", "Epoch", limit: 3) == 0)
    #expect(editDistance("abc", "", limit: 3) == 3)
    #expect(editDistance("kitten", "sitting", limit: 3) == 3)
    #expect(editDistance("kitten", "sitting", limit: 2) == nil)
  }

  @Test("A run folder says which of its folders must be put together first")
  func runFolder() throws {
    let folder = try Folder(["checkpoint-5/.metadata", "checkpoint-5/__0_0.distcp", "other/x.txt"])
    let run = try RunFolder(folder.path)
    #expect(run.checkpoints.isEmpty && run.remarks.count == 1)
    #expect(run.remarks.first?.contains("dcp_to_torch") == true)
  }

  // MARK: The order of checkpoints

  @Test("Paths in natural order, and the epoch or step that each file tells")
  func order() throws {
    let folder = try Folder(["run2/epoch_1.txt", "run2/checkpoint-500/x", "run2/checkpoint-40/x"])
    let base = "\(folder.path)/run2"
    for name in [
      "epoch_10.pth", "epoch_9.pth", "last.pth", "checkpoint-500/model.safetensors", "checkpoint-40/model.safetensors",
    ] {
      let source = name.hasSuffix("pth") ? "nested.pth" : "plain.safetensors"
      try FileManager.default.copyItem(atPath: Golden.path(source), toPath: "\(base)/\(name)")
    }
    let paths = ["epoch_10.pth", "epoch_9.pth", "last.pth"].map { "\(base)/\($0)" }
    #expect(paths.sortedNaturally() == [1, 0, 2].map { paths[$0] })
    #expect(["a10", "a01", "a1", "a2"].sortedNaturally() == ["a01", "a1", "a2", "a10"])
    #expect(try TrainingPlace(ofCheckpointAt: paths[1]).epoch == 9)
    let last = try TrainingPlace(ofCheckpointAt: paths[2])
    #expect(last.epoch == nil && last.step == nil)
    #expect(try TrainingPlace(ofCheckpointAt: "\(base)/checkpoint-500/model.safetensors").step == 500)
    #expect(try TrainingPlace(ofCheckpointAt: "\(base)/checkpoint-40").step == 40)
    // What the file says counts before its name.
    #expect(try TrainingPlace(ofCheckpointAt: Golden.path("run.p2.pth")).epoch == 19)
  }
}
