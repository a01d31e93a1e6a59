internal import Checkpoints

/// Which of several encoders in one dictionary of tensors is taken.
struct EncoderChoice: Sendable {
  /// The naming.
  let dialect: Dialect
  /// What stands before the encoder's names.
  let prefix: String
  /// The prefixes of the other encoders, sorted.
  let others: [String]
  /// Why this one; nil where there is no other.
  let source: ValueSource?

  /// Parts of prefixes of encoders that follow, teach or are aimed at: not the one that was trained.
  private static let secondary = Set(
    (WeightsSelection.teacher.prefixes + WeightsSelection.ema.prefixes)
      + ["target_generator", "target", "teacher_head", "momentum", "aux", "frozen", "reference"])

  /// Finds the encoders of the first dialect that is in the file, and takes one of them.
  ///
  /// - Parameters:
  ///   - names: The tensors' names.
  ///   - requested: The word of `--weights-from` that no state dictionary is called; nil for none.
  ///   - file: The checkpoint's path.
  /// - Returns: The choice; nil where no dialect is in the file.
  /// - Throws: `ModelError.unusableSetting` where no encoder stands under what is requested.
  static func choose(among names: [String], requested: String?, file: String) throws(ModelError) -> EncoderChoice? {
    for dialect in Dialect.all {
      let prefixes = names.filter { $0 == dialect.anchor || $0.hasSuffix(dialect.separator + dialect.anchor) }
        .map { String($0.dropLast(dialect.anchor.count)) }
      guard !prefixes.isEmpty else { continue }
      return try choose(
        dialect, among: Set(prefixes).sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }, requested, file)
    }
    return nil
  }

  private static func choose(
    _ dialect: Dialect, among prefixes: [String], _ requested: String?, _ file: String
  ) throws(ModelError) -> EncoderChoice {
    func made(_ prefix: String, _ source: ValueSource) -> EncoderChoice {
      EncoderChoice(
        dialect: dialect, prefix: prefix, others: prefixes.filter { $0 != prefix },
        source: prefixes.count > 1 || requested != nil ? source : nil)
    }
    if let requested {
      guard let prefix = prefixes.first(where: { matches($0, WeightsSelection(rawValue: requested)?.prefixes ?? []) })
      else {
        throw .unusableSetting(
          file: file, setting: "option --weights-from", value: requested,
          reason: "no encoder stands under it; the file's stand under \(listed(prefixes))")
      }
      return made(prefix, .option("--weights-from"))
    }
    let primary = prefixes.filter { !isSecondary($0) }
    let candidates = primary.isEmpty ? prefixes : primary
    // A model inside another, such as the teacher of one whose own names have no prefix, is not its equal.
    if candidates.count == 1 || candidates[0].isEmpty {
      return made(candidates[0], .tensors("the others' prefixes (\(listed(prefixes.filter { $0 != candidates[0] })))"))
    }
    return made(
      candidates[0],
      .assumed("the first of \(candidates.count) encoders in the file: \(listed(candidates))", option: "--weights-from")
    )
  }

  private static func listed(_ prefixes: [String]) -> String {
    prefixes.prefix(6).map { $0.isEmpty ? "no prefix" : $0 }.joined(separator: ", ") + (prefixes.count > 6 ? ", …" : "")
  }

  private static func components(_ prefix: String) -> [Substring] { prefix.split { $0 == "." || $0 == "/" } }

  private static func isSecondary(_ prefix: String) -> Bool {
    components(prefix).contains { part in
      secondary.contains(String(part)) || part.hasPrefix("momentum_") || part.hasPrefix("teacher_")
        || part.hasPrefix("ema_")
        || part.hasPrefix("target_")
    }
  }

  /// Whether a prefix holds one of the words as whole parts.
  private static func matches(_ prefix: String, _ words: [String]) -> Bool {
    let parts = components(prefix)
    return words.contains { word in
      let wanted = components(word)
      guard !wanted.isEmpty, wanted.count <= parts.count else { return false }
      return (0...(parts.count - wanted.count)).contains { parts[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
  }
}
