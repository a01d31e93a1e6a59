/// Why images cannot be reconstructed.
public enum ReconstructionError: Error, Sendable, Hashable {
  case refused(file: String, reason: String, allowed: [String])
  case untrainedSize(model: String, size: [Int], trained: [Int])
  case maskRatio(model: String, ratio: Double, source: String, removed: Int, patches: Int)
  case failed(model: String, reason: String)
}

extension ReconstructionError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .refused(let file, let reason, let allowed):
      "\(file): cannot reconstruct: \(reason)"
        + (allowed.isEmpty
          ? "" : "; this file allows " + allowed.map { "`mff-inspect \($0)`" }.joined(separator: " and "))
    case .untrainedSize(let model, let size, let trained):
      "\(model) was trained at \(trained[0]) × \(trained[1]) pixels, and its decoder knows the positions of that grid only; "
        + "reconstruct at that size, not at \(size[0]) × \(size[1])"
    case .maskRatio(let model, let ratio, let source, let removed, let patches):
      "\(model): a mask ratio of \(ratio) (\(source)) removes \(removed) of \(patches) patches; "
        + "some must be removed and some stay: give another --mask-ratio"
    case .failed(let model, let reason):
      "\(model): \(reason)"
    }
  }
}
