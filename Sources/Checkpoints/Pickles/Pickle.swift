/// A decoded pickle: what the stream describes, with nothing of it carried out.
///
/// Values live in one table and refer to each other by position, so that cycles cost nothing and leak nothing, and so
/// that no depth of nesting can exhaust the stack. Text and bytes stay where they are in the stream.
struct Pickle {
  typealias NodeID = Int32

  /// A range of the stream.
  struct Extent {
    var offset: Int32
    var count: Int32
    var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
  }

  enum Node {
    case none
    case bool(Bool)
    case int(Int)
    /// Little-endian two's complement of more than 8 bytes.
    case largeInteger(Extent)
    case double(Double)
    case text(Extent)
    case bytes(Extent)
    /// Text whose escapes had to be resolved, by position in `ownedText`.
    case ownedText(Int32)
    /// Elements, by position in `sequences`.
    case list(Int32)
    case tuple(Int32)
    case set(Int32)
    /// Keys and values by turns, by position in `sequences`.
    case dictionary(Int32)
    /// A class or function, by position in `names`.
    case global(Int32)
    /// Something outside the stream; PyTorch's storages are such.
    case persistent(NodeID)
    /// A call, by position in `calls`.
    case call(Int32)
  }

  /// What the stream would call, and what it does to the result.
  struct Call {
    var callable: NodeID
    /// A tuple as a rule.
    var arguments: NodeID
    /// What BUILD hands over, the last time it does.
    var state: NodeID?
    /// Elements appended to the result.
    var elements: [NodeID] = []
    /// Keys and values set on the result, by turns.
    var items: [NodeID] = []
  }

  /// The stream as far as it was read.
  var bytes: [UInt8] = []
  var nodes: [Node] = []
  var sequences: [[NodeID]] = []
  var names: [String] = []
  var ownedText: [String] = []
  var calls: [Call] = []
  var root: NodeID = 0
  /// Bytes of the stream, STOP included.
  var byteCount = 0
}

// MARK: Reading values

extension Pickle {
  subscript(id: NodeID) -> Node { nodes[Int(id)] }

  /// The text of a node; nil when it is no text or not UTF-8.
  func text(_ id: NodeID) -> String? {
    switch self[id] {
    case .text(let extent): String(validating: bytes[extent.range], as: UTF8.self)
    case .ownedText(let index): ownedText[Int(index)]
    case .bytes(let extent): String(validating: bytes[extent.range], as: UTF8.self)  // Python 2 strings
    default: nil
    }
  }

  /// The text of a node when it has at most so many bytes: a stream can use one long text millions of times.
  func text(_ id: NodeID, limit: Int) -> String? {
    switch self[id] {
    case .text(let extent), .bytes(let extent): extent.count <= limit ? text(id) : nil
    case .ownedText(let index): ownedText[Int(index)].utf8.count <= limit ? ownedText[Int(index)] : nil
    default: nil
    }
  }

  /// Whether a node is text, valid or not.
  func isText(_ id: NodeID) -> Bool {
    switch self[id] {
    case .text, .ownedText, .bytes: true
    default: false
    }
  }

  func int(_ id: NodeID) -> Int? {
    guard case .int(let value) = self[id] else { return nil }
    return value
  }

  /// The elements of a list, a tuple, or a `torch.Size`.
  func elements(_ id: NodeID) -> [NodeID]? {
    switch self[id] {
    case .list(let index), .tuple(let index): return sequences[Int(index)]
    case .call(let index):
      guard globalName(calls[Int(index)].callable) == "torch.Size",
        case .tuple(let arguments) = self[calls[Int(index)].arguments],
        let first = sequences[Int(arguments)].first, case .tuple(let extents) = self[first]
      else { return nil }
      return sequences[Int(extents)]
    default: return nil
    }
  }

  /// Integers of a tuple, as shapes and strides are.
  func ints(_ id: NodeID) -> [Int]? {
    guard let elements = elements(id) else { return nil }
    let values = elements.compactMap { int($0) }
    return values.count == elements.count ? values : nil
  }

  /// The dotted name of a global.
  func globalName(_ id: NodeID) -> String? {
    guard case .global(let index) = self[id] else { return nil }
    return names[Int(index)]
  }

  /// The call behind a node.
  func call(_ id: NodeID) -> Call? {
    guard case .call(let index) = self[id] else { return nil }
    return calls[Int(index)]
  }

  /// Keys and values of a dictionary or of an object that was given items; nil for anything else.
  func pairs(_ id: NodeID) -> [(key: NodeID, value: NodeID)]? {
    let flat: [NodeID]
    switch self[id] {
    case .dictionary(let index): flat = sequences[Int(index)]
    case .call(let index):
      let call = calls[Int(index)]
      guard !call.items.isEmpty || Self.dictionaryTypes.contains(globalName(call.callable) ?? "") else { return nil }
      flat = call.items
    default: return nil
    }
    return stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }
  }

  /// The value under a string key; of several equal keys the last counts, as in Python.
  func value(_ id: NodeID, _ key: String) -> NodeID? {
    pairs(id)?.last { text($0.key, limit: key.utf8.count) == key }?.value
  }

  static let dictionaryTypes: Set<String> = ["collections.OrderedDict", "collections.defaultdict", "builtins.dict"]

  /// In a few words what a node is, for messages.
  func summary(_ id: NodeID) -> String {
    switch self[id] {
    case .none: return "None"
    case .bool, .int, .largeInteger, .double: return "a number"
    case .text, .ownedText, .bytes: return "a string"
    case .list: return "a list"
    case .tuple: return "a tuple"
    case .set: return "a set"
    case .dictionary: return "a dictionary"
    case .global(let index): return "the global \(names[Int(index)])"
    case .persistent: return "a storage"
    case .call(let index):
      let call = calls[Int(index)]
      return "an object of \(globalName(call.callable) ?? "something unnamed")"
    }
  }
}
