import ArgumentParser
import Diagnostics
import Fixtures
import Foundation
import OutputFiles
import Ranks

struct SelfTestCommand: DividedCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Whether this installation computes right on this machine.",
    discussion: """
      Compares a bundled model with numbers of double precision (spectra of every layer, loss, gradient, Hessian-vector product), \
      names the matrix kernel and measures it beside what the processor's registers allow, and looks at the font of figures and at \
      the right to write here and into the folder for temporary files. Under mpirun every rank looks at its own machine, and the \
      exchange between them is checked. Takes a few seconds. The status is 1 where something failed, and an arrow says what to do. \
      Include the output in a report of a bug.

      EXAMPLES
        mff-inspect selftest
        mff-inspect selftest --json -
        mpirun -n 2 mff-inspect selftest
      """)

  @Option(
    help: ArgumentHelp(
      "Write what was found as JSON; - is standard output, and then nothing else is.", valueName: "file"))
  var json: String?

  @OptionGroup(title: "Run") var general: RunOptions

  func run() throws {
    if let json, json != "-", Job.ranks.isFirst { try AtomicFile.check(json) }
    var test = SelfTest(bundledData: Fixtures.folder)
    test.folders = [FileManager.default.currentDirectoryPath, FileManager.default.temporaryDirectory.path]
    test.team = general.team
    test.ranks = Job.ranks
    test.seed = general.seed
    test.arguments = ownArguments
    let result = try test.run()
    if Job.ranks.isFirst {
      if json != "-" { try printResult(Array("mff-inspect \(result.version)\n\(result.table)".utf8)) }
      if let json {
        let numbers = try encodeResult(result)
        if json == "-" { try printResult(numbers) } else { try AtomicFile.write(numbers, to: json) }
      }
    }
    // Other ranks know of their own checks only, and all must end alike.
    Job.ranks.barrier()
    guard try Job.ranks.broadcast(result.passed) else { throw ExitCode(1) }
  }
}
