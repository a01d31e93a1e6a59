/// Any JSON.
enum JSONValue: Decodable, Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The value in words; nil for objects and long lists.
  var words: String? {
    switch self {
    case .null: return nil
    case .bool(let value): return value ? "yes" : "no"
    case .integer(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .string(let value): return value
    case .array(let values):
      let words = values.compactMap(\.words)
      guard words.count == values.count, values.count <= 16 else { return nil }
      let isLong = values.contains { if case .string = $0 { true } else { false } }
      return words.joined(separator: isLong ? " " : " × ")
    case .object: return nil
    }
  }
}
