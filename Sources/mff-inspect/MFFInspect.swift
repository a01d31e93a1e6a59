import ArgumentParser
import Checkpoints
import Diagnostics
import Foundation
import Ranks

@main
struct MFFInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mff-inspect",
    abstract: "Tells, layer by layer, what a Vision Transformer learned.",
    discussion: """
      Loads MAE, MFF, DeiT, DINO, timm, MMPretrain, torchvision and Hugging Face checkpoints (PyTorch or safetensors), whatever \
      their name, and runs no code from them.

      EXAMPLES
        mff-inspect frequency
        mff-inspect hessian --solver lanczos
        mff-inspect weights --over-training work_dir/
        mff-inspect describe ckpt.bin
        mff-inspect frequency ckpt.bin
        mff-inspect frequency mae.pth mff.pth --images photos/ -o compare.pdf
      """,
    version: ToolVersion.current,
    subcommands: [
      FrequencyCommand.self, HessianCommand.self, WeightsCommand.self, ReconstructCommand.self, DescribeCommand.self,
      PretrainCommand.self,
      ReportCommand.self, ReproduceCommand.self, PlotCommand.self, SelfTestCommand.self,
    ])

  /// Runs the command line.
  ///
  /// Exit status: 0 done, 64 wrong usage, 1 anything else.
  static func main() {
    Signals.prepare()
    do {
      try Job.join()
      var command = parsed()
      try Job.check(command)
      try command.run()
      Job.ranks.leave()
    } catch {
      // The parser prints help, the version and what is wrong with the usage.
      // An exit code means that the command has said what there was to say.
      guard exitCode(for: error) == .failure, !(error is ExitCode) else { Job.stop(error) }
      Job.fail("\(error)")
    }
  }

  /// The command that the command line asks for.
  private static func parsed() -> any ParsableCommand {
    do {
      return try parseAsRoot()
    } catch {
      Job.refuse(unknownCommand() ?? error)
    }
  }
}

extension MFFInspect {
  /// What to say of a first word that is no command, with the one that was meant or the one for a file; nil where the word is one.
  private static func unknownCommand() -> ValidationError? {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard let word = ownArguments.first, !word.hasPrefix("-"), !names.contains(word) else { return nil }
    if FileManager.default.fileExists(atPath: word) {
      return ValidationError(
        "'\(word)' is a file and no command; say what to do with it, such as mff-inspect describe \(word)")
    }
    let distances = names.compactMap { name in
      editDistance(word, name, limit: max(1, name.count / 3)).map { (name: name, distance: $0) }
    }
    let meant = distances.min { $0.distance < $1.distance }
    let advice = meant.map { "Did you mean '\($0.name)'?" } ?? "mff-inspect --help lists them."
    return ValidationError("There is no command '\(word)'. \(advice)")
  }
}
