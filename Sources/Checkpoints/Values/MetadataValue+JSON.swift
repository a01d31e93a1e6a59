extension MetadataValue {
  /// Reads one JSON value from UTF-8 text.
  ///
  /// - Parameters:
  ///   - json: The text; `NaN` and `Infinity` as Python writes them are accepted.
  ///   - path: The file it comes from, for messages.
  /// - Throws: `CheckpointError.malformed` with the byte at which the text leaves JSON's grammar.
  public init(json: [UInt8], path: String) throws(CheckpointError) {
    var scanner = JSONScanner(json)
    scanner.acceptsNonFinite = true
    do throws(JSONScanner.Failure) {
      self = try scanner.value(depth: 0)
      try scanner.expectEnd()
    } catch {
      throw .malformed(path: path, what: "no valid JSON at byte \(error.offset): \(error.reason)")
    }
  }
}

extension JSONScanner {
  /// The value that comes next, as a tree.
  mutating func value(depth: Int) throws(Failure) -> MetadataValue {
    guard depth < Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit)") }
    guard valueCount < Self.valueLimit else { throw failure("more than \(Self.valueLimit) values") }
    valueCount += 1
    switch peek() {
    case UInt8(ascii: "{"): return try dictionary(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw failure("a value is missing")
    default: return try scalar()
    }
  }

  /// Goes behind the value that comes next, as strictly as `value` reads it, and keeps nothing.
  mutating func skipValue(depth: Int) throws(Failure) {
    guard depth < Self.depthLimit else { throw failure("nested deeper than \(Self.depthLimit)") }
    switch peek() {
    case UInt8(ascii: "{"):
      try object(failing: { $0 }) { (scanner, _) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try expect("[")
      if take("]") { return }
      repeat { try skipValue(depth: depth + 1) } while take(",")
      try expect("]")
    case UInt8(ascii: "\""): _ = try string()
    case nil: throw failure("a value is missing")
    default: _ = try scalar()
    }
  }

  private mutating func dictionary(depth: Int) throws(Failure) -> MetadataValue {
    var entries: [MetadataEntry] = []
    try object(failing: { $0 }) { (scanner, key) throws(Failure) in
      entries.append(MetadataEntry(key: .string(key), value: try scanner.value(depth: depth + 1)))
    }
    return .dictionary(entries)
  }

  private mutating func list(depth: Int) throws(Failure) -> MetadataValue {
    try expect("[")
    var elements: [MetadataValue] = []
    if take("]") { return .list([]) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    try expect("]")
    return .list(elements)
  }

  private mutating func scalar() throws(Failure) -> MetadataValue {
    if take(word: "null") { return .null }
    if take(word: "true") { return .bool(true) }
    if take(word: "false") { return .bool(false) }
    if acceptsNonFinite {
      if take(word: "NaN") { return .double(.nan) }
      if take(word: "Infinity") { return .double(.infinity) }
      if take(word: "-Infinity") { return .double(-.infinity) }
    }
    let (text, isInteger) = try numberText()
    if isInteger, let value = Int(text) { return .int(value) }
    guard let value = Double(text) else { throw failure("\(text) is no number") }
    return .double(value)
  }
}
