internal import VisionTransformers

/// Tensors that differ only by the index of their block, such as `blocks.0…11.attn.qkv.weight`.
struct TensorGroup {
  /// The name with the blocks' indices.
  let name: String
  /// The shape in words, with the type where it is not `f32`.
  let shape: String
  /// Why nothing uses them.
  let reason: String?

  private struct Key: Hashable {
    let pattern: String
    let shape: [Int]?
    let type: String?
    let reason: String?
  }

  /// Groups in the order of their first members.
  static func groups(of tensors: [TensorReport]) -> [TensorGroup] {
    var order: [Key] = []
    var indices: [Key: [Int]] = [:]
    for tensor in tensors {
      let name = NamePattern(tensor.name)
      let key = Key(pattern: name.pattern, shape: tensor.shape, type: tensor.type, reason: tensor.reason)
      if indices[key] == nil { order.append(key) }
      indices[key, default: []] += name.index.map { [$0] } ?? []
    }
    return order.map { key in
      TensorGroup(
        name: name(key.pattern, indices[key] ?? []), shape: words(key.shape, key.type), reason: key.reason)
    }
  }

  /// Each tensor by itself.
  static func single(_ tensors: [TensorReport]) -> [TensorGroup] {
    tensors.map { TensorGroup(name: $0.name, shape: words($0.shape, $0.type), reason: $0.reason) }
  }

  private static func name(_ pattern: String, _ indices: [Int]) -> String {
    guard let place = pattern.firstIndex(of: "#"), !indices.isEmpty else { return pattern }
    return pattern[..<place] + runs(indices.sorted()) + pattern[pattern.index(after: place)...]
  }

  /// 0, 1, 2, 5 as `0…2,5`.
  private static func runs(_ indices: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for index in indices {
      if let last = runs.last, last.upperBound + 1 == index {
        runs[runs.count - 1] = last.lowerBound...index
      } else {
        runs.append(index...index)
      }
    }
    return runs.map { run in
      switch run.count {
      case 1: "\(run.lowerBound)"
      case 2: "\(run.lowerBound),\(run.upperBound)"
      default: "\(run.lowerBound)…\(run.upperBound)"
      }
    }.joined(separator: ",")
  }

  private static func words(_ shape: [Int]?, _ type: String?) -> String {
    guard let shape else { return "" }
    let extents = shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
    return type.map { $0 == "f32" ? extents : "\(extents) \($0)" } ?? extents
  }
}
