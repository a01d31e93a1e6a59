import Foundation

/// The advice that messages in the sources give: which file tells the reader to give, leave out, choose or try which option.
enum AdviceInSources {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let verbs: Set<String> = [
    "give", "leave", "choose", "try", "take", "name", "with", "without", "or", "see", "larger", "smaller", "lower",
    "make",
    "add", "run",
  ]

  /// Pieces such as `Images/ImageError.swift --images`.
  static let all: Set<String> = {
    let sources = root.appending(path: "Sources")
    var pieces: Set<String> = []
    for case let name as String in FileManager.default.enumerator(atPath: sources.path) ?? .init() {
      // The plan of a reproduction holds command lines, the options' own help says what they are.
      guard name.hasSuffix(".swift"), !name.hasPrefix("Reproduction/"),
        let text = try? String(contentsOf: sources.appending(path: name), encoding: .utf8)
      else { continue }
      for option in options(in: text) { pieces.insert("\(name) \(option)") }
    }
    return pieces
  }()

  private static func options(in text: String) -> [String] {
    text.split(separator: "\n").filter { line in
      let line = line.drop { $0 == " " }
      return !line.hasPrefix("//") && !line.hasPrefix("mff-inspect ") && !line.contains("help:") && line.contains("--")
    }.flatMap { advised(in: String($0)) }
  }

  /// The options of a line that stand behind a word of advice in the same sentence of a text.
  private static func advised(in line: String) -> [String] {
    let parts = line.split(separator: "--", omittingEmptySubsequences: false)
    var before = ""
    var found: [String] = []
    for (index, part) in parts.enumerated() {
      let name = part.prefix { $0.isLetter || $0 == "-" }
      if index > 0, name.first?.isLowercase == true, [" ", "("].contains(before.last),
        before.contains("\""), isAdvice(before)
      {
        found.append("--" + name)
      }
      before += (index > 0 ? "--" : "") + part
    }
    return found
  }

  private static func isAdvice(_ before: String) -> Bool {
    let sentence = before.split { ".;\"".contains($0) }.last ?? ""
    return sentence.lowercased().split { !$0.isLetter }.contains { verbs.contains(String($0)) }
  }
}
