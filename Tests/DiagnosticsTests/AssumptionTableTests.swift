import Checkpoints
import Foundation
import Testing
import VisionTransformers

@testable import Diagnostics

/// What would be assumed of every checkpoint among the tests' files, for features of image files.
///
/// `REMAKE_GOLDENS=1` writes the table anew; a change of it is a change of what users are told.
@Suite("What is assumed of every file of the tests")
struct AssumptionTableTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  private static let table = tests.appending(path: "DiagnosticsTests/Golden/assumptions.txt")

  /// Files and folders that may be checkpoints, sorted.
  private static let paths: [String] = {
    let root = tests.deletingLastPathComponent()
    var found: Set<String> = []
    for folder in ["Tests", "Fixtures"] {
      let base = root.appending(path: folder)
      for case let name as String in FileManager.default.enumerator(atPath: base.path) ?? .init() {
        guard [".safetensors", ".pth", ".pt", ".bin", ".npz", ".ckpt"].contains(where: name.hasSuffix),
          !name.contains("/hostile/"), !name.contains("/lies/"), !name.contains("-of-")
        else { continue }
        found.insert("\(folder)/\(name)")
      }
    }
    return found.sorted()
  }()

  private static func path(of name: String) -> String { tests.deletingLastPathComponent().appending(path: name).path }

  /// The options that a file asks for; nil where it holds no network that is computed.
  private static func asked(_ name: String) -> [String]? {
    guard let model = try? OpenedModel(CheckpointRequest(path: path(of: name))) else { return nil }
    return model.description.assumptions([.encoder, .fusion, .pixels]).map(\.option)
  }

  @Test("The table is as it was")
  func table() throws {
    let lines = Self.paths.compactMap { name in
      Self.asked(name).map { "\(name): \($0.isEmpty ? "passes" : $0.joined(separator: ", "))" }
    }
    #expect(lines.count > 80)
    if ProcessInfo.processInfo.environment["REMAKE_GOLDENS"] != nil {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: Self.table)
    }
    let golden = try String(contentsOf: Self.table, encoding: .utf8).split(separator: "\n").map(String.init)
    for line in Set(lines).symmetricDifference(golden).sorted() { Issue.record("\(line)") }
  }

  @Test("Files that carry their configuration, and our own, ask for nothing")
  func configured() throws {
    for name in Self.paths {
      guard let model = try? OpenedModel(CheckpointRequest(path: Self.path(of: name))) else { continue }
      let checkpoint = model.checkpoint
      let isOurs = checkpoint.metadata["decoder_heads"] != nil || name.hasPrefix("Fixtures/")
      let isConfigured =
        checkpoint.config?["pretrained_cfg"] != nil || (checkpoint.config != nil && checkpoint.preprocessing != nil)
      guard isOurs || isConfigured else { continue }
      let asked = try #require(Self.asked(name))
      #expect(asked.isEmpty, "\(name): \(asked)")
    }
  }
}
