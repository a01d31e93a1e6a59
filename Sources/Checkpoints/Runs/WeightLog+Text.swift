extension WeightLogBuilder {
  /// Reads a log of JSON objects, one in each line.
  mutating func read(jsonLines path: String) throws(CheckpointError) {
    let file = try InputFile(opening: path)
    begin(path)
    var damaged = 0
    var isCut = false
    let tooLong = try LineStream.forEachLine(of: file) { line, isWhole in
      if let record = ScalarLine.record(line) {
        add(record)
      } else if !isWhole {
        isCut = true
      } else if !line.isBlank {
        damaged += 1
      }
    }
    say(damaged: damaged + tooLong, isCut: isCut, path)
  }

  /// Reads comma-separated values whose header names the columns.
  ///
  /// - Throws: `CheckpointError.notACheckpoint` where no column is a `weight_j`.
  mutating func read(csv path: String) throws(CheckpointError) {
    let file = try InputFile(opening: path)
    begin(path)
    var columns: [ScalarKey?]?
    var separator = UInt8(ascii: ",")
    var damaged = 0
    var isCut = false
    var hasTooManyColumns = false
    // A last line without its line break may lack digits: it counts when its sum is as good as that of the others.
    var roundingError = 1e-6
    func deviation(_ record: ScalarRecord) -> Double {
      let sums = record.moments.map { $0.moment.weights.reduce(0, +) }
      return sums.map { $0.isFinite ? abs($0 - 1) : 1 }.max() ?? 1
    }
    let tooLong = try LineStream.forEachLine(of: file) { line, isWhole in
      guard !line.isBlank, !hasTooManyColumns else { return }
      guard let keys = columns else {
        separator = CSVLine.separator(of: line)
        guard line.indices.count(where: { line[$0] == separator }) < CSVLine.columnLimit else {
          hasTooManyColumns = true
          columns = []
          return
        }
        columns = CSVLine.fields(line, separator: separator).map { ScalarKey($0) }
        return
      }
      if let record = CSVLine.record(line, keys, separator: separator), isWhole || deviation(record) <= roundingError {
        roundingError = max(roundingError, min(deviation(record), 0.01))
        add(record)
      } else if !isWhole {
        isCut = true
      } else {
        damaged += 1
      }
    }
    guard !hasTooManyColumns else {
      throw .tooLarge(path: path, what: "a table of more than \(CSVLine.columnLimit) columns")
    }
    guard columns?.contains(where: { if case .weight = $0?.role { true } else { false } }) ?? false else {
      throw .notACheckpoint(
        path: path, content: "a table without columns weight_0, weight_1, …",
        advice: "give a log with fusion weights, or a folder of checkpoints")
    }
    say(damaged: damaged + tooLong, isCut: isCut, path)
  }

  private mutating func say(damaged: Int, isCut: Bool, _ path: String) {
    if damaged > 0 { remark("\(path): \(damaged) damaged \(damaged == 1 ? "line" : "lines") left out") }
    if isCut { remark("\(path): the last line is only half written and left out") }
  }
}

extension Span<UInt8> {
  fileprivate var isBlank: Bool { indices.allSatisfy { JSONScanner.isBlank(self[$0]) } }
}

/// A line of comma-separated values (RFC 4180, without line breaks inside quotes).
enum CSVLine {
  /// More columns than any table of scalars; bounds the memory for a line of separators.
  static let columnLimit = 1 << 16

  /// Comma, semicolon or tab: what the header has most of.
  static func separator(of header: Span<UInt8>) -> UInt8 {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    let counts = candidates.map { candidate in header.indices.count { header[$0] == candidate } }
    // Of equally many the first.
    return candidates[counts.firstIndex(of: counts.max() ?? 0) ?? 0]
  }

  static func fields(_ line: Span<UInt8>, separator: UInt8) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    for index in line.indices {
      let byte = line[index]
      if byte == UInt8(ascii: "\"") {
        // Two quotes inside quotes are one.
        if !isQuoted, index > 0, line[index - 1] == byte, !field.isEmpty { field.append(byte) }
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        fields.append(trimmed(field))
        field.removeAll(keepingCapacity: true)
      } else {
        field.append(byte)
      }
    }
    fields.append(trimmed(field))
    return fields
  }

  /// Without blanks at its ends, and without the mark with which spreadsheets begin a file.
  private static func trimmed(_ field: [UInt8]) -> String {
    let start = field.starts(with: [0xEF, 0xBB, 0xBF]) ? field[3...] : field[...]
    let text = start.drop { JSONScanner.isBlank($0) }
    return String(decoding: text.reversed().drop { JSONScanner.isBlank($0) }.reversed(), as: UTF8.self)
  }

  /// nil for a line with another number of fields than the header, or a word where a number of ours belongs.
  static func record(_ line: Span<UInt8>, _ keys: [ScalarKey?], separator: UInt8) -> ScalarRecord? {
    // Counted first: a line of separators alone is not worth its fields.
    guard line.indices.count(where: { line[$0] == separator }) + 1 >= keys.count else {
      return nil
    }
    let fields = fields(line, separator: separator)
    guard fields.count == keys.count else { return nil }
    var record = ScalarRecord()
    for (key, field) in zip(keys, fields) {
      guard let key, !field.isEmpty else { continue }
      if case .label(let order) = key.role {
        record.set(label: order, field)
        continue
      }
      guard let value = Double(field) else { return nil }
      record.set(key, value)
    }
    return record
  }
}
