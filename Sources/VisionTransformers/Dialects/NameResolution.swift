internal import Checkpoints

/// A checkpoint's tensors sorted by what they are to us.
struct NameResolution: Sendable {
  let file: String
  let dialect: Dialect
  /// What stands before the encoder's names.
  let prefix: String
  /// Our parameter → the foreign tensors it is made of, one or as many as it has parts.
  let sources: [ParameterName: [Int: String]]
  /// Tensors that are not used, and why.
  let ignored: [IgnoredTensor]
  /// Whether the file has the layout of DINO's own runs: a student and a teacher.
  let isDINO: Bool
  /// Whether the tensors lie in safetensors files.
  let isSafetensors: Bool
  /// Whether the class token's row of the position embedding is all zeros, as in MAE's fixed embedding.
  let classPositionIsZero: Bool
  private let shapes: [String: [Int]]

  /// Finds the dialect and sorts every tensor; refuses tensors of a block that no table covers.
  init(_ checkpoint: Checkpoint) throws(ModelError) {
    file = checkpoint.path
    isDINO = ["student", "teacher"].contains(checkpoint.stateDictionary)
    shapes = Dictionary(uniqueKeysWithValues: checkpoint.tensors.map { ($0.name, $0.shape) })
    let names = checkpoint.tensors.map(\.name)
    guard let (dialect, prefix) = Self.recognize(names) else {
      throw .unknownDialect(file: checkpoint.path, examples: Array(names.prefix(3)))
    }
    var sorter = TensorSorter(file: checkpoint.path, dialect: dialect, prefix: prefix)
    for name in names { try sorter.sort(name) }
    self.dialect = dialect
    self.prefix = prefix
    sources = sorter.sources
    ignored = sorter.ignored
    isSafetensors = [.safetensors, .shardedSafetensors].contains(checkpoint.container)
    classPositionIsZero = Self.firstRowIsZero(sorter.sources["position"]?[0], checkpoint)
  }

  /// Looks at a small tensor's values; one that cannot be read counts as not zero, and is reported when the model is loaded.
  private static func firstRowIsZero(_ tensor: String?, _ checkpoint: Checkpoint) -> Bool {
    guard let tensor, let width = checkpoint.tensor(named: tensor)?.shape.last, width > 0,
      let values = try? checkpoint.floats(tensor)
    else { return false }
    return values.prefix(width).allSatisfy { $0 == 0 }
  }

  /// The dialect whose anchor is in the file, with the shortest prefix where several models share a file.
  private static func recognize(_ names: [String]) -> (Dialect, String)? {
    for dialect in Dialect.all {
      let prefixes = names.filter { $0 == dialect.anchor || $0.hasSuffix("." + dialect.anchor) }
        .map { String($0.dropLast(dialect.anchor.count)) }
      if let shortest = prefixes.min(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) { return (dialect, shortest) }
    }
    return nil
  }

  /// The foreign tensor behind a parameter that has no parts.
  func tensor(of parameter: ParameterName) -> String? { sources[parameter]?[0] }

  /// The shape of our parameter, parts put together along the first axis; nil when the file has none.
  func shape(of parameter: ParameterName) -> [Int]? {
    guard let parts = sources[parameter] else { return nil }
    let shapes = parts.sorted { $0.key < $1.key }.compactMap { self.shapes[$0.value] }
    guard var shape = shapes.first, !shape.isEmpty else { return shapes.first }
    shape[0] = shapes.reduce(0) { $0 + ($1.first ?? 0) }
    return shape
  }

  /// The shape of a parameter that a model cannot be without.
  func requiredShape(of parameter: ParameterName, dimensions: Int) throws(ModelError) -> [Int] {
    guard let shape = shape(of: parameter) else {
      throw .missingTensor(file: file, tensor: foreignName(of: parameter), dialect: dialect.title)
    }
    guard shape.count == dimensions, !shape.contains(0) else {
      throw .unusableShape(
        file: file, tensor: tensor(of: parameter) ?? parameter, shape: shape, reason: "\(dimensions) axes are needed")
    }
    return shape
  }

  /// How many blocks there are, whose indices must be 0 … N − 1.
  func depth(of blocks: String) throws(ModelError) -> Int {
    let indices = Set(
      sources.keys.lazy.filter { $0.hasPrefix(blocks) }.compactMap { Int($0.dropFirst(blocks.count).prefix { $0 != "." }) })
    guard let last = indices.max() else { return 0 }
    guard indices.count == last + 1 else {
      let missing = (0...last).first { !indices.contains($0) } ?? 0
      throw .missingTensor(
        file: file, tensor: foreignName(of: "\(blocks)\(missing).norm1.weight"), dialect: dialect.title)
    }
    return indices.count
  }

  /// What the file would call one of our parameters.
  func foreignName(of parameter: ParameterName) -> String {
    let own = NamePattern(parameter)
    let tables = [(prefix, dialect.encoder), (prefix, dialect.decoder)]
    for (scope, table) in tables {
      let matches = table.filter { entry in
        switch entry.value {
        case .whole(let name), .part(let name, _, _): NamePattern(name).pattern == own.pattern || name == own.pattern
        }
      }
      if let name = matches.keys.min() { return scope + NamePattern.name(name, own.index) }
    }
    return parameter
  }
}

/// A tensor of the file that is not used.
public struct IgnoredTensor: Sendable, Hashable, Codable {
  /// Its name in the file.
  public let tensor: String
  /// Why it is not used.
  public let reason: String
}

/// Sorts tensors one by one.
private struct TensorSorter {
  let file: String
  let dialect: Dialect
  let prefix: String
  /// What stands before the names of decoder and heads.
  let root: String
  var sources: [ParameterName: [Int: String]] = [:]
  var ignored: [IgnoredTensor] = []

  init(file: String, dialect: Dialect, prefix: String) {
    self.file = file
    self.dialect = dialect
    self.prefix = prefix
    let scope = dialect.encoderScopes.first { prefix == $0 || prefix.hasSuffix("." + $0) } ?? ""
    root = String(prefix.dropLast(scope.count))
  }

  mutating func sort(_ name: String) throws(ModelError) {
    if name.hasPrefix(prefix) {
      let local = NamePattern(String(name.dropFirst(prefix.count)))
      if let destination = dialect.encoder[local.pattern] {
        return try add(name, destination, local.index)
      }
    }
    if name.hasPrefix(root) {
      let local = NamePattern(String(name.dropFirst(root.count)))
      if let destination = dialect.decoder[local.pattern] {
        return try add(name, destination, local.index)
      }
    }
    ignored.append(IgnoredTensor(tensor: name, reason: try reasonToIgnore(name)))
  }

  private mutating func add(_ name: String, _ destination: Dialect.Destination, _ index: Int?) throws(ModelError) {
    let (pattern, part) =
      switch destination {
      case .whole(let parameter): (parameter, 0)
      case .part(let parameter, let part, _): (parameter, part)
      }
    let parameter = NamePattern.name(pattern, index)
    if let other = sources[parameter]?[part] {
      throw .severalTensors(file: file, parameter: parameter, tensors: [other, name])
    }
    sources[parameter, default: [:]][part] = name
  }

  /// Why a tensor that no table holds does not matter; throws when it does.
  private func reasonToIgnore(_ name: String) throws(ModelError) -> String {
    if name.hasPrefix(prefix) {
      let local = name.dropFirst(prefix.count)
      for (beginning, meaning) in dialect.refused where local.hasPrefix(beginning) {
        throw .unsupportedTensor(file: file, tensor: name, reason: meaning)
      }
      for beginning in dialect.blocks where local.hasPrefix(beginning) {
        throw .unsupportedTensor(file: file, tensor: name, reason: "a part of an encoder block with no place in our block")
      }
      for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    }
    let local = name.dropFirst(name.hasPrefix(root) ? root.count : 0)
    for (beginning, meaning) in dialect.ignored where local.hasPrefix(beginning) { return meaning }
    return name.hasPrefix(prefix) ? "not part of the encoder or decoder" : "outside the model at \(prefix)"
  }
}
