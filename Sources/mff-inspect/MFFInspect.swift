import ArgumentParser
import Diagnostics
import Foundation

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
      ReportCommand.self, ReproduceCommand.self, PlotCommand.self,
    ])

  /// Runs the command line.
  ///
  /// Exit status: 0 done, 64 wrong usage, 1 anything else.
  static func main() {
    Signals.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // The parser prints help, the version and what is wrong with the usage.
      // An exit code means that the command has said what there was to say.
      guard exitCode(for: error) == .failure, !(error is ExitCode) else { exit(withError: error) }
      writeMessage("Error: \(error)")
      Foundation.exit(ExitCode.failure.rawValue)
    }
  }
}
