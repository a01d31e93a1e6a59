import Checkpoints
import Diagnostics
import VisionTransformers

extension OpenedModel {
  /// What is examined and what was inferred, in one line; where each value is from and what is not used when asked for more.
  func remarks(verbose: Bool) -> [String] {
    let a = description.architecture
    let size = a.imageSize.map(String.init).joined(separator: " × ")
    var first =
      "\(request.name): \(request.path), \(checkpoint.container.title), \(place)\(description.dialect); ViT of \(a.depth) blocks × \(a.width), "
      + "\(a.heads) heads (\(description.sources["heads"]?.shortWords ?? "unknown")), \(size) px in patches of \(a.patchSize)"
    if let fusion = a.fusion {
      let layers = fusion.layers.map { $0.map(String.init).joined(separator: ",") } ?? "unknown"
      first += "; fuses layers \(layers)"
      if let source = description.sources["fusion.layers"] { first += " (\(source.shortWords))" }
    }
    var lines = [first] + variantRemark
    if !checkpoint.otherStateDictionaries.isEmpty {
      lines.append(
        "  weights from \(checkpoint.stateDictionary); also in the file: "
          + checkpoint.otherStateDictionaries.joined(separator: ", ") + " (--weights-from)")
    }
    if let encoder = description.facts.first(where: { $0.name == "encoder" }) {
      lines.append("  encoder: \(encoder.value) (\(encoder.source)); --weights-from names another")
    }
    guard verbose else { return lines }
    lines += description.sources.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
    let pixels = description.pixelNormalization
    lines.append("  pixels: mean \(pixels.mean), deviation \(pixels.deviation) (\(pixels.source))")
    lines += description.ignored.map { "  not used: \($0.tensor) (\($0.reason))" }
    return lines
  }

  /// How far training was, as the file or its name tells.
  private var place: String { TrainingPlace(of: checkpoint, at: request.path).words.map { "\($0), " } ?? "" }

  /// What the network computes otherwise than a plain ViT, and where that is from.
  private var variantRemark: [String] {
    let keys = ["perceptron", "norms", "relativePositions", "rotaryPositions"]
    let variant = description.architecture.variant
    guard variant != Architecture.Variant() || description.architecture.prefix.isEmpty else { return [] }
    let values = [
      "perceptron": "perceptron \(variant.perceptron.rawValue)",
      "norms": "norms of each branch's \(variant.norms.rawValue)",
      "relativePositions": "relative positions \(variant.relativePositions.rawValue)",
      "rotaryPositions": "rotary positions",
    ]
    let words = keys.compactMap { key in
      description.sources[key].map { source in "\(values[key] ?? key) (\(source.shortWords))" }
    }
    return ["  " + words.joined(separator: "; ")]
  }
}

extension FeatureFile {
  /// What is examined, in one line.
  var remark: String {
    let grids = Set(layers.map(\.grid))
    let first = layers[0].grid, last = layers[layers.count - 1].grid
    let words =
      grids.count == 1 ? "of \(first[0]) × \(first[1])" : "of \(first[0]) × \(first[1]) to \(last[0]) × \(last[1])"
    let names = layers.count == 1 ? layers[0].name : "\(layers[0].name) … \(layers[layers.count - 1].name)"
    return
      "\(name): \(path), \(checkpoint.container.title); features of \(counted(layers.count, "layer", "layers")) (\(names)), "
      + "\(counted(images, "image", "images")), maps \(words)"
  }
}

extension ValueSource {
  /// The source where a line of its own gives the reasons of what was assumed.
  fileprivate var shortWords: String {
    if case .assumed = self { "assumed" } else { description }
  }
}
