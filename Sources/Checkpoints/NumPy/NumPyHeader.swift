/// The header of an array as NumPy writes it (`.npy`): type, order and shape in a Python literal, which is read by a grammar of its
/// own and never evaluated.
///
/// - Source: numpy.org, "A simple file format for NumPy arrays", versions 1.0 to 3.0.
struct NumPyHeader {
  /// NumPy itself refuses longer ones.
  static let byteLimit = 10_000 + 12

  /// What the elements are.
  enum Kind: Hashable {
    /// Numbers.
    case numbers(ElementType)
    /// Texts, which are no tensor.
    case text(String)
  }

  let kind: Kind
  let shape: [Int]
  /// Whether the first index runs fastest.
  let isFortranOrder: Bool
  /// Bytes before the first element.
  let byteCount: Int

  /// Why an array cannot be read.
  enum Failure: Error {
    /// It is no `.npy`, or contradicts the format.
    case malformed(String)
    /// It is sound and of a kind that is not read: what it is, and what to do.
    case unsupported(String, advice: String)
  }

  /// Reads the header from an array's first bytes: all of them, or at least `byteLimit`.
  init(_ bytes: [UInt8]) throws(Failure) {
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw .malformed("it does not begin as a NumPy array")
    }
    guard (1...3).contains(bytes[6]) else {
      throw .unsupported(
        "a NumPy array of version \(bytes[6]).\(bytes[7])", advice: "save it again with numpy.savez of a current NumPy")
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else { throw .malformed("it ends inside its header") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard start + length <= Self.byteLimit else {
      throw .malformed("its header claims \(length) bytes, more than NumPy writes or reads")
    }
    guard start + length <= bytes.count else { throw .malformed("it ends inside its header") }
    var literal = NumPyLiteral(bytes[start..<start + length])
    let fields = try literal.fields()
    (kind, shape, isFortranOrder) = (try Self.kind(fields.type), fields.shape, fields.isFortranOrder)
    byteCount = start + length
  }

  /// What a type such as `<f4` stands for.
  private static func kind(_ type: String) throws(Failure) -> Kind {
    guard let order = type.first else { throw .malformed("its type is empty") }
    let name = "<>|=".contains(order) ? String(type.dropFirst()) : type
    switch name.first {
    case "O":
      throw .unsupported(
        "an array of Python objects, which is a pickle and is never run,",
        advice: "save plain arrays of numbers, with allow_pickle=False")
    case "U", "S", "a": return .text(type)
    case "V" where name != "V2":
      throw .unsupported("an array of \(type), raw bytes of no known type,", advice: "save it as float32")
    default: break
    }
    // jax.numpy's bfloat16 has no name in NumPy: it lands in files as two bytes without a type, and big_vision reads it back so.
    let element = name == "V2" || name == "bfloat16" ? .bf16 : ElementType(numpyKind: name)
    guard let element else {
      throw .unsupported("an array of type \(type.debugDescription)", advice: "save it as float32")
    }
    guard order != ">" || element.byteCount == 1 else {
      throw .unsupported("an array of big-endian numbers (\(type))", advice: "save it with .astype('<f4')")
    }
    return .numbers(element)
  }
}

/// The grammar of a header's dictionary: three known keys, each once.
private struct NumPyLiteral {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func fields() throws(NumPyHeader.Failure) -> (type: String, shape: [Int], isFortranOrder: Bool) {
    var type: String?
    var shape: [Int]?
    var order: Bool?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try descriptor()
      case "fortran_order" where order == nil: order = try boolean()
      case "shape" where shape == nil: shape = try extents()
      default: throw .malformed("its header has the key \(key.debugDescription), or has it twice")
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipBlanks()
    guard position == bytes.endIndex else { throw .malformed("something follows the dictionary in its header") }
    guard let type, let shape, let order else { throw .malformed("its header lacks descr, fortran_order or shape") }
    guard shape.count <= tensorRankLimit else { throw .malformed("it has \(shape.count) axes") }
    return (type, shape, order)
  }

  private mutating func descriptor() throws(NumPyHeader.Failure) -> String {
    skipBlanks()
    guard peek != UInt8(ascii: "["), peek != UInt8(ascii: "(") else {
      throw .unsupported("an array of records (a structured type)", advice: "save each field as an array of its own")
    }
    return try string()
  }

  private mutating func boolean() throws(NumPyHeader.Failure) -> Bool {
    if take("True") { return true }
    guard take("False") else { throw .malformed("its fortran_order is neither True nor False") }
    return false
  }

  private mutating func extents() throws(NumPyHeader.Failure) -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !take(")") {
      extents.append(try extent())
      if !take(",") {
        // (3) is a number in parentheses, no tuple.
        guard extents.count > 1, take(")") else { throw .malformed("its shape is no tuple") }
        break
      }
    }
    return extents
  }

  private mutating func extent() throws(NumPyHeader.Failure) -> Int {
    skipBlanks()
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard start < position, let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw .malformed("an extent of its shape is no number of 64 bits")
    }
    // Python 2 wrote 3L.
    if peek == UInt8(ascii: "L") { position += 1 }
    return value
  }

  /// Text in quotes; none of ours holds a backslash.
  private mutating func string() throws(NumPyHeader.Failure) -> String {
    skipBlanks()
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw .malformed("its header is not the dictionary that NumPy writes")
    }
    position += 1
    let start = position
    while let byte = peek, byte != quote, byte != UInt8(ascii: "\\"), byte >= 0x20, byte < 0x7F { position += 1 }
    guard peek == quote else { throw .malformed("a text in its header does not end") }
    defer { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A { position += 1 }
  }

  private mutating func take(_ word: String) -> Bool {
    skipBlanks()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(NumPyHeader.Failure) {
    guard take(word) else { throw .malformed("its header is not the dictionary that NumPy writes") }
  }
}
