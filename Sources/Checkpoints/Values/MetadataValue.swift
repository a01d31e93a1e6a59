/// Inert data decoded from a pickle or from JSON: looking at it runs nothing.
///
/// Lists, tuples and sets are all `list`. What Python would have built by calling something unknown is `object`, with
/// the callable's name as its type.
public indirect enum MetadataValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  /// An integer beyond 64 bits, in hexadecimal.
  case largeInteger(String)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case list([MetadataValue])
  /// Pairs in the order of the file.
  case dictionary([MetadataEntry])
  /// A class or function that is only named, such as `torch.float32`.
  case global(String)
  /// What the file would build by calling `type` with `arguments`, and the attributes or items set on it afterwards.
  case object(type: String, arguments: [MetadataValue], state: MetadataValue)
  /// A NumPy array.
  case array(MetadataArray)
  /// A tensor outside the selected state dictionary; its values are not read.
  case tensor(elementType: ElementType, shape: [Int])
  /// Something left out, and why: a cycle, or nesting beyond what is decoded.
  case omitted(String)
}

/// One key of a `MetadataValue.dictionary` with its value.
public struct MetadataEntry: Sendable, Hashable {
  /// The key, most often a string.
  public let key: MetadataValue
  /// The value.
  public let value: MetadataValue

  /// Pairs a key with a value.
  public init(key: MetadataValue, value: MetadataValue) {
    self.key = key
    self.value = value
  }
}

// MARK: Looking inside

extension MetadataValue {
  /// The value under a string key of a dictionary, or the attribute of that name of an object.
  ///
  /// Of several equal keys the last one counts, as in Python.
  public subscript(key: String) -> MetadataValue? {
    switch self {
    case .dictionary(let entries): entries.last { $0.key == .string(key) }?.value
    case .object(_, _, let state): state[key]
    default: nil
    }
  }

  /// The element at a position of a list.
  public subscript(index: Int) -> MetadataValue? {
    guard case .list(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// The string keys of a dictionary or of an object's state, in file order.
  public var keys: [String] {
    switch self {
    case .dictionary(let entries): entries.compactMap(\.key.string)
    case .object(_, _, let state): state.keys
    default: []
    }
  }

  /// The text of a string.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The value of an integer.
  public var int: Int? {
    guard case .int(let value) = self else { return nil }
    return value
  }

  /// The value of a number, integers included.
  public var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }

  /// The value of a truth value.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The elements of a list.
  public var list: [MetadataValue]? {
    guard case .list(let elements) = self else { return nil }
    return elements
  }

  /// All numbers of a list of numbers or of a NumPy array, row-major; nil for anything else.
  public var doubles: [Double]? {
    switch self {
    case .array(let array): return array.doubles
    case .list(let elements):
      let numbers = elements.compactMap(\.double)
      return numbers.count == elements.count ? numbers : nil
    default: return nil
    }
  }
}
