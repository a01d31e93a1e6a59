internal import Foundation

/// How values travel from rank to rank.
enum Wire {
  /// A value's bytes.
  static func bytes<Value: Encodable>(of value: Value) throws -> [UInt8] {
    let encoder = PropertyListEncoder()
    // Numbers keep all their bits in this format, infinity and NaN too.
    encoder.outputFormat = .binary
    return [UInt8](try encoder.encode(value))
  }

  /// The value that bytes stand for.
  static func value<Value: Decodable>(_ type: Value.Type, in bytes: [UInt8]) throws -> Value {
    try PropertyListDecoder().decode(type, from: Data(bytes))
  }
}
