internal import Checkpoints
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
      guard let data = FileManager.default.contents(atPath: file), data.count < 16 << 20 else { continue }
      if option == nil, let stated = Self.layers(inJSON: Array(data), file, count: count) {
        layers = stated
        source = file.lastComponent
        return
      }
      guard let text = String(data: data, encoding: .utf8),
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

  /// What a run's `config.json` lists under `fuse`: the recipe that this program writes.
  private static func layers(inJSON bytes: [UInt8], _ file: String, count: Int) -> [Int]? {
    guard file.hasSuffix(".json"), let value = try? MetadataValue(json: bytes, path: file),
      let layers = value["fuse"]?.list?.compactMap(\.int), layers.count == count,
      zip(layers, layers.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    return layers
  }
}
