/// A piece of Python source, as far as configurations need it; comments are left out.
enum PythonToken: Sendable, Hashable {
  /// A name, a keyword or a number: letters, digits, `_` and `.`.
  case word(String)
  /// A string literal's content.
  case string(String)
  /// Any other character.
  case symbol(Character)
  /// The end of a line outside all brackets, where a statement ends.
  case newline

  /// 1 for an opening bracket, −1 for a closing one, else 0.
  var nesting: Int {
    switch self {
    case .symbol("("), .symbol("["), .symbol("{"): 1
    case .symbol(")"), .symbol("]"), .symbol("}"): -1
    default: 0
    }
  }

  /// The tokens of a text.
  ///
  /// A closing bracket without partner is left out, so that nesting never becomes negative.
  static func tokens(of text: String) -> [PythonToken] {
    var scanner = PythonScanner(rest: text[...])
    while scanner.scan() {}
    return scanner.tokens
  }
}

private struct PythonScanner {
  var rest: Substring
  var tokens: [PythonToken] = []
  private var depth = 0

  init(rest: Substring) { self.rest = rest }

  /// Takes one token; false at the end.
  mutating func scan() -> Bool {
    guard let next = rest.first else { return false }
    if next == "#" {
      rest = rest.drop { !$0.isNewline }
    } else if next == "\"" || next == "'" {
      tokens.append(.string(string(quote: next)))
    } else if Self.isWord(next) {
      let word = rest.prefix(while: Self.isWord)
      rest = rest[word.endIndex...]
      // r'…', b"…": the letters belong to the literal.
      if word.count > 2 || !(rest.first == "'" || rest.first == "\"") { tokens.append(.word(String(word))) }
    } else {
      rest.removeFirst()
      symbol(next)
    }
    return true
  }

  private mutating func symbol(_ symbol: Character) {
    if symbol.isNewline {
      if depth == 0 { tokens.append(.newline) }
    } else if symbol == "\\", rest.first?.isNewline == true {
      rest.removeFirst()
    } else if !symbol.isWhitespace {
      let token = PythonToken.symbol(symbol)
      guard depth + token.nesting >= 0 else { return }
      depth += token.nesting
      tokens.append(token)
    }
  }

  /// The content of the literal that begins here; an unclosed one ends with the text.
  private mutating func string(quote: Character) -> String {
    let triple = String(repeating: quote, count: 3)
    let end = rest.hasPrefix(triple) ? triple : String(quote)
    rest = rest.dropFirst(end.count)
    var content = ""
    while let next = rest.first, !rest.hasPrefix(end) {
      rest.removeFirst()
      content.append(next)
      // An escaped quote ends nothing. What escapes stand for does not matter to any value that is looked up.
      if next == "\\", let escaped = rest.popFirst() { content.append(escaped) }
    }
    rest = rest.dropFirst(end.count)
    return content
  }

  private static func isWord(_ c: Character) -> Bool { c.isLetter || c.isNumber || c == "_" || c == "." }
}
