import Foundation
import Testing

@Suite("pretrain")
struct PretrainCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A network so small that an epoch of 32 pictures takes some hundredths of a second.
  private let small = [
    "--synthetic", "dead-leaves", "--count", "32", "--batch-size", "8", "--image-size", "16", "--patch-size", "4",
    "--width",
    "16", "--depth", "3", "--heads", "2", "--decoder-width", "8", "--decoder-depth", "1", "--decoder-heads", "2",
    "--threads", "2", "--seed", "5", "--save-every", "1", "--log-every", "1",
  ]

  private func train(_ name: String, _ more: [String] = [], limits: String = ":") throws -> Program.Outcome {
    try Program.run(["pretrain", "-o", name] + small + more, in: folder, limits: limits)
  }

  /// The log without what depends on the clock.
  private func log(_ name: String) throws -> [Substring] {
    try folder.read("\(name)/scalars.jsonl").split(separator: "\n").map { $0.prefix { $0 != "i" } }
  }

  private func expectSame(_ a: String, _ b: String, epoch: Int, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let file = "epoch_\(epoch).safetensors"
    #expect(try folder.bytes("\(a)/\(file)") == folder.bytes("\(b)/\(file)"), sourceLocation: sourceLocation)
    #expect(try log(a) == log(b), sourceLocation: sourceLocation)
  }

  @Test("A run leaves its recipe, its log and checkpoints that describe and weights read") func whole() throws {
    let outcome = try train("run", ["--epochs", "2", "--fuse-count", "2"])
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
    #expect(outcome.errors.contains("sum to less than 3") && outcome.errors.contains("images/s"))
    let described = try Program.run(["describe", "run/epoch_2.safetensors"], in: folder)
    #expect(described.status == 0)
    #expect(described.output.contains("metadata, fuse"))
    let weights = try Program.run(["weights", "--over-training", "run", "--json", "-", "-q"], in: folder)
    #expect(weights.status == 0, "\(weights.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(weights.output.utf8)) as? [String: Any]
    let run = try #require((json?["runs"] as? [[String: Any]])?.first)
    #expect(run["layers"] as? [Int] == [0, 2])
    #expect(run["layersSource"] as? String == "config.json")
    #expect((run["points"] as? [[String: Any]])?.count == 9)
    let quiet = try train("quiet", ["--epochs", "1", "-q"])
    #expect(quiet.status == 0 && quiet.errors.isEmpty && quiet.output.isEmpty)
  }

  @Test(
    "Beside each checkpoint that predicts pixels lies a picture, which --no-panel leaves out and no weight depends on")
  func panels() throws {
    func pictures(_ name: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path(name)).filter { $0.hasSuffix(".png") }.sorted()
    }
    let epochs = ["--epochs", "3", "--save-every", "2"]
    #expect(try train("with", epochs).status == 0)
    #expect(try pictures("with") == ["epoch_2.png", "epoch_3.png"])
    for name in ["epoch_2.png", "epoch_3.png"] {
      let bytes = try folder.bytes("with/\(name)")
      // Four images in four columns, an inch each.
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.count > 10_000)
      #expect(String(decoding: bytes, as: UTF8.self).contains("with, epoch"))
    }
    #expect(try folder.bytes("with/epoch_2.png") != folder.bytes("with/epoch_3.png"))
    #expect(try train("without", epochs + ["--no-panel"]).status == 0)
    #expect(try pictures("without").isEmpty)
    try expectSame("without", "with", epoch: 3)
    // A run folder is told apart by content; pictures are no part of what weights reads.
    let fused = try train("fused", epochs + ["--fuse", "all"])
    let weights = try Program.run(["weights", "--over-training", "fused"], in: folder)
    #expect(fused.status == 0 && weights.status == 0 && !weights.errors.contains("epoch_2.png"), "\(weights.errors)")
    #expect(try train("sup", ["--epochs", "1", "--method", "supervised"]).status == 0)
    #expect(try pictures("sup").isEmpty)
    #expect(try train("pixmim", ["--epochs", "1", "--method", "pixmim", "--fuse", "all"]).status == 0)
    #expect(try pictures("pixmim") == ["epoch_1.png"])
  }

  @Test("After kill -9 at any moment --resume goes on to the same weights and the same log", arguments: [1, 7, 20])
  func killed(lines: Int) throws {
    let epochs = ["--epochs", "12", "--fuse", "all"]
    #expect(try train("whole", epochs).status == 0)
    let running = try Program.Running(["pretrain", "-o", "parts"] + small + epochs, in: folder)
    _ = running.wait { ((try? folder.read("parts/scalars.jsonl"))?.split(separator: "\n").count ?? 0) >= lines }
    kill(running.process.processIdentifier, SIGKILL)
    _ = try running.wait()
    let resumed = try Program.run(["pretrain", "-o", "parts", "--resume", "--threads", "2"], in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    try expectSame("parts", "whole", epoch: 12)
  }

  @Test("An interruption saves and stops, and the program ends by its signal", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let epochs = ["--epochs", "40", "--fuse", "all"]
    #expect(try train("whole", epochs).status == 0)
    let running = try Program.Running(["pretrain", "-o", "parts"] + small + epochs, in: folder)
    #expect(running.wait { ((try? folder.read("parts/scalars.jsonl"))?.split(separator: "\n").count ?? 0) >= 3 })
    kill(running.process.processIdentifier, signal)
    let outcome = try running.wait()
    #expect(outcome.signal == signal)
    #expect(outcome.errors.contains("stopped and saved after step") && outcome.errors.contains("--resume"))
    #expect(try Program.run(["pretrain", "-o", "parts", "--resume", "--threads", "2"], in: folder).status == 0)
    try expectSame("parts", "whole", epoch: 40)
  }

  /// A limit on the size of files stands for a full disk.
  @Test("A full disk stops the run with an error, and a later --resume goes on from what was saved")
  func fullDisk() throws {
    #expect(try train("whole", ["--epochs", "40", "--fuse", "all"]).status == 0)
    // 16 KB: the recipe and some lines of the log fit, no checkpoint does.
    let failed = try train("parts", ["--epochs", "40", "--fuse", "all"], limits: Limits.fileSize(kilobytes: 16))
    #expect(failed.status == 1)
    #expect(failed.errorLines.last?.contains("cannot be written") == true, "\(failed.errors)")
    #expect(failed.errors.contains("mff-inspect pretrain -o parts --resume goes on"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("parts"))
    #expect(!left.contains { $0.hasSuffix(".partial") || $0.hasSuffix(".safetensors") })
    #expect(try Program.run(["pretrain", "-o", "parts", "--resume", "--threads", "2"], in: folder).status == 0)
    try expectSame("parts", "whole", epoch: 40)
  }

  @Test("Another recipe, a second run in the folder, and a folder without a run are refused") func refusals() throws {
    #expect(try train("run", ["--epochs", "1"]).status == 0)
    let config = try folder.read("run/config.json")
    let cases: [([String], String)] = [
      (small + ["--epochs", "1"], "--resume"), (["--resume", "--epochs", "2"], "epochs: 1 there, 2 now"),
      (["--resume", "--method", "supervised"], "method: mae there, supervised now"),
    ]
    for (arguments, reason) in cases {
      let outcome = try Program.run(["pretrain", "-o", "run"] + arguments, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(outcome.errors)")
    }
    #expect(try folder.read("run/config.json") == config)
    let missing = try Program.run(["pretrain", "-o", "none", "--resume"], in: folder)
    #expect(missing.status == 1 && missing.errors.contains("config.json is missing"))
    let nothing = try Program.run(["pretrain", "-o", "none"], in: folder)
    #expect(nothing.status == 1 && nothing.errors.contains("--synthetic dead-leaves"))
    // A later --count 2 --batch-size 2 shall not meet the recipe of a run that never began.
    let few = try train("none", ["--count", "2", "--batch-size", "3"])
    #expect(few.status == 1 && few.errors.contains("do not fill one batch of 3"), "\(few.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  @Test(
    "A folder with files that a run would replace, and no recipe, is refused and stays as it was",
    arguments: ["scalars.jsonl", "epoch_7.safetensors", "state/last.safetensors"])
  func filesOfOthers(name: String) throws {
    try FileManager.default.createDirectory(atPath: folder.path("run/state"), withIntermediateDirectories: true)
    if !name.hasPrefix("state") { try FileManager.default.removeItem(atPath: folder.path("run/state")) }
    try folder.write("mine", to: "run/\(name)")
    let outcome = try train("run", ["--epochs", "1"])
    #expect(outcome.status == 1 && outcome.errors.contains("which a run would replace"), "\(outcome)")
    #expect(try folder.read("run/\(name)") == "mine")
    #expect(!FileManager.default.fileExists(atPath: folder.path("run/config.json")))
  }

  /// A folder in its place cannot be read either, whoever asks.
  @Test("A recipe that is there and cannot be read is no missing one") func unreadableRecipe() throws {
    try FileManager.default.createDirectory(atPath: folder.path("run/config.json"), withIntermediateDirectories: true)
    for more in [small, ["--resume"]] {
      let outcome = try Program.run(["pretrain", "-o", "run"] + more, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains("run/config.json: it is there and cannot be read"))
    }
  }

  @Test("The draft of a killed run is gone when the resumed one is done") func drafts() throws {
    #expect(try train("run", ["--epochs", "1"]).status == 0)
    let left = [".mff-inspect-00000000-1-1.partial", "state/.mff-inspect-00000000-1-1.partial"]
    for name in left {
      let file = try folder.write("half", to: "run/\(name)")
      // Of a machine of another name, so a day old.
      let date = Date(timeIntervalSinceNow: -2 * 86_400)
      try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
    }
    // The run goes on from its beginning.
    try FileManager.default.removeItem(atPath: folder.path("run/state/last.safetensors"))
    #expect(try Program.run(["pretrain", "-o", "run", "--resume"], in: folder).status == 0)
    for name in left { #expect(!FileManager.default.fileExists(atPath: folder.path("run/\(name)"))) }
  }

  @Test("The teacher of an EVA-style run is named, and said not to be CLIP") func teacher() throws {
    #expect(try train("teacher", ["--epochs", "1", "--method", "supervised"]).status == 0)
    let outcome = try train(
      "eva", ["--epochs", "1", "--method", "eva", "--teacher", "teacher/epoch_1.safetensors", "--fuse", "0,2"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("teacher/epoch_1.safetensors, not CLIP"))
    let described = try Program.run(["describe", "eva/epoch_1.safetensors"], in: folder)
    #expect(described.output.contains("eva"))
    #expect(described.output.firstMatch(of: /objective +features-masked +metadata, objective/) != nil)
  }

  @Test(
    "Wrong usage is status 64",
    arguments: [
      (["--arch", "huge"], "micro, tiny, small, base"), (["--fuse", "0,x"], "--fuse"),
      (["--fuse", "all", "--fuse-count", "2"], "exclude each other"), (["--method", "dino"], "--method"),
      (["--synthetic", "noise"], "dead-leaves"), (["--threads", "0"], "--threads"),
      (["--save-every", "0"], "--save-every"),
      (["--images", "a", "--synthetic", "dead-leaves"], "exclude each other"), (["--count", "0"], "--count"),
    ] as [([String], String)])
  func wrongUsage(arguments: [String], reason: String) throws {
    let outcome = try Program.run(["pretrain", "-o", "run"] + arguments, in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(try folder.entries().isEmpty)
  }

  @Test("The help fits a terminal, keeps its examples whole, and states the laptop recipe") func help() throws {
    let help = try Program.run(["pretrain", "--help"], in: folder).output
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let words = help.split { $0.isWhitespace }.joined(separator: " ")
    #expect(words.contains("sum to 3 or more") && words.contains("mff-inspect pretrain -o pilot --resume"))
  }
}
