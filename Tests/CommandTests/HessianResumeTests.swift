import Foundation
import Testing

@Suite("hessian, interrupted")
struct HessianResumeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Eighty batches of some hundredths of a second each.
  private let options = [
    "run/epoch_1.safetensors", "--batches", "80", "--batch-size", "2", "--top", "2", "--solver", "lanczos",
    "--threads", "2",
  ]

  private func train() throws {
    let outcome = try Program.run(
      [
        "pretrain", "-o", "run", "-q", "--synthetic", "dead-leaves", "--count", "32", "--batch-size", "8",
        "--image-size", "16", "--patch-size", "4", "--width", "16", "--depth", "3", "--heads", "2", "--decoder-width",
        "8", "--decoder-depth", "1", "--decoder-heads", "2", "--threads", "2", "--seed", "5", "--epochs", "1",
      ], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// Starts a run and ends it by a signal once its journal has some batches.
  private func interrupt(_ name: String, by signal: Int32) throws -> Program.Outcome {
    let running = try Program.Running(["hessian", "-o", "\(name).png"] + options, in: folder)
    #expect(running.wait { ((try? folder.read("\(name).json.partial"))?.split(separator: "\n").count ?? 0) >= 4 })
    kill(running.process.processIdentifier, signal)
    return try running.wait()
  }

  /// A result without what depends on the clock and on the command line.
  private func timeless(_ name: String) throws -> String {
    func strip(_ value: Any) -> Any {
      if let object = value as? [String: Any] {
        let times = ["seconds", "primalSeconds", "checkSeconds", "arguments"]
        return object.filter { !times.contains($0.key) }.mapValues(strip)
      }
      return (value as? [Any])?.map(strip) ?? value
    }
    let object = strip(try JSONSerialization.jsonObject(with: Data(try folder.bytes(name))))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted]),
      as: UTF8.self)
  }

  @Test("After kill -9 --resume ends with the same result as an uninterrupted run, bit for bit") func killed() throws {
    try train()
    #expect(try Program.run(["hessian", "-o", "whole.png"] + options, in: folder).status == 0)
    #expect(try interrupt("parts", by: SIGKILL).signal == SIGKILL)
    #expect(try folder.entries() == ["parts.json.partial", "run", "whole.json", "whole.png"])
    // A line that a crash of the machine cut off is not a batch.
    let journal = try folder.read("parts.json.partial")
    let lines = journal.split(separator: "\n").count
    #expect(lines >= 4 && lines <= 80)
    try folder.write(journal + #"{"batch":{"checkProd"#, to: "parts.json.partial")
    let resumed = try Program.run(["hessian", "-o", "parts.png", "--resume"] + options, in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("finished batches of the interrupted run are taken over"))
    #expect(try timeless("parts.json") == timeless("whole.json"))
    #expect(try folder.entries() == ["parts.json", "parts.png", "run", "whole.json", "whole.png"])
  }

  @Test(
    "Ctrl-C and termination leave the journal and no half-written file, and end the program by their signal",
    arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    try train()
    let outcome = try interrupt("parts", by: signal)
    #expect(outcome.signal == signal && outcome.output.isEmpty)
    #expect(outcome.errors.contains("--resume goes on"), "\(outcome.errors)")
    #expect(try folder.entries() == ["parts.json.partial", "run"])
    let resumed = try Program.run(["hessian", "-o", "parts.png", "--resume"] + options, in: folder)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try folder.entries() == ["parts.json", "parts.png", "run"])
  }

  @Test("--resume with other settings names them and changes nothing; without --resume the run begins anew")
  func otherSettings() throws {
    try train()
    _ = try interrupt("parts", by: SIGKILL)
    let journal = try folder.bytes("parts.json.partial")
    let cases: [([String], String)] = [
      (["--seed", "1"], "seed was 0 and is 1"), (["--top", "3"], "top was 2 and is 3"),
      (["--threads", "1"], "threads was 2 and is 1"), (["--no-norm-pixels"], "losses was"),
      (["--mask-ratio", "0.5"], "removedPatches was [12] and is [8]"), (["--heads", "4"], "heads was [2] and is [4]"),
      (["--decoder-heads", "4"], "decoderHeads was [2] and is [4]"), (["--normalize", "clip"], "normalize was"),
      (["--save-vectors", "v.safetensors"], "vectors was not given and is v.safetensors"),
      (["--crop-pct", "1"], "cropPct was 0.875 and is 1"), (["--weight-decay", "0.1"], "weightDecay was 0 and is 0.1"),
    ]
    for (more, reason) in cases {
      // The last of an option that is given twice counts.
      let outcome = try Program.run(["hessian", "-o", "parts.png", "--resume"] + options + more, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(try folder.bytes("parts.json.partial") == journal)
    }
    let anew = try Program.run(["hessian", "-o", "parts.png"] + options + ["--batches", "1"], in: folder)
    #expect(anew.status == 0 && anew.errors.contains("--resume would have gone on"), "\(anew.errors)")
    #expect(try folder.entries() == ["parts.json", "parts.png", "run"])
  }

  @Test("A second run with the same journal is refused, with and without --resume, and the first ends undisturbed")
  func secondRun() throws {
    try train()
    #expect(try Program.run(["hessian", "-o", "whole.png"] + options, in: folder).status == 0)
    let first = try Program.Running(["hessian", "-o", "parts.png"] + options, in: folder)
    #expect(first.wait { FileManager.default.fileExists(atPath: folder.path("parts.json.partial")) })
    // Stopped, so that it surely has the journal while the others try.
    kill(first.process.processIdentifier, SIGSTOP)
    let journal = try folder.bytes("parts.json.partial")
    for more in [[], ["--resume"]] {
      let second = try Program.run(["hessian", "-o", "parts.png"] + options + more, in: folder)
      #expect(
        second.status == 1 && second.errors.contains("parts.json.partial: another process writes it"), "\(second)")
      // Refused before anything is said of the journal.
      #expect(!second.errors.contains("begins anew"))
    }
    #expect(try folder.bytes("parts.json.partial") == journal)
    kill(first.process.processIdentifier, SIGCONT)
    #expect(try first.wait().status == 0)
    #expect(try timeless("parts.json") == timeless("whole.json"))
  }

  @Test("A full disk ends the run with its reason and says how to go on; --resume does so to the same result")
  func fullDisk() throws {
    try train()
    #expect(try Program.run(["hessian", "-o", "whole.png"] + options, in: folder).status == 0)
    // 8 KB: the settings and some batches fit.
    let failed = try Program.run(
      ["hessian", "-o", "parts.png"] + options, in: folder, limits: Limits.fileSize(kilobytes: 8))
    #expect(failed.status == 1 && failed.errorLines.last?.contains("cannot be written (File too large)") == true)
    #expect(failed.errors.contains("kept in parts.json.partial; the same command with --resume goes on"), "\(failed)")
    #expect(try folder.bytes("parts.json.partial").last == UInt8(ascii: "\n"))
    #expect(try Program.run(["hessian", "-o", "parts.png", "--resume"] + options, in: folder).status == 0)
    #expect(try timeless("parts.json") == timeless("whole.json"))
  }

  @Test("--resume without a journal is a run like any other; a foreign file in its place is refused and kept")
  func noJournal() throws {
    try train()
    let short = ["--batches", "1"]
    let outcome = try Program.run(["hessian", "--resume"] + options + short, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try folder.write("notes\n", to: "other.json.partial")
    let refused = try Program.run(["hessian", "--resume", "-o", "other.png"] + options + short, in: folder)
    #expect(refused.status == 1 && refused.errors.contains("no journal"), "\(refused.errors)")
    #expect(try folder.read("other.json.partial") == "notes\n")
  }
}
