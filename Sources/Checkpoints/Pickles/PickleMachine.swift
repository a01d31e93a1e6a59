/// Python's pickle machine for protocols 0 to 5, with every call replaced by a record of it.
///
/// A loop over opcodes with bounded stack, memo and table; nothing is imported, called or built.
///
/// - Source: Python's documentation of `pickletools`, which defines each opcode.
struct PickleMachine {
  /// Bounds the memory at some hundred megabytes whatever the stream does.
  static let nodeLimit = 1 << 22
  static let stepLimit = 1 << 24
  /// Bytes of a module and a name together.
  static let nameLimit = 1000
  /// Characters of a number that is written as text.
  static let numberLimit = 64

  private(set) var pickle = Pickle()
  private var input: PickleInput
  private var stack: [Pickle.NodeID] = []
  private var marks: [Int] = []
  private var memo: [UInt64: Pickle.NodeID] = [:]
  private var nameIndices: [String: Int32] = [:]
  /// Where the current opcode stands, for messages.
  private var opcodeOffset = 0

  private init(_ input: PickleInput) {
    self.input = input
  }

  /// Decodes a pickle from its first opcode to STOP.
  static func decode(_ input: PickleInput) throws(CheckpointError) -> Pickle {
    var machine = PickleMachine(input)
    try machine.run()
    return machine.pickle
  }

  private mutating func run() throws(CheckpointError) {
    for _ in 0..<Self.stepLimit {
      opcodeOffset = input.position
      let opcode = try input.byte()
      if opcode == UInt8(ascii: ".") {
        pickle.root = try pop()
        pickle.byteCount = input.position
        pickle.bytes = input.bytes
        return
      }
      try step(opcode)
    }
    throw .tooLarge(path: input.path, what: "its pickle has more than \(Self.stepLimit) opcodes")
  }

  private func failure(_ what: String) -> CheckpointError {
    .pickle(path: input.path, offset: opcodeOffset, what: what)
  }

  // MARK: Stack and table

  private mutating func push(_ node: Pickle.Node) throws(CheckpointError) {
    guard pickle.nodes.count < Self.nodeLimit else {
      throw .tooLarge(path: input.path, what: "its pickle describes more than \(Self.nodeLimit) values")
    }
    stack.append(Int32(pickle.nodes.count))
    pickle.nodes.append(node)
  }

  private mutating func pop() throws(CheckpointError) -> Pickle.NodeID {
    guard stack.count > marks.last ?? 0, let top = stack.popLast() else { throw failure("empty stack") }
    return top
  }

  private func top() throws(CheckpointError) -> Pickle.NodeID {
    guard stack.count > marks.last ?? 0, let top = stack.last else { throw failure("empty stack") }
    return top
  }

  /// Takes everything above the last mark, and the mark.
  private mutating func popToMark() throws(CheckpointError) -> [Pickle.NodeID] {
    guard let mark = marks.popLast() else { throw failure("no mark on the stack") }
    let elements = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return elements
  }

  private mutating func sequence(_ elements: [Pickle.NodeID]) -> Int32 {
    pickle.sequences.append(elements)
    return Int32(pickle.sequences.count - 1)
  }

  private mutating func pushTuple(_ count: Int) throws(CheckpointError) {
    var elements = [Pickle.NodeID](repeating: 0, count: count)
    for i in (0..<count).reversed() { elements[i] = try pop() }
    try push(.tuple(sequence(elements)))
  }

  // MARK: Opcodes

  private mutating func step(_ opcode: UInt8) throws(CheckpointError) {
    switch Unicode.Scalar(opcode) {
    case "\u{80}": try startProtocol()
    case "\u{95}": _ = try input.unsigned(byteCount: 8)  // FRAME: a hint on lengths

    case "(": marks.append(stack.count)
    case "0":  // POP takes a mark when that is on top
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case "1": _ = try popToMark()
    case "2": stack.append(try top())

    case "N": try push(.none)
    case "\u{88}": try push(.bool(true))
    case "\u{89}": try push(.bool(false))
    case "J": try push(.int(Int(Int32(truncatingIfNeeded: try input.unsigned(byteCount: 4)))))
    case "K": try push(.int(Int(try input.unsigned(byteCount: 1))))
    case "M": try push(.int(Int(try input.unsigned(byteCount: 2))))
    case "\u{8A}": try pushInteger(try input.extent(try input.unsigned(byteCount: 1)))
    case "\u{8B}": try pushInteger(try input.extent(try input.unsigned(byteCount: 4)))
    case "G": try push(.double(Double(bitPattern: try input.unsigned(byteCount: 8).byteSwapped)))
    case "I", "L", "F": try pushNumberLine(opcode)

    case "X": try push(.text(try input.extent(try input.unsigned(byteCount: 4))))
    case "\u{8C}": try push(.text(try input.extent(try input.unsigned(byteCount: 1))))
    case "\u{8D}": try push(.text(try input.extent(try input.unsigned(byteCount: 8))))
    case "V", "S": try pushTextLine(opcode)
    case "B", "T": try push(.bytes(try input.extent(try input.unsigned(byteCount: 4))))
    case "C", "U": try push(.bytes(try input.extent(try input.unsigned(byteCount: 1))))
    case "\u{8E}", "\u{96}": try push(.bytes(try input.extent(try input.unsigned(byteCount: 8))))

    case "]": try push(.list(sequence([])))
    case "}": try push(.dictionary(sequence([])))
    case ")": try push(.tuple(sequence([])))
    case "\u{8F}": try push(.set(sequence([])))
    case "l": try push(.list(sequence(try popToMark())))
    case "t": try push(.tuple(sequence(try popToMark())))
    case "d": try push(.dictionary(sequence(try even(try popToMark()))))
    case "\u{91}": try push(.set(sequence(try popToMark())))
    case "\u{85}": try pushTuple(1)
    case "\u{86}": try pushTuple(2)
    case "\u{87}": try pushTuple(3)
    case "a": try append([try pop()])
    case "e", "\u{90}": try append(try popToMark())
    case "s":
      let value = try pop()
      let key = try pop()
      try setItems([key, value])
    case "u": try setItems(try even(try popToMark()))

    case "p": try store(UInt64(try lineNumber()))
    case "q": try store(try input.unsigned(byteCount: 1))
    case "r": try store(try input.unsigned(byteCount: 4))
    case "\u{94}": try store(UInt64(memo.count))
    case "g": try recall(UInt64(try lineNumber()))
    case "h": try recall(try input.unsigned(byteCount: 1))
    case "j": try recall(try input.unsigned(byteCount: 4))

    case "c": try pushGlobal(module: try input.line(), name: try input.line())
    case "\u{93}": try pushGlobalFromStack()
    case "R", "\u{81}":  // REDUCE and NEWOBJ differ only in how Python would call
      let arguments = try pop()
      try pushCall(try pop(), arguments)
    case "\u{92}":  // NEWOBJ_EX; keyword arguments take the place of state
      let keywords = try pop()
      let arguments = try pop()
      try pushCall(try pop(), arguments, state: keywords)
    case "i":
      let module = try input.line()
      let name = try input.line()
      try push(.tuple(sequence(try popToMark())))
      let arguments = try pop()
      try pushGlobal(module: module, name: name)
      try pushCall(try pop(), arguments)
    case "o":
      var elements = try popToMark()
      guard !elements.isEmpty else { throw failure("OBJ without a class") }
      let callable = elements.removeFirst()
      try push(.tuple(sequence(elements)))
      try pushCall(callable, try pop())
    case "b": try build()

    case "P":
      try push(.text(try input.line()))
      try push(.persistent(try pop()))
    case "Q": try push(.persistent(try pop()))

    case "\u{82}", "\u{83}", "\u{84}": throw failure("an extension code, whose meaning no file can carry")
    case "\u{97}", "\u{98}": throw failure("a buffer outside the stream")
    default: throw failure("unknown opcode 0x\(String(opcode, radix: 16))")
    }
  }

  private mutating func startProtocol() throws(CheckpointError) {
    let number = try input.byte()
    guard number <= 5 else { throw failure("pickle protocol \(number), newer than 5") }
  }

  private func even(_ elements: [Pickle.NodeID]) throws(CheckpointError) -> [Pickle.NodeID] {
    guard elements.count.isMultiple(of: 2) else { throw failure("a key without a value") }
    return elements
  }

  // MARK: Scalars

  private mutating func pushInteger(_ extent: Pickle.Extent) throws(CheckpointError) {
    guard extent.count <= 8 else { return try push(.largeInteger(extent)) }
    var value = 0
    for (i, index) in extent.range.enumerated() { value |= Int(input.bytes[index]) << (8 * i) }
    let unused = 64 - 8 * Int(extent.count)
    // Two shifts extend the sign of what was fewer than 8 bytes.
    try push(.int(extent.count == 0 ? 0 : (value << unused) >> unused))
  }

  private mutating func lineNumber() throws(CheckpointError) -> UInt32 {
    guard let text = input.text(try input.line()), let value = UInt32(text) else { throw failure("a bad memo index") }
    return value
  }

  private mutating func pushNumberLine(_ opcode: UInt8) throws(CheckpointError) {
    let line = try input.line()
    guard line.count <= Self.numberLimit, let text = input.text(line) else { throw failure("a bad number") }
    if opcode == UInt8(ascii: "F"), let value = Double(text) { return try push(.double(value)) }
    // Protocol 0 and 1 spell the truth values as integers with a leading zero.
    if opcode == UInt8(ascii: "I"), text == "00" || text == "01" { return try push(.bool(text == "01")) }
    let digits = opcode == UInt8(ascii: "L") && text.hasSuffix("L") ? text.dropLast() : text[...]
    guard let value = Int(digits) else { throw failure("the number \(text)") }
    try push(.int(value))
  }

  private mutating func pushTextLine(_ opcode: UInt8) throws(CheckpointError) {
    let line = try input.line()
    guard let text = PickleEscapes.resolve(input.bytes[line.range], isQuoted: opcode == UInt8(ascii: "S")) else {
      throw failure("a badly escaped string")
    }
    pickle.ownedText.append(text)
    try push(.ownedText(Int32(pickle.ownedText.count - 1)))
  }

  // MARK: Containers

  private mutating func append(_ elements: [Pickle.NodeID]) throws(CheckpointError) {
    switch pickle[try top()] {
    case .list(let index), .set(let index): pickle.sequences[Int(index)] += elements
    case .call(let index): pickle.calls[Int(index)].elements += elements
    default: throw failure("elements appended to \(pickle.summary(try top()))")
    }
  }

  private mutating func setItems(_ items: [Pickle.NodeID]) throws(CheckpointError) {
    switch pickle[try top()] {
    case .dictionary(let index): pickle.sequences[Int(index)] += items
    case .call(let index): pickle.calls[Int(index)].items += items
    default: throw failure("items set on \(pickle.summary(try top()))")
    }
  }

  // MARK: Memo

  private mutating func store(_ index: UInt64) throws(CheckpointError) {
    memo[index] = try top()
    guard memo.count <= Self.nodeLimit else {
      throw .tooLarge(path: input.path, what: "its pickle remembers more than \(Self.nodeLimit) values")
    }
  }

  private mutating func recall(_ index: UInt64) throws(CheckpointError) {
    guard let id = memo[index] else { throw failure("memo entry \(index), which was never stored") }
    stack.append(id)
  }

  // MARK: Globals and calls

  private mutating func pushGlobal(module: Pickle.Extent, name: Pickle.Extent) throws(CheckpointError) {
    guard let module = input.text(module), let name = input.text(name) else { throw failure("a global without a name") }
    try pushGlobal(module, name)
  }

  private mutating func pushGlobalFromStack() throws(CheckpointError) {
    let name = try pop()
    let module = try pop()
    guard case .text(let moduleExtent) = pickle[module], case .text(let nameExtent) = pickle[name] else {
      throw failure("a global without a name")
    }
    try pushGlobal(module: moduleExtent, name: nameExtent)
  }

  private mutating func pushGlobal(_ module: String, _ name: String) throws(CheckpointError) {
    guard module.utf8.count + name.utf8.count <= Self.nameLimit else { throw failure("a global with an overlong name") }
    // Python 2 had other names for two modules of the standard library.
    let module = ["__builtin__": "builtins", "copy_reg": "copyreg"][module] ?? module
    let full = "\(module).\(name)"
    let index = nameIndices[full] ?? Int32(pickle.names.count)
    if index == pickle.names.count {
      pickle.names.append(full)
      nameIndices[full] = index
    }
    try push(.global(index))
  }

  private mutating func pushCall(
    _ callable: Pickle.NodeID, _ arguments: Pickle.NodeID, state: Pickle.NodeID? = nil
  ) throws(CheckpointError) {
    pickle.calls.append(Pickle.Call(callable: callable, arguments: arguments, state: state))
    try push(.call(Int32(pickle.calls.count - 1)))
  }

  private mutating func build() throws(CheckpointError) {
    let state = try pop()
    guard case .call(let index) = pickle[try top()] else {
      throw failure("attributes set on \(pickle.summary(try top()))")
    }
    pickle.calls[Int(index)].state = state
  }
}
