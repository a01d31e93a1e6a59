import Checkpoints
import Foundation
import VisionTransformers

/// The results of reference programs.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden").path

  static func checkpoint(_ name: String) throws -> Checkpoint { try Checkpoint(opening: "\(folder)/\(name)") }

  static func model(_ name: String) throws -> VisionTransformer { try load("\(folder)/\(name)") }

  /// Any checkpoint with its decoder.
  static func load(_ path: String) throws -> VisionTransformer {
    try ModelDescription(Checkpoint(opening: path)).loadForLoss(.pixels(normalized: true))
  }
}
