internal import Checkpoints

/// Numbers and truth values as people write them into configurations: also as text, also as 0 and 1.
extension MetadataValue {
  /// A finite number, or a text that is one.
  var lenientNumber: Double? { (double ?? string.flatMap { Double($0) }).flatMap { $0.isFinite ? $0 : nil } }

  /// A whole number above 0 that is a side of an image, or a text that is one.
  var lenientSide: Int? { lenientNumber.flatMap { $0 > 0 && $0 <= 65_536 && $0 == $0.rounded() ? Int($0) : nil } }

  /// The numbers of a list, or a number alone.
  var lenientNumbers: [Double]? {
    if let number = lenientNumber { return [number] }
    if let doubles { return doubles }
    guard let list, list.count <= 16 else { return nil }
    let numbers = list.compactMap(\.lenientNumber)
    return numbers.count == list.count ? numbers : nil
  }

  /// A truth value, 0 or 1, or a text of one.
  var lenientBool: Bool? {
    switch self {
    case .bool(let value): value
    case .int(0), .string("false"), .string("False"): false
    case .int(1), .string("true"), .string("True"): true
    default: nil
    }
  }

  /// The value under a key; nil for null, too.
  func stated(_ key: String) -> MetadataValue? { self[key].flatMap { $0 == .null ? nil : $0 } }
}
