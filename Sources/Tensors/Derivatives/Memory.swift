internal import Foundation

/// Values that tapes may read and write, zero at first; pages that nothing touches take no memory.
@safe
// `@unchecked`: `Tape.run` gives a memory to one tape at a time.
public final class Memory<Element: TapeElement>: @unchecked Sendable {
  private let allocation: UnsafeMutableRawPointer?
  let base: UnsafeMutablePointer<Element>?
  /// Who counts the values, if anybody does.
  private let ledger = MemoryLedger.current

  /// The number of values.
  public let count: Int

  /// Reserves `count` zeros: at most the size of an element each.
  public init(count: Int) {
    precondition(count >= 0)
    self.count = count
    // 64 bytes: one cache line. `calloc` hands out fresh pages without writing to them.
    let bytes = count * MemoryLayout<Element>.stride
    unsafe allocation = calloc(bytes + 64, 1)
    guard let raw = unsafe allocation else { preconditionFailure("no memory for \(count) values") }
    unsafe base = raw.alignedUp(toMultipleOf: 64).bindMemory(to: Element.self, capacity: count)
    unsafe Self.useLargePages(raw, bytes)
    ledger?.add(count)
  }

  /// Holds the same values in this element type.
  public convenience init(widening values: Span<Float>) {
    self.init(count: values.count)
    withMutableSpan(0..<count) { own in copy(values, into: &own) }
  }

  /// Adds another memory's values, of which there are as many.
  public func add(_ other: Memory, team: Team) {
    precondition(other.count == count)
    withMutableSpan(0..<count) { own in
      other.withSpan(0..<count) { values in addValues(values, to: &own, team: team) }
    }
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
  public func withSpan<Result>(_ range: Range<Int>, _ body: (Span<Element>) -> Result) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe body(
      Span(_unsafeElements: UnsafeBufferPointer(start: base.map { unsafe $0 + range.lowerBound }, count: range.count)))
  }

  /// Calls `body` with the values at `range`, to write; no tape may use them meanwhile.
  public func withMutableSpan<Result>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    var span = unsafe MutableSpan(
      _unsafeElements: UnsafeMutableBufferPointer(
        start: base.map { unsafe $0 + range.lowerBound }, count: range.count))
    return try body(&span)
  }
}

/// y ← x in the element type of y.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func copy<Element: TapeElement>(_ x: Span<Float>, into y: inout MutableSpan<Element>) {
  for i in x.indices { y[i] = Element(x[i]) }
}

/// y ← y + x, of equally many values.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func addValues<Element: TapeElement>(_ x: Span<Element>, to y: inout MutableSpan<Element>, team: Team) {
  let runs = team.runs(of: x.count, grain: 1024)
  let (from, to) = unsafe (ReadPointer(x), WritePointer(&y))
  team.forEach(runs.count) { index in
    let (from, to) = unsafe (from.from(runs[index].lowerBound), to.from(runs[index].lowerBound))
    eachRun(runs[index].count) { i, n in unsafe to.put(to.some(at: i, n) + from.some(at: i, n), at: i, n) }
  }
}
