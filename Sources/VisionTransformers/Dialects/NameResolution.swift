internal import Checkpoints

/// A checkpoint's tensors sorted by what they are to us.
struct NameResolution: Sendable {
  let file: String
  let dialect: Dialect
  /// What stands before the encoder's names.
  let prefix: String
  /// What stands before the names of decoder and heads.
  let root: String
  /// Our parameter → the foreign tensors it is made of, one or as many as it has parts.
  let sources: [ParameterName: [Int: String]]
  /// Why this encoder, and the prefixes of others; its source is nil where there is one only.
  let choice: EncoderChoice
  /// Tensors that are not used, and why.
  let ignored: [IgnoredTensor]
  /// Tensors below the encoder's prefix of which nothing is known.
  let unknown: [String]
  /// Why the model cannot be computed with, judged by names and by the tensors that belong together; empty for a sound one.
  private(set) var obstacles: [ModelError]
  /// Why its decoder cannot, by the same measure.
  private(set) var decoderObstacles: [ModelError]
  /// Why its classification head cannot: parts of one that is no linear layer come first.
  private(set) var headObstacles: [ModelError]
  /// Whether the file has the layout of DINO's own runs: a student and a teacher.
  let isDINO: Bool
  /// Whether the tensors lie in safetensors files.
  let isSafetensors: Bool
  /// How many parts our parameters have in the file's naming.
  let partCounts: [ParameterName: Int]
  /// Tensors that repeat one of our parameters, by its name.
  let copies: [ParameterName: [String]]
  /// The axes of tensors that lie otherwise than our parameters, as `Checkpoint.read(_:axes:into:)` takes them.
  let axes: [String: [[Int]]]
  /// Whether a block in three parts has a bias of keys.
  private let hasKeyBias: Bool
  /// The shapes as our parameters have them.
  private let shapes: [String: [Int]]
  let checkpoint: Checkpoint

  /// Finds the dialect and sorts every tensor; tensors of a block that no table covers are obstacles.
  ///
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - headPrefix: What stands before `weight` and `bias` of the classification head, where its name is unusual.
  /// - Throws: `ModelError` where no naming is known, or no encoder stands under the prefix asked for.
  init(_ checkpoint: Checkpoint, headPrefix: String? = nil) throws(ModelError) {
    file = checkpoint.path
    isDINO = ["student", "teacher"].contains(checkpoint.stateDictionary)
    self.checkpoint = checkpoint
    let names = checkpoint.tensors.map(\.name)
    guard
      let choice = try EncoderChoice.choose(among: names, requested: checkpoint.requestedPrefix, file: checkpoint.path)
    else {
      throw .unknownDialect(
        file: checkpoint.path, examples: Array(names.prefix(3)), stated: ConfigurationReading.title(of: checkpoint))
    }
    let (dialect, prefix) = (choice.dialect, choice.prefix)
    self.choice = choice
    var sorter = TensorSorter(file: checkpoint.path, dialect: dialect, prefix: prefix, headPrefix: headPrefix)
    for name in names { sorter.sort(name) }
    self.dialect = dialect
    self.prefix = prefix
    root = sorter.root
    sources = sorter.sources
    hasKeyBias = sorter.sources.contains { $0.value[1] != nil && NamePattern($0.key).pattern == Self.biases }
    let axes = dialect.hasFlaxKernels ? FlaxKernels.axes(of: sorter.sources, in: checkpoint) : [:]
    self.axes = axes
    // Names that differ in bytes may be equal as text (é, e + ´); none of those is a name of ours.
    shapes = Dictionary(
      checkpoint.tensors.map { tensor in
        (tensor.name, axes[tensor.name].map { tensor.shape(joining: $0) } ?? tensor.shape)
      }
    ) { first, _ in first }
    ignored = sorter.ignored
    unknown = sorter.unknown
    isSafetensors = [.safetensors, .shardedSafetensors].contains(checkpoint.container)
    partCounts = sorter.partCounts
    copies = sorter.copies
    (obstacles, decoderObstacles, headObstacles) = (sorter.obstacles, sorter.decoderObstacles, sorter.headObstacles)
    let broken = brokenParameters()
    obstacles += broken.network
    decoderObstacles += broken.decoder
    headObstacles += broken.head
  }

  /// What keeps parameters from being put together: those of encoder and decoder, of the decoder alone, and of the head.
  private func brokenParameters() -> (network: [ModelError], decoder: [ModelError], head: [ModelError]) {
    var network: [ModelError] = []
    var decoder: [ModelError] = []
    var head: [ModelError] = []
    for (parameter, parts) in sources.sorted(by: { $0.key < $1.key }) {
      do throws(ModelError) {
        try check(parts.sorted { $0.key < $1.key }, of: parameter, count: partCounts[parameter] ?? 1)
      } catch {
        if parameter.hasPrefix("head.") { head.append(error) } else { network.append(error) }
        if parameter.hasPrefix("decoder.") { decoder.append(error) }
      }
    }
    return (network, decoder, head)
  }

  /// Every tensor must hold values, and parts that are put together (queries, keys, values) must all be there with one shape.
  private func check(_ parts: [(key: Int, value: String)], of parameter: ParameterName, count: Int) throws(ModelError) {
    for (_, tensor) in parts {
      let shape = shapes[tensor] ?? []
      guard !shape.contains(0) else {
        throw .unusableShape(
          file: file, tensor: tensor, shape: shape, reason: "it holds no values; take a complete checkpoint")
      }
      if dialect.hasFlaxKernels, let rank = FlaxKernels.rank(of: parameter), let stored = storedShape(of: tensor),
        stored.count != rank
      {
        throw .unusableShape(
          file: file, tensor: tensor, shape: stored, reason: "a kernel of Flax has \(rank) axes here")
      }
      guard shape == shapes[parts[0].value] else {
        throw .shapeMismatch(file: file, tensor: tensor, expected: shapes[parts[0].value] ?? [], found: shape)
      }
    }
    let isMissing = { part in !parts.contains { $0.key == part } && !isOptional(part, of: parameter) }
    if let missing = (0..<count).first(where: isMissing) {
      throw .missingTensor(
        file: file,
        tensor: foreignName(of: parameter, part: count > 1 ? missing : nil, beside: parts[0].value),
        dialect: dialect.title)
    }
  }

  /// Whether a part of a parameter may be absent: the bias of keys, which BEiT and EVA leave out of every block.
  func isOptional(_ part: Int, of parameter: ParameterName) -> Bool {
    part == 1 && !hasKeyBias && NamePattern(parameter).pattern == Self.biases
  }

  private static let biases = "blocks.#.attention.qkv.bias"

  /// Whether the first row of the position embedding, the class token's, is all zeros, as in MAE's fixed embedding.
  ///
  /// Reads that row. One that cannot be read counts as not zero, and is reported when the model is loaded.
  func classPositionIsZero(width: Int) -> Bool {
    // No network is that wide: its row is not worth the memory.
    guard width <= 1 << 16, let tensor = tensor(of: "position"),
      let values = try? checkpoint.floats(tensor, first: width)
    else { return false }
    return values.allSatisfy { $0 == 0 }
  }

  /// The shape of a tensor as it lies in the file.
  func storedShape(of tensor: String) -> [Int]? { checkpoint.tensor(named: tensor)?.shape }

  /// The foreign tensor behind a parameter that has no parts.
  func tensor(of parameter: ParameterName) -> String? { sources[parameter]?[0] }

  /// The shape of our parameter, parts put together along the first axis; nil when the file has none.
  ///
  /// No extent is 0.
  func shape(of parameter: ParameterName) -> [Int]? {
    guard let parts = sources[parameter], var shape = parts.values.first.flatMap({ shapes[$0] }) else { return nil }
    if !shape.isEmpty { shape[0] *= partCounts[parameter] ?? 1 }
    return shape
  }

  /// The shape of a parameter that a model cannot be without.
  func requiredShape(of parameter: ParameterName, dimensions: Int) throws(ModelError) -> [Int] {
    guard let shape = shape(of: parameter) else {
      throw .missingTensor(file: file, tensor: foreignName(of: parameter), dialect: dialect.title)
    }
    guard shape.count == dimensions else {
      throw .unusableShape(
        file: file, tensor: tensor(of: parameter) ?? parameter, shape: shape, reason: "\(dimensions) axes are needed")
    }
    return shape
  }

  /// How many blocks there are, whose indices must be 0 … N − 1.
  func depth(of blocks: String) throws(ModelError) -> Int {
    let indices = Set(
      sources.keys.lazy.filter { $0.hasPrefix(blocks) }.compactMap {
        Int($0.dropFirst(blocks.count).prefix { $0 != "." })
      })
    guard let last = indices.max() else { return 0 }
    guard indices.count == last + 1 else {
      let missing = (0...last).first { !indices.contains($0) } ?? 0
      throw .missingTensor(
        file: file, tensor: foreignName(of: "\(blocks)\(missing).norm1.weight"), dialect: dialect.title)
    }
    return indices.count
  }

  /// What the file would call one of our parameters, or a part of it.
  ///
  /// - Parameters:
  ///   - parameter: Our name.
  ///   - part: Which part, where the file keeps it in parts.
  ///   - tensor: A tensor whose naming the answer should share where a dialect knows several.
  /// - Returns: The name with its prefix; our own where the dialect has none.
  func foreignName(of parameter: ParameterName, part: Int? = nil, beside tensor: String? = nil) -> String {
    let local = dialect.names(of: parameter, part: part)
    for (scope, names) in [(prefix, local.encoder), (root, local.beside)] {
      let names = names.map { scope + $0 }
      guard names.count > 1 else {
        if let name = names.first { return name }
        continue
      }
      let similarity = names.map { name in tensor.map { Self.similarity($0, name) } ?? longestBeginning(of: name) }
      if let best = similarity.indices.max(by: { similarity[$0] < similarity[$1] }) { return names[best] }
    }
    return parameter
  }

  /// Bytes that a name shares at most with the beginning of a tensor's: of sorted names those on both sides of it share most.
  private func longestBeginning(of name: String) -> Int {
    checkpoint.neighbours(of: name).map { zip($0.name.utf8, name.utf8).prefix { $0 == $1 }.count }.max() ?? 0
  }

  /// Characters that two names share at their beginnings, and at their ends.
  private static func similarity(_ a: String, _ b: String) -> Int {
    zip(a, b).prefix { $0 == $1 }.count + zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
  }
}

/// A tensor of the file that is not used.
public struct IgnoredTensor: Sendable, Hashable, Codable {
  /// Its name in the file.
  public let tensor: String
  /// Why it is not used.
  public let reason: String
}
