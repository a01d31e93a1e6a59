internal import Foundation

/// Values that tapes may read and write, zero at first; pages that nothing touches take no memory.
@safe
public final class Memory: @unchecked Sendable {  // `Tape.run` gives a memory to one tape at a time.
  private let allocation: UnsafeMutableRawPointer?
  let base: UnsafeMutablePointer<Float>?
  /// Who counts the values, if anybody does.
  private let ledger = MemoryLedger.current

  /// The number of values.
  public let count: Int

  /// Reserves `count` zeros: at most 4 bytes each.
  public init(count: Int) {
    precondition(count >= 0)
    self.count = count
    // 64 bytes: one cache line. `calloc` hands out fresh pages without writing to them.
    unsafe allocation = calloc(count * 4 + 64, 1)
    guard let raw = unsafe allocation else { preconditionFailure("no memory for \(count) values") }
    unsafe base = raw.alignedUp(toMultipleOf: 64).bindMemory(to: Float.self, capacity: count)
    unsafe Self.useLargePages(raw, 4 * count)
    ledger?.add(count)
  }

  /// Asks the system for pages of 2 MB where there are many: they come in a fraction of the faults when they are first touched.
  private static func useLargePages(_ raw: UnsafeMutableRawPointer, _ bytes: Int) {
    let page = 2 << 20
    let first = unsafe raw.alignedUp(toMultipleOf: page)
    let pages = unsafe (raw + bytes - first) / page
    // Advice that is not taken changes nothing.
    if pages >= 4 { _ = unsafe madvise(first, pages * page, MADV_HUGEPAGE) }
  }

  deinit {
    ledger?.add(-count)
    unsafe free(allocation)
  }

  /// Calls `body` with the values at `range`, to read; no tape may use them meanwhile.
  public func withSpan<Result>(_ range: Range<Int>, _ body: (Span<Float>) -> Result) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe body(
      Span(_unsafeElements: UnsafeBufferPointer(start: base.map { unsafe $0 + range.lowerBound }, count: range.count)))
  }

  /// Calls `body` with the values at `range`, to write; no tape may use them meanwhile.
  public func withMutableSpan<Result>(_ range: Range<Int>, _ body: (inout MutableSpan<Float>) -> Result) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    var span = unsafe MutableSpan(
      _unsafeElements: UnsafeMutableBufferPointer(
        start: base.map { unsafe $0 + range.lowerBound }, count: range.count))
    return body(&span)
  }
}
