import Foundation
import Testing

@Suite("Results that cannot be written, and interruptions")
struct FailedWriteTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("old figure", to: "f.png")
    try folder.write("old numbers", to: "f.json")
    try folder.write("old table", to: "f.csv")
  }

  private let arguments = ["frequency", "-q", "--csv", "-o", "f.png"] + GoldenFiles.mae + GoldenFiles.images

  private func expectOldResult(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try folder.read("f.png") == "old figure", sourceLocation: sourceLocation)
    #expect(try folder.read("f.json") == "old numbers", sourceLocation: sourceLocation)
    #expect(try folder.read("f.csv") == "old table", sourceLocation: sourceLocation)
    let drafts = try folder.entries().filter { $0.hasPrefix(".") }
    #expect(drafts.isEmpty, sourceLocation: sourceLocation)
  }

  private func expectFailure(
    _ outcome: Program.Outcome, _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(outcome.status == 1, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix("Error: ") && outcome.errors.contains(fragment), "\(outcome.errors)",
      sourceLocation: sourceLocation)
    try expectOldResult(sourceLocation: sourceLocation)
  }

  @Test("A good run replaces all three") func replaced() throws {
    #expect(try Program.run(arguments, in: folder).status == 0)
    #expect(try folder.bytes("f.png").starts(with: [0x89, 0x50]))
    #expect(try folder.read("f.json").hasPrefix("{"))
    #expect(try folder.read("f.csv").hasPrefix("name,"))
    #expect(try folder.entries() == ["f.csv", "f.json", "f.png"])
  }

  @Test("A missing folder, a folder in the file's place: refused before anything is computed") func places() throws {
    try expectFailure(
      try Program.run(arguments + ["-o", "no/f.png"], in: folder), "no/f.png: its folder does not exist")
    try expectFailure(try Program.run(arguments + ["--json", "no/f.json"], in: folder), "no/f.json")
    try FileManager.default.createDirectory(atPath: folder.path("g.png"), withIntermediateDirectories: false)
    try expectFailure(try Program.run(arguments + ["-o", "g.png"], in: folder), "it is a folder")
  }

  @Test("A read-only folder", .enabled(if: getuid() != 0, "root may write everywhere"))
  func readOnly() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
    try expectFailure(try Program.run(arguments, in: folder), "no permission to write in its folder")
  }

  /// A limit stands for a full disk.
  ///
  /// `ulimit -f` makes writes beyond the limit fail as those on a full disk do. The table has 3 kB, the numbers 8 kB, the figure
  /// 50 kB: files that still fit must not appear either. The limit leaves room for the message.
  @Test("A disk that takes no more", arguments: [1, 4, 16])
  func fullDisk(kilobytes: Int) throws {
    let outcome = try Program.run(arguments, in: folder, limits: Limits.fileSize(kilobytes: kilobytes))
    try expectFailure(outcome, "cannot be written (File too large)")
  }

  @Test("A full device behind --json stays a device, and the figure does not change") func fullDevice() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path("full"), withDestinationPath: "/dev/full")
    try expectFailure(try Program.run(arguments + ["--json", "full"], in: folder), "No space left on device")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("full")) == "/dev/full")
  }

  @Test(
    "Standard output that is full or closed is status 1 with its reason", arguments: [">/dev/full", ">&-"],
    [[], ["--json", "-"]])
  func standardOutput(redirection: String, json: [String]) throws {
    let outcome = try Program.run(arguments + json, in: folder, redirection: redirection)
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("Error: standard output: cannot be written ("), "\(outcome.errors)")
  }

  @Test("A reader that has seen enough ends the program by SIGPIPE, without a word", arguments: [[], ["--json", "-"]])
  func closedPipe(json: [String]) throws {
    // The shell's own status is that of `true`; the file has the program's.
    let outcome = try Program.run(
      arguments + json, in: folder, redirection: "| true; exit ${PIPESTATUS[0]}", replacesShell: false)
    #expect(outcome.status == 128 + SIGPIPE && outcome.errors.isEmpty, "\(outcome)")
    #expect(try folder.entries().allSatisfy { !$0.hasSuffix(".partial") })
  }

  @Test("Nobody need listen to standard error", arguments: ["2>/dev/full", "2>&-", "2> >(true)"])
  func standardError(redirection: String) throws {
    let outcome = try Program.run(arguments.filter { $0 != "-q" }, in: folder, redirection: redirection)
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("mae-zip.pth: relative log amplitude\n"))
    #expect(try folder.read("f.json").hasPrefix("{"))
  }

  @Test(
    "Interrupted while it computes, the command ends by the signal and leaves the old result",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interruptedComputing(signal: Int32) throws {
    // 140 × 140 patches on one core: minutes of attention, so the signal surely comes first.
    let long = [
      "frequency", "--csv", "-o", "f.png", "--images", GoldenFiles.photographs, "--image-size", "560", "--threads", "1",
    ]
    let running = try Program.Running(long + GoldenFiles.mae, in: folder)
    #expect(running.wait { running.errors.contains("heads") })
    usleep(200_000)
    #expect(running.process.isRunning)
    kill(running.process.processIdentifier, signal)
    let outcome = try running.wait()
    #expect(outcome.signal == signal && outcome.output.isEmpty)
    try expectOldResult()
  }

  @Test(
    "Interrupted while it writes, the command removes its drafts and leaves the old result",
    arguments: [SIGINT, SIGTERM])
  func interruptedWriting(signal: Int32) throws {
    // The numbers go to a pipe that nobody reads: the command waits there, its drafts of the figure and of the table complete.
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    let running = try Program.Running(arguments + ["--json", "pipe"], in: folder)
    let drafts = { ((try? folder.entries()) ?? []).filter { $0.hasSuffix(".partial") } }
    #expect(running.wait { drafts().count == 2 })
    kill(running.process.processIdentifier, signal)
    #expect(try running.wait().signal == signal)
    try expectOldResult()
  }

  @Test("Numbers go through a pipe, which stays one") func pipe() throws {
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    let outcome = try Program.run(
      arguments + ["--json", "pipe"], in: folder, limits: "cat pipe > copy.json &", redirection: "")
    #expect(outcome.status == 0)
    #expect(try folder.read("f.json") == "old numbers")
    // `cat` may still be at work when the program has ended.
    for _ in 0..<500 where try !folder.read("copy.json").hasSuffix("}\n") { usleep(10_000) }
    #expect(try folder.read("copy.json").hasPrefix("{") && folder.read("copy.json").hasSuffix("}\n"))
    var status = stat()
    #expect(stat(folder.path("pipe"), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }
}
