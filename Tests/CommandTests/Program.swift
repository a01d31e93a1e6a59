import Foundation

/// The built program, run from outside as a user would.
enum Program {
  /// The executable, built into the same folder as this test.
  static let path: String = {
    let test = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return test.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("mff-inspect").path
  }()

  /// How a run ended.
  struct Outcome {
    /// The exit status; nil when a signal ended the program.
    var status: Int32?
    /// The signal that ended it.
    var signal: Int32?
    var output: String
    var errors: String

    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: What follows the program's name.
  ///   - folder: The current directory.
  ///   - limits: Shell commands that run before the program, such as `ulimit -v 1500000`.
  ///   - redirection: Shell redirections, such as `>/dev/full`.
  ///   - replacesShell: Whether the program takes the shell's place, so that signals reach it.
  /// - Returns: How it ended and what it said.
  /// - Throws: When it could not be started.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, limits: String = ":", redirection: String = "",
    replacesShell: Bool = true
  ) throws -> Outcome {
    let process = try Running(
      arguments, in: folder, limits: limits, redirection: redirection, replacesShell: replacesShell)
    return try process.wait()
  }

  /// A run that can be observed and interrupted.
  final class Running {
    let process = Process()
    private let streams: TemporaryFolder

    init(
      _ arguments: [String], in folder: TemporaryFolder, limits: String = ":", redirection: String = "",
      replacesShell: Bool = true
    ) throws {
      streams = try TemporaryFolder()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments =
        ["-c", "\(limits)\n\(replacesShell ? "exec" : "") \"$0\" \"$@\" \(redirection)", Program.path] + arguments
      process.currentDirectoryURL = folder.url
      var environment = ProcessInfo.processInfo.environment
      // A crash shall be seen as one, quickly; and the memory limits shall not depend on the number of cores.
      environment["SWIFT_BACKTRACE"] = "enable=no"
      environment["OPENBLAS_NUM_THREADS"] = "1"
      environment["MALLOC_ARENA_MAX"] = "2"
      process.environment = environment
      process.standardInput = FileHandle.nullDevice
      // Files, not pipes: a pipe that nobody reads would stop the program.
      process.standardOutput = try streams.create("stdout")
      process.standardError = try streams.create("stderr")
      try process.run()
    }

    /// What standard error holds by now.
    var errors: String { (try? streams.read("stderr")) ?? "" }

    /// Waits until `condition` holds; false when the program ended or a minute passed first.
    func wait(until condition: () -> Bool) -> Bool {
      for _ in 0..<6000 {
        if condition() { return true }
        guard process.isRunning else { return false }
        usleep(10_000)
      }
      return false
    }

    func wait() throws -> Outcome {
      process.waitUntilExit()
      let exited = process.terminationReason == .exit
      return Outcome(
        status: exited ? process.terminationStatus : nil, signal: exited ? nil : process.terminationStatus,
        output: try streams.read("stdout"), errors: try streams.read("stderr"))
    }
  }
}
