import Foundation
import Testing

/// A checkpoint that tells all of itself: its file or folder, and what its classifier or teacher lacks.
struct ToldCheckpoint: Sendable, CustomTestStringConvertible {
  let path: String
  let name: String

  var testDescription: String { name }

  private static let root = URL(fileURLWithPath: GoldenFiles.frequency("../../../.."))

  private init(_ name: String) {
    self.name = name
    path = Self.root.appendingPathComponent(name).standardizedFileURL.path
  }

  /// Folders as a hub has them, with the configuration of the network and of the pixels; MMEngine's files with their configuration; runs and
  /// bundled checkpoints of ours.
  static let all: [ToldCheckpoint] = {
    let golden = "Tests/DiagnosticsTests/Golden"
    var names = ["ckpt.bin", "mff.bin", "eva.safetensors", "supervised.safetensors"].map { "Fixtures/\($0)" }
    names += [2, 4, 6].map { "Fixtures/run/epoch_\($0).safetensors" }
    names += ["mff-mmpretrain.pth", "mmpretrain-mae.pth"].map { "\(golden)/frequency/\($0)" }
    names += hubFolders(in: "\(golden)/frequency") + hubFolders(in: "\(golden)/families")
    names += hubFolders(in: "\(golden)/sweep")
    return names.map(ToldCheckpoint.init)
  }()

  private static func hubFolders(in folder: String) -> [String] {
    let base = root.appendingPathComponent(folder).standardizedFileURL.path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    return names.sorted().filter { name in
      let config = (try? String(contentsOfFile: "\(base)/\(name)/config.json", encoding: .utf8)) ?? ""
      return config.contains("\"pretrained_cfg\"")
        || (!config.isEmpty && FileManager.default.fileExists(atPath: "\(base)/\(name)/preprocessor_config.json"))
    }.map { "\(folder)/\($0)" }
  }
}

@Suite("Strict runs of checkpoints that tell all of themselves")
struct StrictTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("There are dozens of each kind") func kinds() {
    #expect(ToldCheckpoint.all.count > 60)
    #expect(ToldCheckpoint.all.contains { $0.name.contains("hub-transformers") })
    #expect(ToldCheckpoint.all.contains { $0.name.contains("hub-timm") })
  }

  @Test("Every diagnosis that the file allows passes with no further option", arguments: ToldCheckpoint.all)
  func passes(_ checkpoint: ToldCheckpoint) throws {
    let outcome = try Program.run(["describe", checkpoint.path, "--json", "-"], in: folder)
    let described = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome.errors)")
    let model = try #require((described["models"] as? [[String: Any]])?.first)
    let values = (model["values"] as? [[String: Any]]) ?? []
    for diagnosis in (model["diagnoses"] as? [[String: Any]]) ?? [] where diagnosis["allowed"] as? Bool == true {
      let command = try #require(diagnosis["command"] as? String)
      // What the loss needs from outside is no property of the checkpoint.
      if (diagnosis["note"] as? String) != nil { continue }
      let own: [String]
      switch command {
      case "frequency", "reconstruct": own = ["--count", "1"]
      case "hessian": own = ["--batches", "1", "--batch-size", "1", "--dry-run"]
      default: own = []
      }
      let strict = try Program.run([command, checkpoint.path, "--strict"] + own, in: folder)
      if values.contains(where: { $0["name"] as? String == "pixelProblem" }), command != "weights" {
        // A step of its preprocessing that is not supported is refused by its name, strict or not, and described so.
        #expect(strict.status == 1 && strict.errors.contains("is not supported"), "\(command): \(strict.errors)")
        continue
      }
      #expect(strict.status == 0, "\(command): \(strict.errors)")
    }
  }
}
