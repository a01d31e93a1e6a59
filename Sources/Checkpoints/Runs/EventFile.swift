/// TensorBoard's event files: TFRecord frames around protocol-buffer messages.
enum EventFile {
  /// Scalars take some dozens of bytes; larger records hold images or graphs and are passed over unread.
  static let recordLimit = 1 << 20

  /// One scalar of one event.
  struct Scalar {
    let step: Int
    let tag: String
    let value: Double
  }

  struct Damage {
    var records = 0
    var isCut = false
    /// Bytes behind a frame whose length cannot be trusted.
    var lostBytes = 0
  }

  /// Whether a file begins with a frame.
  static func isEventFile(_ file: InputFile) -> Bool {
    guard file.byteCount >= 12, let head = try? file.bytes(at: 0, count: 12) else { return false }
    return length(head) != nil
  }

  private static func length(_ head: [UInt8]) -> Int? {
    guard CRC32C.masked(head[0..<8]) == UInt32(truncatingIfNeeded: ProtocolBuffer.little(head[8..<12])) else {
      return nil
    }
    return Int(exactly: ProtocolBuffer.little(head[0..<8]))
  }

  /// Calls `body` with every scalar.
  static func forEachScalar(of file: InputFile, _ body: (Scalar) -> Void) throws(CheckpointError) -> Damage {
    var damage = Damage()
    var window = Window(file)
    var position = 0
    while position < file.byteCount {
      guard file.byteCount - position >= 12 else {
        damage.isCut = true
        break
      }
      guard let length = length(Array(try window.bytes(at: position, count: 12))) else {
        damage.lostBytes = file.byteCount - position
        break
      }
      guard let end = (position + 16).checkedAdding(length), end <= file.byteCount else {
        damage.isCut = true
        break
      }
      if length <= recordLimit {
        let payload = try window.bytes(at: position + 12, count: length + 4)
        let sum = UInt32(truncatingIfNeeded: ProtocolBuffer.little(payload.suffix(4)))
        if CRC32C.masked(payload.dropLast(4)) == sum {
          event(payload.dropLast(4), body)
        } else {
          damage.records += 1
        }
      }
      position = end
    }
    return damage
  }

  /// Event: 2 step, 5 summary; Summary: 1 value.
  private static func event(_ bytes: ArraySlice<UInt8>, _ body: (Scalar) -> Void) {
    var step = 0
    var summaries: [ArraySlice<UInt8>] = []
    var fields = ProtocolBuffer(bytes)
    while let (number, value) = fields.next() {
      switch (number, value) {
      case (2, .varint(let value)): step = Int(Int64(bitPattern: value))
      case (5, .bytes(let summary)): summaries.append(summary)
      default: break
      }
    }
    for summary in summaries {
      var values = ProtocolBuffer(summary)
      while let (number, value) = values.next() {
        if number == 1, case .bytes(let message) = value, let scalar = scalar(message, step) { body(scalar) }
      }
    }
  }

  /// Value: 1 tag, 2 simple_value, 8 tensor.
  private static func scalar(_ message: ArraySlice<UInt8>, _ step: Int) -> Scalar? {
    var tag: String?
    var number: Double?
    var fields = ProtocolBuffer(message)
    while let (field, value) = fields.next() {
      switch (field, value) {
      case (1, .bytes(let bytes)): tag = String(decoding: bytes, as: UTF8.self)
      case (2, .fixed32(let bits)): number = Double(Float(bitPattern: bits))
      case (8, .bytes(let tensor)): number = number ?? Self.tensor(tensor)
      default: break
      }
    }
    guard let tag, let number else { return nil }
    return Scalar(step: step, tag: tag, value: number)
  }

  /// TensorProto of one element: 1 type (1 float, 2 double), 4 content, 5 packed floats, 6 packed doubles.
  private static func tensor(_ message: ArraySlice<UInt8>) -> Double? {
    var type: UInt64 = 0
    var content: ArraySlice<UInt8> = []
    var fields = ProtocolBuffer(message)
    while let (field, value) = fields.next() {
      switch (field, value) {
      case (1, .varint(let value)): type = value
      case (4, .bytes(let bytes)), (5, .bytes(let bytes)), (6, .bytes(let bytes)):
        if !bytes.isEmpty { content = bytes }
      case (5, .fixed32(let bits)): return Double(Float(bitPattern: bits))
      case (6, .fixed64(let bits)): return Double(bitPattern: bits)
      default: break
      }
    }
    switch (type, content.count) {
    case (1, 4): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: ProtocolBuffer.little(content))))
    case (2, 8): return Double(bitPattern: ProtocolBuffer.little(content))
    default: return nil
    }
  }

  /// A piece of the file in memory, so that small frames cost no system call each.
  private struct Window {
    private let file: InputFile
    private var start = 0
    private var held: [UInt8] = []

    init(_ file: InputFile) { self.file = file }

    mutating func bytes(at offset: Int, count: Int) throws(CheckpointError) -> ArraySlice<UInt8> {
      if offset < start || offset + count > start + held.count {
        start = offset
        held = try file.bytes(at: offset, count: min(max(count, 1 << 18), file.byteCount - offset))
      }
      return held[(offset - start)..<(offset - start + count)]
    }
  }
}

extension WeightLogBuilder {
  /// Reads a TensorBoard event file.
  mutating func read(events path: String) throws(CheckpointError) {
    let file = try InputFile(opening: path)
    begin(path)
    var order: [Int] = []
    var steps: [Int: ScalarRecord] = [:]
    let damage = try EventFile.forEachScalar(of: file) { scalar in
      guard let role = ScalarRole(scalar.tag) else { return }
      if case .step = role { return }
      if steps[scalar.step] == nil {
        order.append(scalar.step)
        steps[scalar.step] = ScalarRecord()
        steps[scalar.step]?.set(.step(rank: 0), Double(scalar.step))
      }
      steps[scalar.step]?.set(role, scalar.value)
    }
    let most = steps.values.map(\.weightCount).max() ?? 0
    if let last = order.last, let count = steps[last]?.weightCount, count > 0, count < most {
      order.removeLast()
      remark("\(path): of its last step only \(count) of \(most) weights are written; it is left out")
    }
    for step in order { if let record = steps[step] { add(record) } }
    if damage.records > 0 {
      remark("\(path): \(damage.records) damaged \(damage.records == 1 ? "record" : "records") left out")
    }
    if damage.lostBytes > 0 {
      remark("\(path): the last \(damage.lostBytes) bytes cannot be read: a record's length is damaged")
    }
    if damage.isCut { remark("\(path): the last record is only half written and left out") }
  }
}
