/// The escaped text of pickle protocols 0 and 1.
enum PickleEscapes {
  /// Resolves escapes.
  ///
  /// - Parameters:
  ///   - line: The text of one line: Latin-1 with `\uXXXX` and `\UXXXXXXXX`, or a quoted Python string literal.
  ///   - isQuoted: Whether it is such a literal, with `\xXX` and the short escapes.
  /// - Returns: The text; nil when an escape is broken.
  static func resolve(_ line: ArraySlice<UInt8>, isQuoted: Bool) -> String? {
    var rest = line
    if isQuoted {
      guard rest.count >= 2, let quote = rest.first, quote == rest.last,
        quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
      else { return nil }
      rest = rest.dropFirst().dropLast()
    }
    var text = String.UnicodeScalarView()
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let kind = rest.first else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      guard let digits = digitCount(kind, isQuoted: isQuoted) else {
        guard isQuoted, let short = shortEscapes[kind] else {
          text.append(Unicode.Scalar(byte))
          continue
        }
        rest.removeFirst()
        text.append(Unicode.Scalar(short))
        continue
      }
      rest.removeFirst()
      guard rest.count >= digits, let code = UInt32(String(decoding: rest.prefix(digits), as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { return nil }
      rest.removeFirst(digits)
      text.append(scalar)
    }
    return String(text)
  }

  private static func digitCount(_ kind: UInt8, isQuoted: Bool) -> Int? {
    switch kind {
    case UInt8(ascii: "x"): isQuoted ? 2 : nil
    case UInt8(ascii: "u"): isQuoted ? nil : 4
    case UInt8(ascii: "U"): isQuoted ? nil : 8
    default: nil
    }
  }

  private static let shortEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "\\"): 0x5C,
    UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22,
  ]
}
