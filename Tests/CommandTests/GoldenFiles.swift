import Foundation

/// Small checkpoints and images that other test targets keep.
enum GoldenFiles {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  static func frequency(_ name: String) -> String {
    tests.appendingPathComponent("DiagnosticsTests/Golden/frequency/\(name)").path
  }

  static let photographs = tests.appendingPathComponent("DiagnosticsTests/Golden/photographs").path

  /// Archives that lie, by name.
  static let hostile = tests.appendingPathComponent("CheckpointsTests/Golden/hostile").path

  static var hostileNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: hostile)) ?? []).filter { $0.hasSuffix(".pth") }.sorted()
  }

  /// A checkpoint with two blocks on a 14 × 14 grid, and what a user must say of it.
  static let mae = [frequency("mae-zip.pth"), "--heads", "4"]
  static let timm = [frequency("timm-vit.safetensors"), "--heads", "3"]
  /// Images that fit both.
  static let images = ["--images", frequency("images-56x56.safetensors")]
}
