internal import Checkpoints

/// Where a value of the architecture came from, in words for people.
public enum ValueSource: Sendable, Hashable {
  /// The user said so: the option's name.
  case option(String)
  /// A file beside the weights or a part of the checkpoint said so: which, and the key.
  case file(String, key: String)
  /// Read off the tensors' shapes or values.
  case tensors(String)
  /// What all published files with such names and shapes have: which they are.
  case usual(String)
  /// A default in which published files with these names and shapes differ: why this one, and the option that replaces it.
  case assumed(String, option: String)
}

extension ValueSource: CustomStringConvertible {
  /// The source in a few words.
  public var description: String {
    switch self {
    case .option(let option): "option \(option)"
    case .file(let file, let key): "\(file), \(key)"
    case .tensors(let tensors): "tensors: \(tensors)"
    case .usual(let reason): "default: \(reason)"
    case .assumed(let reason, let option): "\(Self.assumedWord)\(reason); \(option) replaces it"
    }
  }

  private static let assumedWord = "assumed: "

  /// Why a value was assumed, from the words of its source as results keep them; nil for any other source.
  public static func assumedReason(in words: String) -> String? {
    guard words.hasPrefix(assumedWord) else { return nil }
    let reason = words.dropFirst(assumedWord.count)
    return String(reason.prefix { $0 != ";" })
  }
}
