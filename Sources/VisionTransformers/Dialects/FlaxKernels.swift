internal import Checkpoints

/// How Flax lays out kernels: inputs before outputs, attention heads as an axis of their own.
enum FlaxKernels {
  /// The axes of a stored tensor in the order of our parameter, those joined that are one there; nil where they are the same.
  ///
  /// | our parameter | stored | ours |
  /// | --- | --- | --- |
  /// | patch kernel | [P, P, 3, D] | [D, 3, P, P] |
  /// | queries, keys, values | [D, H, D/H] | [D, D], outputs first |
  /// | their biases | [H, D/H] | [D] |
  /// | output of attention | [H, D/H, D] | [D, D], outputs first |
  /// | perceptron, head | [in, out] | [out, in] |
  ///
  /// - Parameters:
  ///   - parameter: Our name.
  ///   - rank: The number of stored axes.
  /// - Returns: As `Checkpoint.read(_:axes:into:)` takes them.
  static func axes(of parameter: ParameterName, rank: Int) -> [[Int]]? {
    if parameter.hasSuffix("attention.qkv.bias"), rank == 2 { return [[0, 1]] }
    return kernels.first { parameter.hasSuffix($0.name) && $0.axes.flatMap(\.self).count == rank }?.axes
  }

  private static let kernels: [(name: String, axes: [[Int]])] = [
    ("patch.weight", [[3], [2], [0], [1]]), ("attention.qkv.weight", [[1, 2], [0]]),
    ("attention.output.weight", [[2], [0, 1]]), ("mlp.fc1.weight", [[1], [0]]), ("mlp.fc2.weight", [[1], [0]]),
    ("head.weight", [[1], [0]]),
  ]

  /// The number of axes that a kernel must have; nil for what is no kernel.
  ///
  /// One with another number could not be turned, and read as it lies it would give wrong results.
  static func rank(of parameter: ParameterName) -> Int? {
    kernels.first { parameter.hasSuffix($0.name) }.map { $0.axes.flatMap(\.self).count }
  }

  /// The axes of every tensor that a file's parameters are made of and that does not lie as ours.
  static func axes(of sources: [ParameterName: [Int: String]], in checkpoint: Checkpoint) -> [String: [[Int]]] {
    var axes: [String: [[Int]]] = [:]
    for (parameter, parts) in sources {
      for tensor in parts.values {
        axes[tensor] = checkpoint.tensor(named: tensor).flatMap { Self.axes(of: parameter, rank: $0.shape.count) }
      }
    }
    return axes
  }
}

extension NameResolution {
  /// The attention heads that kernels show as an axis of their own; nil in other namings.
  ///
  /// - Throws: `ModelError` where blocks differ.
  func headsOfKernels(depth: Int) throws(ModelError) -> Int? {
    guard dialect.hasFlaxKernels else { return nil }
    var heads: Int?
    for block in 0..<depth {
      guard let tensor = tensor(of: "blocks.\(block).attention.qkv.weight"), let shape = storedShape(of: tensor),
        shape.count == 3
      else { continue }
      if let heads, heads != shape[1] {
        throw .shapeMismatch(
          file: file, tensor: tensor, expected: [shape[0], heads, shape[0] / max(1, heads)], found: shape)
      }
      heads = shape[1]
    }
    return heads
  }
}
