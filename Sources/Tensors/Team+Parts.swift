internal import Synchronization

extension Team {
  /// Fills disjoint parts of one buffer at the same time: member i gets exclusive access to `buffer[parts[i]]`.
  ///
  /// - Parameters:
  ///   - buffer: What is filled.
  ///   - parts: Ranges of `buffer`, ascending and without overlap; anything else is a programming error.
  ///   - body: Gets a part's index and its values to write.
  /// - Throws: The error of the first part, by index, that failed; the other parts are finished all the same.
  public func forEachPart<Failure: Error>(
    of buffer: inout MutableSpan<Float>, parts: [Range<Int>],
    _ body: @Sendable (Int, inout MutableSpan<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    var end = 0
    for part in parts {
      precondition(part.lowerBound >= end, "parts overlap or are out of order")
      end = part.upperBound
    }
    precondition(end <= buffer.count, "parts reach beyond the buffer")
    let failure = Mutex<(part: Int, error: Failure)?>(nil)
    unsafe buffer.withUnsafeMutableBufferPointer { whole in
      // The parts that members write are disjoint, as was checked.
      nonisolated(unsafe) let whole = unsafe whole
      forEach(parts.count) { i in
        var part = unsafe MutableSpan(_unsafeElements: whole.extracting(parts[i]))
        do throws(Failure) {
          try body(i, &part)
        } catch {
          failure.withLock { first in
            if first.map({ i < $0.part }) ?? true { first = (i, error) }
          }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
