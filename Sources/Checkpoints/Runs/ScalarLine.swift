/// One line of a JSON log, read for the few scalars that matter: other values are skipped where they stand.
///
/// `JSONScanner` builds every key as a string; here a line of a thousand other keys costs a pass over its bytes.
struct ScalarLine {
  private var position = 0

  /// The record of a line; nil where the line is no JSON object.
  static func record(_ line: Span<UInt8>) -> ScalarRecord? {
    var scanner = ScalarLine()
    return scanner.read(line)
  }

  private mutating func read(_ line: Span<UInt8>) -> ScalarRecord? {
    var record = ScalarRecord()
    guard take(UInt8(ascii: "{"), line) else { return nil }
    if !take(UInt8(ascii: "}"), line) {
      repeat {
        guard let key = string(line), take(UInt8(ascii: ":"), line) else { return nil }
        if let key = ScalarKey(line.extracting(key)) {
          guard scalar(key, line, into: &record) else { return nil }
        } else {
          guard skipValue(line) else { return nil }
        }
      } while take(UInt8(ascii: ","), line)
      guard take(UInt8(ascii: "}"), line) else { return nil }
    }
    skipBlanks(line)
    return position == line.count ? record : nil
  }

  // MARK: Tokens

  private mutating func skipBlanks(_ line: Span<UInt8>) {
    while position < line.count, JSONScanner.isBlank(line[position]) { position += 1 }
  }

  private mutating func take(_ byte: UInt8, _ line: Span<UInt8>) -> Bool {
    skipBlanks(line)
    guard position < line.count, line[position] == byte else { return false }
    position += 1
    return true
  }

  /// The bytes between quotes, escapes left as they are.
  private mutating func string(_ line: Span<UInt8>) -> Range<Int>? {
    guard take(UInt8(ascii: "\""), line) else { return nil }
    let start = position
    while position < line.count {
      let byte = line[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return start..<(position - 1) }
      if byte == UInt8(ascii: "\\") { position += 1 }
    }
    return nil
  }

  /// A number or label of ours, NaN and Infinity included; null and other values leave the record as it is.
  private mutating func scalar(_ key: ScalarKey, _ line: Span<UInt8>, into record: inout ScalarRecord) -> Bool {
    skipBlanks(line)
    let start = position
    guard skipValue(line) else { return false }
    let first = line[start]
    if first == UInt8(ascii: "\""), case .label(let order) = key.role {
      let text = (start + 1..<position - 1).prefix(ScalarRecord.labelLimit).map { line[$0] }
      record.set(label: order, String(decoding: text, as: UTF8.self))
    }
    guard first != UInt8(ascii: "\""), first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else { return true }
    let word = String(decoding: (start..<position).map { line[$0] }, as: UTF8.self)
    switch word {
    case "null", "true", "false": return true
    case "NaN": record.set(key, .nan)
    case "Infinity": record.set(key, .infinity)
    case "-Infinity": record.set(key, -.infinity)
    default:
      guard let value = Double(word) else { return false }
      record.set(key, value)
    }
    return true
  }

  /// Goes behind a value; of nested ones only the brackets are counted.
  private mutating func skipValue(_ line: Span<UInt8>) -> Bool {
    skipBlanks(line)
    guard position < line.count else { return false }
    switch line[position] {
    case UInt8(ascii: "\""): return string(line) != nil
    case UInt8(ascii: "{"), UInt8(ascii: "["): return skipNested(line)
    default:
      let start = position
      while position < line.count, Self.isScalar(line[position]) { position += 1 }
      return position > start
    }
  }

  private mutating func skipNested(_ line: Span<UInt8>) -> Bool {
    var depth = 0
    while position < line.count {
      switch line[position] {
      case UInt8(ascii: "\""):
        guard string(line) != nil else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  /// Letters, digits, signs and the point.
  private static func isScalar(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x2B
      || byte == 0x2D || byte == 0x2E
  }
}
