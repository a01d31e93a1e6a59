/// A tensor's name with its first number taken out: `blocks.3.mlp.fc1.bias` is (`blocks.#.mlp.fc1.bias`, 3).
public struct NamePattern: Sendable, Hashable {
  /// The name with `#` for the number.
  public let pattern: String
  /// The number; nil for a name that holds none.
  public let index: Int?

  /// Splits a name at its first component that is a number or ends in `_` and a number (`encoder_layer_3`).
  ///
  /// Components stand between dots, or in names of Flax between slashes.
  public init(_ name: String) {
    let separator: Character = name.contains("/") ? "/" : "."
    var parts = name.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    for (i, part) in parts.enumerated() {
      let digits = part.reversed().prefix { $0.isASCII && $0.isNumber }.count
      guard digits > 0, digits < 7 else { continue }
      let stem = part.dropLast(digits)
      guard stem.isEmpty || stem.hasSuffix("_"), let number = Int(part.suffix(digits)) else { continue }
      parts[i] = stem + "#"
      pattern = parts.joined(separator: String(separator))
      index = number
      return
    }
    pattern = name
    index = nil
  }

  /// The name that a pattern with `#` stands for.
  public static func name(_ pattern: String, _ index: Int?) -> String {
    guard let index, let place = pattern.firstIndex(of: "#") else { return pattern }
    return pattern[..<place] + "\(index)" + pattern[pattern.index(after: place)...]
  }
}
