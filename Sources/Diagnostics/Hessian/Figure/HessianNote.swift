internal import Foundation
internal import Hessian

extension HessianResult {
  /// The small words below a figure: what the eigenvalues are of, and how to read the marks.
  func note(_ series: [EigenvalueSeries], bandwidth: Double?, whole: SpectrumPanel?) -> String {
    [subject, reading(series, bandwidth), whole.map(reading)].compactMap(\.self).joined(separator: "\n")
  }

  // MARK: What it is about

  /// Which eigenvalues of which Hessian, and who found them.
  var subject: String {
    let all = joined ?? [settings]
    let (top, batches, size) = (all.map(\.top), all.map(\.batches), all.map(\.batchSize))
    let values =
      Set(top) == [1]
      ? "The eigenvalue of largest \(settings.which.words)"
      : "The \(Self.span(top)) eigenvalues of largest \(settings.which.words)"
    let groups = Set(batches) == [1] ? "1 batch" : "each of \(Self.span(batches)) batches"
    var words = "\(values) for \(groups) of \(Self.span(size)) \(Set(size) == [1] ? "image" : "images"). "
    words += "Loss: \(losses). Over \(parameterWords). "
    if settings.weightDecay > 0 { words += "Contains ½·\(Self.short(settings.weightDecay))·‖w‖². " }
    if all.contains(where: { $0.protocol == .park2022 }) {
      let some = all.contains { $0.protocol != .park2022 } ? " for some" : ""
      words += "Protocol of Park and Kim, 2022\(some). "
    }
    return words + "Solver: \(Self.once(all.map(\.solver.words))), "
      + "tolerance \(Self.once(all.map { Self.short($0.tolerance) }))."
  }

  /// One number, or the smallest and the largest of several.
  private static func span(_ numbers: [Int]) -> String {
    guard let low = numbers.min(), let high = numbers.max(), low < high else {
      return numbers.first.map(String.init) ?? ""
    }
    return "\(low) to \(high)"
  }

  /// Each word once, in order.
  private static func once(_ words: [String]) -> String {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }.joined(separator: " or ")
  }

  /// Every loss once, with how much is removed.
  private var losses: String {
    var seen: [String] = []
    for model in models {
      let removed = model.details.removedShare.map { ", \(Self.short(100 * $0)) % of patches removed" } ?? ""
      if !seen.contains(model.loss + removed) { seen.append(model.loss + removed) }
    }
    return seen.joined(separator: "; ")
  }

  private var parameterWords: String {
    var seen: Set<Int> = []
    let counts = models.map(\.details.parameters).filter { seen.insert($0).inserted }
    let numbers = counts.map(Self.count).joined(separator: ", ")
    switch settings.parameters {
    case "all": return "all parameters (\(numbers))"
    case "per-block": return "the parameters of one block at a time"
    default:
      let words = settings.parameters.split(separator: ":").joined(separator: " ")
      return "the parameters of \(words.hasPrefix("block") ? words : "the " + words) (\(numbers))"
    }
  }

  // MARK: How to read it

  private func reading(_ series: [EigenvalueSeries], _ bandwidth: Double?) -> String {
    var words: [String] = []
    if let bandwidth { words.append("Gaussian kernel, bandwidth \(Self.short(bandwidth)).") }
    let hasInterval = series.contains { $0.summary?.meanInterval != nil }
    let triangles = isByBlock && showsMagnitudes && series.contains { $0.values.contains { $0 < 0 } }
    let strokes =
      isByBlock
      ? "Pale: single eigenvalues\(triangles ? ", triangles negative ones" : ""); lines: means"
      : "Strokes: single eigenvalues; diamonds: means"
    words.append(strokes + (hasInterval ? " with 95 % intervals over batches." : "."))
    let open = series.reduce(0) { $0 + $1.open.count }
    if open > 0 {
      words.append(
        "Rings: \(open) \(open == 1 ? "value that has" : "values that have") not settled, with the interval that holds an eigenvalue."
      )
    }
    return words.joined(separator: " ")
  }

  private func reading(_ panel: SpectrumPanel) -> String {
    "Density of all eigenvalues: stochastic Lanczos quadrature, each node widened to a Gaussian of deviation "
      + "\(Self.short(panel.bandwidth)); dashed: the height of a single eigenvalue."
  }

  // MARK: Numbers

  /// At most three digits that count, without trailing zeros.
  static func short(_ value: Double) -> String { String(format: "%.3g", value) }

  /// A count as 123, 45.6k, 1.23M.
  static func count(_ value: Int) -> String {
    switch value {
    case ..<10_000: "\(value)"
    case ..<1_000_000: short(Double(value) / 1e3) + "k"
    case ..<1_000_000_000: short(Double(value) / 1e6) + "M"
    default: short(Double(value) / 1e9) + "G"
    }
  }
}

extension HessianSolver {
  /// The method in words.
  var words: String { self == .power ? "power iteration" : "Lanczos" }
}

extension HessianModel.Details {
  /// The share of patches removed, which are whole; nil for objectives that remove none.
  fileprivate var removedShare: Double? {
    let patches = grid.reduce(1, *)
    return maskRatio == nil || patches < 1 ? nil : Double(removedPatches) / Double(patches)
  }
}
