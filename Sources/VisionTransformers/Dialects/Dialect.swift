/// How one family of code bases names the tensors of a Vision Transformer: a table from its names to ours.
///
/// To add a dialect, write its table in a file of its own and add it to `Dialect.all`. In names, `#` stands for a block's index.
public struct Dialect: Sendable {
  /// What users call it.
  public let title: String
  /// The name of the patch embedding's kernel; what stands before it in a file is the encoder's prefix.
  let anchor: String
  /// What the encoder's prefix ends with when decoder and heads lie beside the encoder.
  let encoderScopes: [String]
  /// Names below the encoder's prefix → ours.
  let encoder: [String: Destination]
  /// Names below what stands before the encoder's scope → ours.
  let decoder: [String: Destination]
  /// Names of the classification head, below either → ours.
  let head: [String: Destination]
  /// Beginnings of the names of block tensors, below the encoder's prefix.
  let blocks: [String]
  /// Beginnings of names that change the forward pass and that no table covers.
  let refused: [String: String]
  /// Beginnings of names that belong to no layer we compute, and what they are.
  let ignored: [String: String]
  /// ε of layer normalisation where no configuration tells.
  let layerNormEpsilon: Double
  /// The code's way to resize position embeddings.
  let positionResizing: Architecture.PositionResizing
  /// What stands between the parts of a name.
  var separator = "."
  /// Whether kernels have their inputs first, and heads as an axis.
  var hasFlaxKernels = false

  /// Where a foreign tensor goes.
  enum Destination: Sendable, Hashable {
    /// It is our parameter.
    case whole(String)
    /// It is the part of our parameter along its first axis (queries, keys, values).
    case part(String, Int, of: Int)
    /// It repeats our parameter, which is checked when weights are read.
    case copy(of: String)
    /// It follows from other tensors.
    case derived(String)

    /// Whether it is that part of our parameter.
    func isPart(_ part: Int, of parameter: String) -> Bool {
      if case .part(parameter, part, _) = self { true } else { false }
    }
  }

  /// What stands before the names of decoder and heads, where the encoder's names stand below `prefix`.
  func root(of prefix: String) -> String {
    let scope = encoderScopes.first { prefix == $0 || prefix.hasSuffix("." + $0) } ?? ""
    return String(prefix.dropLast(scope.count))
  }

  /// Beginnings of the names of the decoder's block tensors.
  var decoderBlocks: Set<String> {
    Set(decoder.keys.compactMap { name in name.firstIndex(of: "#").map { String(name[..<$0]) } })
  }

  /// What this naming calls one of our parameters or a part of it, without prefixes.
  ///
  /// The names beside the encoder's blocks, then those beside decoder and head, each sorted; empty where it has none. Where no part is asked for, whole tensors come before first
  /// parts.
  func names(of parameter: ParameterName, part: Int? = nil) -> (encoder: [String], beside: [String]) {
    let own = NamePattern(parameter)
    func names(_ table: [String: Destination]) -> [String] {
      let whole = table.filter { $0.value == .whole(own.pattern) }.keys.sorted()
      let parts = table.filter { $0.value.isPart(part ?? 0, of: own.pattern) }.keys.sorted()
      return (part == nil ? whole + parts : parts.isEmpty ? whole : parts).map { NamePattern.name($0, own.index) }
    }
    return (names(encoder), names(decoder) + names(head))
  }

  /// Every dialect, in the order in which they are tried.
  public static let all: [Dialect] = [
    .original, .mmpretrain, .huggingFace, .huggingFaceTower, .torchvision, .openAI, .flax,
  ]
}

extension Dialect {
  /// `X.weight` and `X.bias` for each pair of foreign and own names.
  static func pairs(_ names: [String: String]) -> [String: Destination] {
    var table: [String: Destination] = [:]
    for (foreign, own) in names {
      for kind in ["weight", "bias"] { table["\(foreign).\(kind)"] = .whole("\(own).\(kind)") }
    }
    return table
  }

  /// `X.weight` and `X.bias` of split queries, keys and values.
  static func split(_ foreign: [String], into own: String) -> [String: Destination] {
    var table: [String: Destination] = [:]
    for (part, name) in foreign.enumerated() {
      for kind in ["weight", "bias"] { table["\(name).\(kind)"] = .part("\(own).\(kind)", part, of: foreign.count) }
    }
    return table
  }

  /// Tables joined; a name must not stand in two of them.
  static func table(_ tables: [String: Destination]...) -> [String: Destination] {
    tables.reduce(into: [:]) { all, table in
      all.merge(table) { _, _ in preconditionFailure("a name stands twice in a dialect's table") }
    }
  }

  /// A table whose own and foreign names stand below other names.
  static func below(_ foreign: String, _ own: String, _ names: [String: Destination]) -> [String: Destination] {
    var table: [String: Destination] = [:]
    for (name, destination) in names {
      table[foreign + name] =
        switch destination {
        case .whole(let parameter): .whole(own + parameter)
        case .part(let parameter, let part, let count): .part(own + parameter, part, of: count)
        case .copy, .derived: destination
        }
    }
    return table
  }
}
