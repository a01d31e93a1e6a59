import ArgumentParser
import Tensors

/// The command line after the program's name.
var ownArguments: [String] { Array(CommandLine.arguments.dropFirst()) }

/// What every command that computes says of the run.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Decides everything random.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Processor cores to use (default: all that this process may use).", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Where to compute: there is cpu, and nothing else.", valueName: "device"))
  var device: String?

  @Flag(help: "Refuse where anything that changes a number would be assumed, and list the options to give.")
  var strict = false

  @Flag(name: .shortAndLong, help: "No progress and no remarks.")
  var quiet = false

  @Flag(
    name: .shortAndLong,
    help: "More remarks: the matrix kernel, where each value of the architecture comes from, tensors not used.")
  var verbose = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    try Self.check(device: device)
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
  }

  /// Refuses a place that nothing can be computed on.
  static func check(device: String?) throws {
    guard let device, device != "cpu" else { return }
    throw ValidationError(
      "--device \(device): everything is computed on the processor; leave the option out, or give --device cpu.")
  }

  /// What is handed on beside a command line that tells the seed already.
  var wordsButSeed: [String] {
    var options = self
    options.seed = Self.usual.seed
    return options.words
  }

  var team: Team { Job.team(threads: threads) }

  /// Where remarks go; says at once with what matrices are multiplied, and what slows that down.
  ///
  /// - Throws: Why they cannot be.
  var console: Console {
    get throws {
      let console = Console(quiet: quiet)
      let kernel = try Job.kernel(console)
      if verbose { console.remark(kernel.words) }
      return console
    }
  }
}
