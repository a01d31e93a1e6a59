import ArgumentParser
import Diagnostics

@main
struct MFFInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mff-inspect",
    abstract: "Tells, layer by layer, what a Vision Transformer learned.",
    discussion: """
      Loads MAE, MFF, DeiT, DINO, timm, MMPretrain, torchvision and Hugging Face checkpoints (PyTorch or safetensors), whatever \
      their name, and runs no code from them.

      EXAMPLES
        mff-inspect frequency ckpt.bin
        mff-inspect frequency mae.pth mff.pth --name MAE --name MFF --images photos/ -o compare.pdf
        mff-inspect frequency
      """,
    version: ToolVersion.current,
    subcommands: [FrequencyCommand.self])
}
