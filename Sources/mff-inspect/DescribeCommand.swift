import ArgumentParser
import Checkpoints
import Diagnostics
import Foundation
import OutputFiles

struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "What checkpoints hold, and which diagnoses they allow.",
    discussion: """
      Container, naming, architecture with the source of each value, parameter counts, every tensor (used, ignored and why, \
      missing), fusion weights, what the file tells of its training, and which diagnoses it allows. Nothing is computed: \
      headers are read, and of the tensors only the fusion logits and, where it tells the family, the position embedding.

      The status is 0 for every sound file, also for one whose network cannot be computed with (the report says why) or that \
      holds tensors but no Vision Transformer. It is 1 for a file that is cut off, has a tensor that lies outside it, or is \
      no checkpoint; of several files, the others are reported all the same.

      What the diagnoses would assume of a file stands at the end of its report, and under `assumed` in the JSON; nothing is \
      computed, so --strict changes nothing here.

      EXAMPLES
        mff-inspect describe ckpt.bin
        mff-inspect describe mae.pth mff.pth -v
        mff-inspect describe model-folder/ --json -
      """)

  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions

  @Option(
    help: ArgumentHelp("Write the reports as JSON; - is standard output, and then nothing else is.", valueName: "file"))
  var json: String?

  @OptionGroup(title: "Run") var general: RunOptions

  func validate() throws {
    guard !checkpoints.checkpoints.isEmpty else { throw ValidationError("Name a checkpoint to describe.") }
  }

  func run() throws {
    let console = Console(quiet: general.quiet)
    if let json, json != "-" { try AtomicFile.check(json) }
    var reports: [ModelReport] = []
    var failed = false
    for request in try checkpoints.requests() {
      do {
        let report = try ModelReport(request)
        if json != "-" {
          let gap = reports.isEmpty ? "" : "\n"
          try printResult(Array((gap + report.text(verbose: general.verbose) + "\n").utf8))
        }
        reports.append(report)
      } catch let error as CheckpointError {
        failed = true
        console.fail("\(error)")
      }
    }
    // Numbers of some of the files could pass for those of all.
    guard !failed else { throw ExitCode(1) }
    guard let json else { return }
    let numbers = try encodeResult(
      DescribeResult(arguments: ownArguments, seed: general.seed, models: reports))
    if json == "-" { try printResult(numbers) } else { try AtomicFile.write(numbers, to: json) }
  }
}
