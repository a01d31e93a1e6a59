extension TextMeasurer {
  /// `text`, its middle replaced by an ellipsis where it is wider than `width`: names differ at both ends.
  func shortened(_ text: String, _ style: TextStyle, to width: Double) -> String {
    if self.width(text, style) <= width { return text }
    let characters = Array(text)
    func candidate(_ kept: Int) -> String {
      let head = (kept + 1) / 2
      return drawable(String(characters.prefix(head)) + "…" + String(characters.suffix(kept - head)))
    }
    // The largest number of characters that fits, by bisection.
    var (low, high) = (0, characters.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if self.width(candidate(middle), style) <= width { low = middle } else { high = middle - 1 }
    }
    return candidate(low)
  }

  /// `text` in at most `limit` lines no wider than `width`, broken after spaces, joints of names and soft hyphens.
  func wrapped(_ text: String, _ style: TextStyle, to width: Double, lines limit: Int) -> [String] {
    let paragraphs = text.split(separator: "\n", omittingEmptySubsequences: true).map { drawable(String($0)) }
    var lines: [String] = []
    for paragraph in paragraphs {
      var line = ""
      for piece in Self.pieces(paragraph) {
        if !line.isEmpty, self.width(Self.shown(line + piece), style) > width {
          lines.append(line)
          line = ""
        }
        line += piece
      }
      lines.append(line)
    }
    if lines.count > limit, limit > 0 {
      lines = Array(lines.prefix(limit - 1)) + [lines.dropFirst(limit - 1).joined()]
    }
    return lines.map { shortened(Self.shown($0), style, to: width) }
  }

  /// The width of the widest line.
  func width(_ lines: [String], _ style: TextStyle) -> Double {
    lines.map { width($0, style) }.max() ?? 0
  }

  /// The height of lines below each other.
  func height(_ lines: [String], _ style: TextStyle) -> Double {
    lines.isEmpty ? 0 : height(style) + Double(lines.count - 1) * lineHeight(style)
  }

  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      piece.append(character)
      // 17.6 is one word.
      let isInNumber =
        index > 0 && index + 1 < characters.count && ".,".contains(character)
        && characters[index - 1].isNumber && characters[index + 1].isNumber
      if " _-/.,\u{AD}".contains(character), !isInNumber {
        pieces.append(piece)
        piece = ""
      }
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }

  /// A line as it is drawn: a soft hyphen shows at its end only.
  private static func shown(_ line: String) -> String {
    let line = trimmed(line)
    let hyphenated = line.hasSuffix(softHyphen) ? line.dropLast() + "-" : line[...]
    return String(hyphenated.filter { String($0) != softHyphen })
  }

  /// Where a word may be broken.
  private static let softHyphen = "\u{AD}"

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.hasSuffix(" ") { text.removeLast() }
    while text.hasPrefix(" ") { text.removeFirst() }
    return String(text)
  }
}
