import Foundation
import Testing

@Suite("reproduce")
struct ReproduceCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let arguments = ["reproduce", "--trial", "-o", "out", "--threads", "2"]

  private func object(_ file: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(folder.bytes(file))) as? [String: Any])
  }

  /// When each checkpoint was written.
  private func dates() throws -> [String: Date] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out/models")).sorted()
    let pairs = try names.map { name in
      let file = folder.path("out/models/\(name)/epoch_1.safetensors")
      return (name, try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date ?? .distantPast)
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  @Test(
    "Killed in the middle it goes on; once complete a second run computes nothing; one process and one scale to a folder"
  )
  func wholeCourse() throws {
    // Killed while models are trained.
    let killed = try Program.Running(arguments, in: folder)
    #expect(killed.wait { killed.errors.contains("trained mae-seed-1") }, "\(killed.errors)")
    let second = try Program.run(arguments, in: folder)
    #expect(second.status == 1 && second.errors.contains("another process works in this folder"), "\(second)")
    kill(killed.process.processIdentifier, SIGKILL)
    #expect(try killed.wait().signal == SIGKILL)
    let early = try FileManager.default.attributesOfItem(atPath: folder.path("out/models/mae/epoch_1.safetensors"))

    try leaveOtherJournal()
    let outcome = try Program.run(arguments, in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("figure-5.json.partial: of a run with other settings; figure-5 begins anew"))
    #expect(outcome.output.contains("Fig. 1: ") && outcome.output.contains("at this scale"))
    #expect(!outcome.errors.contains("trained mae-seed-1"))
    let written = try dates()
    #expect(written.count == 14)
    #expect(written["mae"] == early[.modificationDate] as? Date)
    try expectResult()
    try expectCommandLineMakesTheSame()

    let numbers = try folder.bytes("out/reproduce.json")
    let page = try folder.bytes("out/report.html")
    let again = try Program.run(arguments, in: folder)
    #expect(
      again.status == 0 && !again.errors.contains("wrote figures") && !again.errors.contains("trained"), "\(again)")
    #expect(try dates() == written)
    #expect(try folder.bytes("out/reproduce.json") == numbers)
    #expect(try folder.bytes("out/report.html") == page)

    let other = try Program.run(["reproduce", "--quick", "-o", "out"], in: folder)
    #expect(other.status == 1 && other.errors.contains("holds a reproduction of another scale or seed"), "\(other)")
  }

  /// A journal as a reproduction leaves it that was killed in its fifth figure and ran on another number of cores.
  private func leaveOtherJournal() throws {
    let hessian = [
      "hessian", "out/models/mae/epoch_1.safetensors", "--batches", "1", "--batch-size", "2", "--top", "1", "--solver",
      "lanczos", "--threads", "1", "-o", "h.png",
    ]
    // 16 KB: the journal fits, the figure does not.
    let failed = try Program.run(hessian, in: folder, limits: Limits.fileSize(kilobytes: 16))
    #expect(failed.status == 1 && failed.errors.contains("--resume goes on"), "\(failed.errors)")
    try FileManager.default.createDirectory(atPath: folder.path("out/figures"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: folder.path("h.json.partial"), toPath: folder.path("out/figures/figure-5.json.partial"))
  }

  private func expectResult() throws {
    let result = try object("out/reproduce.json")
    #expect(result["command"] as? String == "reproduce")
    let claims = try #require(result["claims"] as? [[String: Any]])
    #expect(
      claims.compactMap { $0["figure"] as? String } == ["Fig. 1", "Fig. 2", "Fig. 4", "Fig. 5", "Fig. 6", "Fig. 8"])
    // The first claim from the numbers of its figure, by hand.
    let runs = try #require(try object("out/figures/figure-1.json")["runs"] as? [[String: Any]])
    let growth = runs.compactMap { run -> Double? in
      guard let points = run["points"] as? [[String: Any]], let first = points.first?["weights"] as? [Double],
        let last = points.last?["weights"] as? [Double]
      else { return nil }
      return last.prefix(4).reduce(0, +) - first.prefix(4).reduce(0, +)
    }
    let statistic = try #require((claims[0]["statistics"] as? [[String: Any]])?.first)
    let values = try #require(statistic["values"] as? [Double])
    #expect(growth.count == 3 && values.count == 3)
    // The same sums in another order.
    for (mine, its) in zip(growth, values) { #expect(abs(mine - its) < 1e-12) }
    let page = try folder.read("out/report.html")
    for claim in claims { #expect(page.contains(try #require(claim["quote"] as? String).prefix(20))) }
  }

  /// The command line of a figure, as its result and the page tell it, gives the figure's numbers.
  private func expectCommandLineMakesTheSame() throws {
    let analyses = try #require(try object("out/reproduce.json")["analyses"] as? [[String: Any]])
    let analysis = try #require(analyses.first { $0["name"] as? String == "figure-6" })
    let made = try object("out/figures/figure-6.json")
    let words = try #require(analysis["arguments"] as? [String])
    #expect(made["arguments"] as? [String] == words)
    let inside = "cd out || exit"
    #expect(try Program.run(words + ["--json", "figures/again.json"], in: folder, limits: inside).status == 0)
    let again = try object("out/figures/again.json")
    #expect(made["runs"] as? NSArray == again["runs"] as? NSArray)
    try FileManager.default.removeItem(atPath: folder.path("out/figures/again.json"))
  }

  @Test("The recipe is that of the bundled models, but for what does not decide about weights") func recipe() throws {
    // A run that is stopped at once has its recipe written.
    let running = try Program.Running(["reproduce", "--full", "-o", "full", "--threads", "4"], in: folder)
    let file = "full/models/pilot/config.json"
    #expect(running.wait { FileManager.default.fileExists(atPath: folder.path(file)) }, "\(running.errors)")
    running.process.interrupt()
    let outcome = try running.wait()
    #expect(outcome.signal == SIGINT && outcome.errors.contains("the same command goes on"), "\(outcome)")
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/run/config.json")
    var bundled = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: source)) as? [String: Any])
    var own = try object(file)
    for key in ["epochsPerCheckpoint", "halfPrecision"] {
      bundled[key] = nil
      own[key] = nil
    }
    #expect(own as NSDictionary == bundled as NSDictionary)
  }

  @Test(
    "Wrong usage is refused with status 64",
    arguments: [["--quick", "--full"], ["--trial", "--quick"], ["--threads", "0"]])
  func usage(_ options: [String]) throws {
    #expect(try Program.run(["reproduce"] + options, in: folder).status == 64)
  }
}
