/// The lines of a text file of any size, one after the other, in constant memory.
enum LineStream {
  /// A longer line is skipped and counted: no log writes one, and holding it would defeat the purpose.
  static let lineLimit = 16 << 20
  private static let chunk = 1 << 20

  /// Calls `body` with each line, without its line break, and whether a line break ended it.
  ///
  /// - Returns: How many lines were longer than `lineLimit`.
  static func forEachLine(
    of file: InputFile, _ body: (Span<UInt8>, _ isWhole: Bool) -> Void
  ) throws(CheckpointError) -> Int {
    var buffer = [UInt8](repeating: 0, count: min(chunk, max(file.byteCount, 1)))
    var (position, filled, tooLong, isSkipping) = (0, 0, 0, false)
    while position < file.byteCount {
      if filled == buffer.count {
        if buffer.count < lineLimit {
          buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        } else {
          (filled, isSkipping) = (0, true)
        }
      }
      let count = min(buffer.count - filled, file.byteCount - position)
      try fill(&buffer, filled..<filled + count, from: file, at: position)
      position += count
      var (start, search) = (0, filled)
      filled += count
      while let end = lineBreak(in: buffer.span, from: search, to: filled) {
        if isSkipping {
          tooLong += 1
          isSkipping = false
        } else {
          body(buffer.span.extracting(start..<self.end(of: start..<end, in: buffer.span)), true)
        }
        (start, search) = (end + 1, end + 1)
      }
      if start > 0 {
        for index in start..<filled { buffer[index - start] = buffer[index] }
        filled -= start
      }
    }
    if isSkipping { tooLong += 1 } else if filled > 0 { body(buffer.span.extracting(0..<filled), false) }
    return tooLong
  }

  private static func fill(
    _ buffer: inout [UInt8], _ range: Range<Int>, from file: InputFile, at position: Int
  ) throws(CheckpointError) {
    var span = buffer.mutableSpan
    var whole = unsafe span.mutableBytes
    var raw = whole._mutatingExtracting(range)
    try file.read(at: position, into: &raw)
  }

  private static func lineBreak(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
    var index = start
    while index < end {
      if bytes[index] == 0x0A { return index }
      index += 1
    }
    return nil
  }

  /// Where a line ends: in a file from Windows one byte earlier.
  private static func end(of line: Range<Int>, in bytes: Span<UInt8>) -> Int {
    !line.isEmpty && bytes[line.upperBound - 1] == 0x0D ? line.upperBound - 1 : line.upperBound
  }
}
