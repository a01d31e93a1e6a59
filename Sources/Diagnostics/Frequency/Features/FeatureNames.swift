internal import VisionTransformers

/// The order and depth of layers of which only the names are known.
///
/// `embedding` comes first; `norm`, `fused` and `fused-norm` come last and have no depth; the others lie between them in natural
/// order, in which layer.2 precedes layer.10.
enum FeatureNames {
  /// Whether one name stands before another: by its role, then by runs of digits as numbers and everything else as bytes.
  static func precedes(_ one: String, _ other: String) -> Bool {
    let (rank, otherRank) = (rank(of: one), rank(of: other))
    return rank == otherRank ? naturallyPrecedes(Array(one.utf8), Array(other.utf8)) : rank < otherRank
  }

  /// Whether a name can stand for a place on the way through the network that has others before it.
  static func isBlock(_ name: String) -> Bool { rank(of: name) == blockRank }

  private static let blockRank = 1

  private static func rank(of name: String) -> Int {
    switch name {
    case "embedding": 0
    case "norm": 2
    case "fused": 3
    case "fused-norm": 4
    default: blockRank
    }
  }

  // MARK: Natural order

  private static func naturallyPrecedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    var (i, j) = (0, 0)
    while i < one.count, j < other.count {
      if isDigit(one[i]), isDigit(other[j]) {
        let (left, right) = (number(in: one, from: &i), number(in: other, from: &j))
        if left.elementsEqual(right) { continue }
        return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
      }
      guard one[i] == other[j] else { return one[i] < other[j] }
      (i, j) = (i + 1, j + 1)
    }
    guard i == one.count, j == other.count else { return i == one.count }
    // Equal but for leading zeros: any order will do that is always the same.
    return one.lexicographicallyPrecedes(other)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// The digits from a place on without leading zeros: numbers of any length can be compared.
  private static func number(in name: [UInt8], from place: inout Int) -> ArraySlice<UInt8> {
    let start = place
    while place < name.count, isDigit(name[place]) { place += 1 }
    return name[start..<place].drop { $0 == UInt8(ascii: "0") }
  }

  // MARK: Depth

  /// The number of blocks where the names are those of a Vision Transformer here (`0`, `3.attention`), nil for others.
  static func blockCount(of names: [String]) -> Int? {
    var count: Int?
    for name in names where isBlock(name) {
      switch Layer(name) {
      case .block(let i), .attention(let i): count = max(count ?? 0, i + 1)
      default: return nil
      }
    }
    return count
  }

  /// The normalised depth of each layer: 0 for the embedding, 1 for the last; nil for norms and fused layers.
  ///
  /// Block indices say where a block stands, also where some are missing; layers of other names are taken to be equally far apart.
  ///
  /// - Parameters:
  ///   - names: The layers in their order.
  ///   - blocks: The number of blocks where names are their indices; nil where they are not.
  /// - Returns: As many values as there are names.
  static func depths(of names: [String], blocks: Int?) -> [Double?] {
    let places = Double(names.count(where: isBlock))
    var place = 0.0
    return names.map { name in
      if name == "embedding" { return 0 }
      guard isBlock(name) else { return nil }
      place += 1
      guard let blocks = blocks.map(Double.init) else { return place / places }
      switch Layer(name) {
      case .block(let i): return Double(i + 1) / blocks
      case .attention(let i): return (Double(i) + 0.5) / blocks
      default: return nil
      }
    }
  }
}
