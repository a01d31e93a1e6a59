public import Checkpoints
internal import Synchronization

/// The fusion logits of a checkpoint, found by their name alone: the rest of the network need not be one we can compute with.
public struct FusionLogits: Sendable, Hashable {
  /// The tensor's name in the file.
  public let tensor: String
  /// How many layers are fused.
  public let count: Int
  /// Blocks of the network, where its naming is known.
  public let depth: Int?
  /// The fused blocks; nil where nothing tells.
  public let layers: [Int]?
  /// Where the layers are from.
  public let layersSource: ValueSource?
  /// A list of layers that the file states and that cannot be right.
  public let refused: String?

  /// No network has more blocks; a longer tensor is no list of fusion weights.
  public static let countLimit = 4096

  /// The names that are looked for, with any prefix.
  public static let soughtNames: [String] = Array(
    Set(
      Dialect.all.flatMap { dialect in
        dialect.encoder.filter { $0.value == .whole("fusion.logits") }.keys
      })
  ).sorted()

  /// Other models inside a file have weights of their own.
  private static let foreignScopes = ["target_generator.", "teacher."]

  /// Finds the logits; nil for a checkpoint without any.
  ///
  /// - Parameters:
  ///   - checkpoint: The open file. Only its names, shapes and metadata are looked at.
  ///   - options: `--fuse`.
  /// - Throws: `ModelError` for several candidates, or one that is no list of weights.
  public init?(in checkpoint: Checkpoint, options: ModelOptions = ModelOptions()) throws(ModelError) {
    let candidates = checkpoint.tensors.filter { tensor in
      Self.soughtNames.contains { tensor.name == $0 || tensor.name.hasSuffix("." + $0) }
        && !Self.foreignScopes.contains { tensor.name.contains($0) }
    }
    guard let shortest = candidates.min(by: { $0.name.utf8.count < $1.name.utf8.count }) else { return nil }
    guard candidates.count == 1 else {
      throw .severalTensors(
        file: checkpoint.path, parameter: "fusion.logits", tensors: candidates.map(\.name))
    }
    guard shortest.count > 0, shortest.count <= Self.countLimit, shortest.shape.count(where: { $0 != 1 }) <= 1 else {
      throw .unusableShape(
        file: checkpoint.path, tensor: shortest.name, shape: shortest.shape,
        reason: "one fusion weight for each fused block is needed")
    }
    tensor = shortest.name
    count = shortest.count
    let depth = Self.depth(checkpoint, prefix: Self.prefix(of: shortest.name))
    self.depth = depth
    let stated = FusedLayers.stated(
      count: count, depth: depth, option: options.fuse,
      configuration: Settings.configurationText(checkpoint.metadata).map { (Self.configuration($0), "meta.cfg") },
      metadata: checkpoint.metadata)
    let isPossible = stated.map { FusedLayers.isPossible($0.0, count: shortest.count, depth: depth) } ?? false
    layers = isPossible ? stated?.0 : nil
    layersSource = isPossible ? stated?.1 : nil
    refused =
      isPossible
      ? nil
      : stated.map {
        "\($0.1) states the fused layers \($0.0.map(String.init).joined(separator: ",")), but \(shortest.count) ascending block "
          + "indices" + (depth.map { " that end with \($0 - 1)" } ?? "") + " are needed"
      }
  }

  /// The configuration read last: all checkpoints of a run hold the same text, which takes longer to read than the rest of the file.
  private static let lastConfiguration = Mutex<(text: String, config: PythonConfig)?>(nil)

  private static func configuration(_ text: String) -> PythonConfig {
    lastConfiguration.withLock { last in
      if let last, last.text == text { return last.config }
      let config = PythonConfig(text)
      last = (text, config)
      return config
    }
  }

  private static func prefix(of name: String) -> String {
    let sought = soughtNames.first { name == $0 || name.hasSuffix("." + $0) } ?? ""
    return String(name.dropLast(sought.count))
  }

  /// Blocks beside the logits, in the naming of any dialect.
  private static func depth(_ checkpoint: Checkpoint, prefix: String) -> Int? {
    for dialect in Dialect.all {
      for blocks in dialect.blocks {
        let scope = prefix + blocks
        let indices = Set(
          checkpoint.tensors.lazy.filter { $0.name.hasPrefix(scope) }.compactMap {
            Int($0.name.dropFirst(scope.count).prefix { $0 != "." })
          })
        if let last = indices.max(), indices.count == last + 1 { return indices.count }
      }
    }
    return nil
  }
}

extension FusionLogits {
  /// The fused blocks that a run's configuration tells, for logs that name positions only.
  ///
  /// - Parameters:
  ///   - count: Weights in the log.
  ///   - python: MMEngine's configuration as Python source, and its file's name.
  ///   - option: `--fuse`.
  /// - Returns: Layers and their source; nil where they are not told.
  public static func layers(
    count: Int, python: (text: String, file: String)?, option: [Int]?
  ) -> (layers: [Int], source: ValueSource)? {
    let config = python.map { (PythonConfig($0.text), $0.file) }
    let backbone = config?.0.section("backbone")
    let depth =
      backbone?.section("arch")?.integer("num_layers") ?? MMEngineBackbone.depth(named: backbone?.string("arch") ?? "")
    guard
      let (layers, source) = FusedLayers.stated(
        count: count, depth: depth, option: option, configuration: config, metadata: .null),
      FusedLayers.isPossible(layers, count: count, depth: depth)
    else { return nil }
    return (layers, source)
  }
}
