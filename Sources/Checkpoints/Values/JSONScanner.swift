/// A strict JSON reader over bytes (RFC 8259) that keeps no tree: callers pull what they need.
///
/// Python's `NaN`, `Infinity` and `-Infinity` are accepted as numbers where `acceptsNonFinite` says so, because its
/// writers put them into configurations and logs.
struct JSONScanner {
  struct Failure: Error {
    let offset: Int
    let reason: String
  }

  /// Deeper values are refused, so that recursion is bounded.
  static let depthLimit = 128
  /// More values than any configuration has; bounds the memory of the tree for a text of many tiny ones.
  static let valueLimit = 1 << 20
  /// Characters of a number: far more than any has.
  static let numberLimit = 1024

  let bytes: [UInt8]
  var position: Int
  var acceptsNonFinite = false
  /// How many values have been made a tree of.
  var valueCount = 0
  private let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    self.position = 0
    self.end = bytes.count
  }

  func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

  // MARK: Tokens

  mutating func skipBlanks() {
    while position < end, Self.isBlank(bytes[position]) { position += 1 }
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  /// The next byte that is no blank, left in place.
  mutating func peek() -> UInt8? {
    skipBlanks()
    return position < end ? bytes[position] : nil
  }

  /// Takes a byte when it comes next.
  mutating func take(_ character: Character) -> Bool {
    guard let next = peek(), next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Character) throws(Failure) {
    guard take(character) else { throw failure("'\(character)' expected") }
  }

  /// Only blanks may follow.
  mutating func expectEnd() throws(Failure) {
    guard peek() == nil else { throw failure("text after the end of the JSON value") }
  }

  /// Calls `body` with each key of an object, the scanner standing before its value.
  mutating func object<E: Error>(
    failing wrap: (Failure) -> E, _ body: (inout JSONScanner, String) throws(E) -> Void
  ) throws(E) {
    do throws(Failure) { try expect("{") } catch { throw wrap(error) }
    if take("}") { return }
    repeat {
      let key: String
      do throws(Failure) {
        key = try string()
        try expect(":")
      } catch { throw wrap(error) }
      try body(&self, key)
    } while take(",")
    do throws(Failure) { try expect("}") } catch { throw wrap(error) }
  }

  /// A string with its escapes resolved.
  mutating func string() throws(Failure) -> String {
    try expect("\"")
    let start = position
    while position < end, bytes[position] != 0x22, bytes[position] != 0x5C, bytes[position] >= 0x20 { position += 1 }
    guard position < end else { throw failure("string without an end") }
    if bytes[position] == 0x22 {
      let text = String(validating: bytes[start..<position], as: UTF8.self)
      position += 1
      guard let text else { throw failure("string that is not UTF-8") }
      return text
    }
    return try stringWithEscapes(from: start)
  }

  private mutating func stringWithEscapes(from start: Int) throws(Failure) -> String {
    var text = Array(bytes[start..<position])
    while position < end {
      let byte = bytes[position]
      position += 1
      switch byte {
      case 0x22:
        guard let result = String(validating: text, as: UTF8.self) else { throw failure("string that is not UTF-8") }
        return result
      case 0x5C: try text.append(contentsOf: escape())
      case ..<0x20: throw failure("control character in a string")
      default: text.append(byte)
      }
    }
    throw failure("string without an end")
  }

  /// What stands behind a backslash, as UTF-8.
  private mutating func escape() throws(Failure) -> [UInt8] {
    guard position < end else { throw failure("string without an end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return [byte]
    case 0x62: return [0x08]
    case 0x66: return [0x0C]
    case 0x6E: return [0x0A]
    case 0x72: return [0x0D]
    case 0x74: return [0x09]
    case 0x75: break
    default: throw failure("unknown escape in a string")
    }
    var scalar = try fourHexDigits()
    if (0xD800..<0xDC00).contains(scalar) {
      guard position + 1 < end, bytes[position] == 0x5C, bytes[position + 1] == 0x75 else {
        throw failure("half of a surrogate pair")
      }
      position += 2
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
      scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let unicode = Unicode.Scalar(scalar) else { throw failure("half of a surrogate pair") }
    return Array(String(Character(unicode)).utf8)
  }

  private mutating func fourHexDigits() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < end, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw failure("four hexadecimal digits expected")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// The text of a number that follows JSON's grammar.
  mutating func numberText() throws(Failure) -> (text: Substring, isInteger: Bool) {
    skipBlanks()
    let start = position
    if position < end, bytes[position] == 0x2D { position += 1 }
    let integerStart = position
    try digits()
    if bytes[integerStart] == 0x30, position - integerStart > 1 { throw failure("number with a leading zero") }
    var isInteger = true
    if position < end, bytes[position] == 0x2E {
      isInteger = false
      position += 1
      try digits()
    }
    if position < end, bytes[position] | 0x20 == 0x65 {
      isInteger = false
      position += 1
      if position < end, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
      try digits()
    }
    guard position - start <= Self.numberLimit else { throw failure("number of more than \(Self.numberLimit) digits") }
    return (Substring(decoding: bytes[start..<position], as: UTF8.self), isInteger)
  }

  private mutating func digits() throws(Failure) {
    let start = position
    while position < end, (0x30...0x39).contains(bytes[position]) { position += 1 }
    guard position > start else { throw failure("number expected") }
  }

  /// An integer ≥ 0 without fraction or exponent.
  mutating func count() throws(Failure) -> Int {
    let (text, isInteger) = try numberText()
    guard isInteger, text.first != "-", let value = Int(text) else {
      throw failure("\(text) is no count that fits 64 bits")
    }
    return value
  }

  /// Takes a word such as `null` when it comes next.
  mutating func take(word: StaticString) -> Bool {
    skipBlanks()
    let letters = word.description.utf8
    guard end - position >= letters.count, bytes[position..<position + letters.count].elementsEqual(letters) else {
      return false
    }
    position += letters.count
    return true
  }
}
