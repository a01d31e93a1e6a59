/// TensorBoard's event files: TFRecord frames around protocol-buffer messages.
enum EventFile {
  /// Scalars take some dozens of bytes; larger records hold images or graphs and are passed over unread.
  static let recordLimit = 1 << 20

  /// One scalar of one event.
  struct Scalar {
    /// 0 where the event has none: a step of 0 is not written, either.
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
    var order: [String] = []
    var series: [String: EventSeries] = [:]
    let damage = try EventFile.forEachScalar(of: file) { scalar in
      guard let key = ScalarKey(scalar.tag) else { return }
      if series[key.prefix] == nil {
        guard series.count < Self.seriesLimit else { return leaveOut() }
        order.append(key.prefix)
        series[key.prefix] = EventSeries()
      }
      series[key.prefix]?.add(key.role, scalar)
    }
    // Epochs are written without the weights' group as often as with it.
    let shared = series[""]?.epochs ?? [:]
    for label in order { if let series = series[label] { add(series, label, sharedEpochs: shared, path) } }
    if damage.records > 0 {
      remark("\(path): \(damage.records) damaged \(damage.records == 1 ? "record" : "records") left out")
    }
    if damage.lostBytes > 0 {
      remark("\(path): the last \(damage.lostBytes) bytes cannot be read: a record's length is damaged")
    }
    if damage.isCut { remark("\(path): the last record is only half written and left out") }
  }

  private mutating func add(_ series: EventSeries, _ label: String, sharedEpochs: [Int: Double], _ path: String) {
    var moments = series.moments
    let most = moments.map(\.weightCount).max() ?? 0
    guard most > 0 else { return }
    if series.hasNoSteps {
      remark("\(path): its scalars have no step; their order in the file is taken for that of training", on: label)
      for index in moments.indices { moments[index].step = nil }
    } else if let last = moments.last, last.weightCount < most {
      moments.removeLast()
      remark(
        "\(path): of its last step only \(last.weightCount) of \(most) weights are written; it is left out", on: label)
    }
    for var moment in moments {
      if let step = moment.step { moment.epoch = series.epochs[Int(step)] ?? sharedEpochs[Int(step)] }
      add(moment, to: label)
    }
  }
}

/// The scalars of one group of tags, put together by step.
private struct EventSeries {
  /// In the order in which they began.
  private(set) var moments: [WeightMoment] = []
  private(set) var epochs: [Int: Double] = [:]
  /// The last moment of each step.
  private var places: [Int: Int] = [:]
  /// The moments of step 0, which is also that of scalars without a step, and how many of them have each position.
  private var zeroes: [Int] = []
  private var zeroCounts: [Int: Int] = [:]

  /// Whether all is of step 0, and more than one value of a tag.
  var hasNoSteps: Bool { moments.count > 1 && places.count == 1 && places[0] != nil }

  mutating func add(_ role: ScalarRole, _ scalar: EventFile.Scalar) {
    switch role {
    case .epoch: epochs[scalar.step] = scalar.value
    case .weight(let position):
      // A second value at the same step is of a restart, or of scalars without a step: it begins another moment. Without steps the tags
      // may come one after the other, each with all its values: the first values belong together, then the second, …
      var known = places[scalar.step]
      if scalar.step == 0 {
        let count = zeroCounts[position, default: 0]
        known = count < zeroes.count ? zeroes[count] : nil
        zeroCounts[position] = count + 1
      }
      if let known, !moments[known].has(position) {
        moments[known].set(position, scalar.value)
        return
      }
      places[scalar.step] = moments.count
      if scalar.step == 0 { zeroes.append(moments.count) }
      var moment = WeightMoment()
      moment.step = Double(scalar.step)
      moment.set(position, scalar.value)
      moments.append(moment)
    case .step, .label: break
    }
  }
}
