import Foundation

/// The data bundled with the program: checkpoints, a training run, images.
public enum Fixtures {
  /// The folder that holds them: beside the program, also when it was moved there together with the program, or the package's own.
  ///
  /// Nil when the program was installed without its data.
  public static let folder: String? = candidates.first { FileManager.default.fileExists(atPath: $0 + "/images") }

  private static var candidates: [String] {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().path
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    return [program.map { "\($0)/mff-inspect_Fixtures.resources" }, sources].compactMap(\.self)
  }

  /// 160 dead-leaves images of 64 × 64 pixels.
  public static var images: String? { folder.map { "\($0)/images" } }
  /// A small MAE with its decoder.
  public static var mae: String? { folder.map { "\($0)/ckpt.bin" } }
  /// An MFF of the same size, trained alike.
  public static var mff: String? { folder.map { "\($0)/mff.bin" } }
  /// A model that fuses all its layers and learned to predict the supervised one's features, in the manner of EVA.
  public static var eva: String? { folder.map { "\($0)/eva.safetensors" } }
  /// A supervised model that fuses all its layers.
  public static var supervised: String? { folder.map { "\($0)/supervised.safetensors" } }
  /// The run of an MAE that fuses all its layers: log and checkpoints.
  public static var run: String? { folder.map { "\($0)/run" } }
}
