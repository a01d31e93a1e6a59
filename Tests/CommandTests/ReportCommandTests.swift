import Fixtures
import Foundation
import Testing

@Suite("mff-inspect report")
struct ReportCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static let isThere = Fixtures.folder.map { FileManager.default.fileExists(atPath: $0 + "/mff.bin") } ?? false

  private struct Report: Decodable {
    struct Model: Decodable { let name: String }
    struct Result: Decodable {
      let command: String
      let arguments: [String]
    }
    struct Gap: Decodable {
      let section: String
      let reason: String
    }
    let command: String
    let arguments: [String]
    let seed: UInt64
    let models: [Model]
    let results: [Result]
    let gaps: [Gap]?
  }

  private func decode(_ text: String) throws -> Report { try JSONDecoder().decode(Report.self, from: Data(text.utf8)) }

  /// Little work: few images, no Hessian.
  private let quickly = ["--count", "4", "--no-hessian"]

  @Test("Without a path it shows the bundled checkpoints and run: a page and all its numbers", .enabled(if: isThere))
  func bundled() throws {
    let arguments = ["report", "--count", "4", "--batches", "1", "--top", "1", "--batch-size", "2", "--seed", "3"]
    let outcome = try Program.run(arguments, in: folder)
    #expect(outcome.status == 0 && outcome.errorLines.first?.contains("bundled") == true, "\(outcome.errors)")
    #expect(try folder.entries() == ["report.html", "report.json"])
    let report = try decode(folder.read("report.json"))
    #expect(report.command == "report" && report.arguments == arguments && report.seed == 3)
    #expect(report.models.map(\.name) == ["MAE", "MFF"])
    #expect(
      report.results.map(\.command) == ["frequency", "frequency", "hessian", "weights", "weights", "reconstruct"])
    #expect(
      report.results[2].arguments.starts(with: ["hessian", "--solver", "lanczos", "--batches", "1", "--top", "1"]))
    #expect(report.results.allSatisfy { $0.arguments.suffix(2) == ["--seed", "3"] })
    let page = try folder.read("report.html")
    for anchor in ["frequency-1", "frequency-2", "hessian-1", "weights-1", "training-1", "reconstruction-1"] {
      #expect(page.contains("<figure id=\"\(anchor)\">"), "\(anchor)")
    }
  }

  @Test("The command line under a figure makes its numbers again", .enabled(if: isThere))
  func commandLines() throws {
    let mff = try #require(Fixtures.mff)
    let outcome = try Program.run(["report", mff, "--name", "a 'b'", "-o", "x.html"] + quickly, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try decode(folder.read("x.json"))
    let weights = try #require(report.results.first { $0.command == "weights" })
    #expect(weights.arguments == ["weights", mff, "--name", "a 'b'"])
    let again = try Program.run(weights.arguments + ["--json", "-"], in: folder)
    #expect(again.status == 0)
    func run(_ text: String, _ path: [String]) throws -> NSDictionary? {
      var value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
      for key in path { value = (value?[key] as? [NSDictionary])?.last { $0["runs"] != nil || key == "runs" } }
      return value
    }
    #expect(try run(again.output, ["runs"]) == run(folder.read("x.json"), ["results", "runs"]))
  }

  @Test(
    "Options of checkpoints and images reach every figure, and its numbers are those of the command",
    .enabled(if: isThere))
  func options() throws {
    let mff = try #require(Fixtures.mff)
    let network = ["--heads", "4", "--activation", "quick-gelu", "--layer-norm-eps", "0.001", "--pooling", "mean"]
    let pictures = ["--image-size", "48", "--crop-pct", "1.0", "--normalize", "clip"]
    let outcome = try Program.run(["report", mff] + network + pictures + quickly, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try decode(folder.read("report.json"))
    // Losses do not know quick-gelu: there is no reconstruction.
    #expect(report.results.map(\.command) == ["frequency", "weights"])
    for result in report.results {
      let words = result.command == "weights" ? network : network + pictures
      #expect(Array(result.arguments.dropFirst(2).prefix(words.count)) == words)
    }
    let alone = try Program.run(
      ["frequency", mff, "--count", "4", "--json", "-", "-q"] + network + pictures, in: folder)
    let plain = try Program.run(
      ["frequency", mff, "--count", "4", "--json", "-", "-q", "--image-size", "48"], in: folder)
    let layers = try layers(folder.read("report.json"), within: "results")
    #expect(try layers == self.layers(alone.output) && layers.count > 0)
    #expect(try layers != self.layers(plain.output))
  }

  /// The layers of the first model, of a result or of the first result in a report: every number with every digit.
  private func layers(_ text: String, within list: String? = nil) throws -> NSArray {
    var value = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    if let list { value = try #require((value[list] as? [NSDictionary])?.first) }
    return try #require((value["models"] as? [NSDictionary])?.first?["layers"] as? NSArray)
  }

  @Test("Without checkpoints, --name names the runs, and too many are refused")
  func runLabels() throws {
    try folder.write("weight_0,weight_1,step\n0.5,0.5,0\n0.6,0.4,10\n", to: "log.csv")
    let runs = ["report", "--over-training", "log.csv", "--fuse", "0,3"]
    let outcome = try Program.run(runs + ["--name", "mine"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      try decode(folder.read("report.json")).results.map(\.arguments)
        == [["weights", "--over-training", "log.csv", "--name", "mine", "--fuse", "0,3"]])
    let refused = try Program.run(runs + ["--name", "a", "--name", "b"], in: folder)
    #expect(refused.status == 64 && refused.errors.contains("2 times for 1 training run"), "\(refused.errors)")
  }

  @Test("What a checkpoint does not allow is left out, and the page says why", .enabled(if: isThere))
  func supervised() throws {
    let outcome = try Program.run(
      [
        "report", try #require(Fixtures.supervised), "--count", "4", "--batches", "1", "--top", "1", "--batch-size",
        "2",
      ],
      in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try decode(folder.read("report.json"))
    #expect(report.results.map(\.command) == ["frequency", "weights"])
    let gaps = try #require(report.gaps)
    #expect(gaps.map(\.section) == ["hessian", "reconstruction"])
    #expect(gaps[0].reason.contains("--labels") && gaps[1].reason.contains("no decoder"))
    let page = try folder.read("report.html")
    #expect(page.contains("id=\"hessian\"") && page.components(separatedBy: "<strong>Missing: </strong>").count == 3)
  }

  @Test("A teacher goes to the checkpoints that predict features, and to no others", .enabled(if: isThere))
  func teacher() throws {
    let supervised = try #require(Fixtures.supervised)
    let little = ["--no-frequency", "--no-reconstruction", "--batches", "1", "--top", "1", "--batch-size", "2"]
    let outcome = try Program.run(
      ["report", try #require(Fixtures.mae), try #require(Fixtures.eva), supervised, "--teacher", supervised] + little,
      in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try decode(folder.read("report.json"))
    let spectra = report.results.filter { $0.command == "hessian" }
    #expect(spectra.map { $0.arguments.contains("--teacher") } == [false, true])
    #expect(report.gaps?.map(\.section).contains("hessian") == true)
  }

  @Test("A file that cannot be read is said, and the others are shown", .enabled(if: isThere))
  func unreadable() throws {
    try folder.write("no checkpoint", to: "bad.bin")
    let outcome = try Program.run(["report", "bad.bin", try #require(Fixtures.mae)] + quickly, in: folder)
    #expect(outcome.status == 1 && outcome.errors.contains("bad.bin"))
    let report = try decode(folder.read("report.json"))
    #expect(report.models.count == 1 && report.gaps?.first?.reason.contains("bad.bin") == true)
  }

  @Test("Where nothing can be examined the status is 1 and nothing is written")
  func nothing() throws {
    try folder.write("no checkpoint", to: "bad.bin")
    let outcome = try Program.run(["report", "bad.bin", "--images", "."], in: folder)
    #expect(outcome.status == 1 && outcome.errors.contains("bad.bin"))
    #expect(try folder.entries() == ["bad.bin"])
  }

  @Test("Runs alone make a page of runs; one that cannot be read is said", .enabled(if: isThere))
  func runs() throws {
    try folder.write("weight_0,weight_1,step\n0.5,0.5,0\n0.6,0.4,10\n", to: "log.csv")
    let outcome = try Program.run(
      ["report", "--over-training", "log.csv", "missing", "-o", "r.html", "--json", "n.json"], in: folder)
    #expect(outcome.status == 1, "\(outcome.errors)")
    let report = try decode(folder.read("n.json"))
    #expect(report.models.isEmpty && report.results.map(\.command) == ["weights"])
    #expect(report.gaps?.first?.reason.contains("missing") == true)
    #expect(try folder.entries() == ["log.csv", "n.json", "r.html"])
  }

  @Test("--json - writes the numbers to standard output and nothing else", .enabled(if: isThere))
  func standardOutput() throws {
    let outcome = try Program.run(
      ["report", try #require(Fixtures.mff), "--json", "-", "-q", "--no-reconstruction"] + quickly, in: folder)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(try decode(outcome.output).results.map(\.command) == ["frequency", "weights"])
    #expect(try folder.entries() == ["report.html"])
  }

  @Test(
    "Wrong usage is status 64, before anything is read",
    arguments: [
      (["-o", "report.pdf"], "must end in .html"), (["--batches", "0"], "--batches must be"),
      (["--count", "0"], "--count must be"), (["--solver", "guess"], "--solver"),
      (["-o", "a.html", "--json", "a.html"], "same file"),
    ])
  func usage(arguments: [String], reason: String) throws {
    let outcome = try Program.run(["report"] + arguments, in: folder)
    #expect(outcome.status == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(try folder.entries().isEmpty)
  }

  @Test("An interruption leaves the page that was there before, and no draft", .enabled(if: isThere))
  func interrupted() throws {
    try folder.write("before", to: "report.html")
    let run = try Program.Running(["report", "--batches", "8"], in: folder)
    #expect(run.wait { run.errors.contains("mff-inspect hessian") })
    kill(run.process.processIdentifier, SIGINT)
    #expect(try run.wait().signal == SIGINT)
    #expect(try folder.entries() == ["report.html"])
    #expect(try folder.read("report.html") == "before")
  }
}
