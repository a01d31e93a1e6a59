internal import Foundation
internal import VisionTransformers

/// Which blocks a run fuses, from where that is known, or what was stated and cannot be.
struct LayersFact: Hashable {
  var layers: [Int]?
  var source: String?
  var refused: String?

  /// What a checkpoint tells of weights of that number.
  init(_ logits: FusionLogits?, count: Int) {
    guard let logits, logits.count == count else { return }
    layers = logits.layers
    source = logits.layersSource?.description
    refused = logits.refused
  }

  /// What a run's configurations tell of a log with that many weights; the latest that tells counts.
  init(count: Int, configurations: [String], _ option: [Int]?) {
    for file in configurations.reversed() {
      guard let text = try? String(contentsOfFile: file, encoding: .utf8), text.utf8.count < 16 << 20,
        let found = FusionLogits.layers(count: count, python: (text, file.lastComponent), option: option)
      else { continue }
      layers = found.layers
      source = found.source.description
      return
    }
    if let found = FusionLogits.layers(count: count, python: nil, option: option) {
      layers = found.layers
      source = found.source.description
    } else if let option {
      refused = "--fuse names \(option.count) layers, but the log has \(count) weights (ascending indices are needed)"
    }
  }
}
