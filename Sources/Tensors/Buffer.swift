internal import Foundation

/// A run of `Float` values with one owner, aligned for vector loads, zero at first.
///
/// Unlike an array it is never copied by accident: a parameter vector of ViT-H takes 2.5 GB.
@safe
public struct Buffer: ~Copyable, Sendable {
  // Pointers are not `Sendable`; these two have one owner, this value, and leave it as spans of its own lifetime.
  private nonisolated(unsafe) var storage: UnsafeMutableBufferPointer<Float>
  private nonisolated(unsafe) var allocation: UnsafeMutableRawPointer
  /// Who counts the values, if anybody does.
  private let ledger = MemoryLedger.current

  /// The number of values.
  public var count: Int { unsafe storage.count }

  /// Allocates `count` zeros: 4 bytes each, which large buffers take from the system only when they are first touched.
  public init(count: Int) {
    precondition(count >= 0)
    guard let raw = unsafe calloc(1, count * Self.stride + Self.alignment) else { Self.outOfMemory(count) }
    unsafe allocation = raw
    let aligned = unsafe raw.alignedUp(toMultipleOf: Self.alignment).bindMemory(to: Float.self, capacity: count)
    unsafe storage = UnsafeMutableBufferPointer(start: aligned, count: count)
    unsafe Self.useLargePages(raw, count)
    ledger?.add(count)
  }

  deinit {
    ledger?.add(-count)
    unsafe free(allocation)
  }

  /// A cache line, which also is one AVX-512 register.
  private static let alignment = 64
  private static let stride = MemoryLayout<Float>.stride

  /// Asks the system for pages of 2 MB where a buffer has many of them: a walk over twenty long vectors at a time would otherwise
  /// wait for addresses as long as for values.
  private static func useLargePages(_ raw: UnsafeMutableRawPointer, _ count: Int) {
    let page = 2 << 20
    let end = unsafe raw + count * stride
    let first = unsafe raw.alignedUp(toMultipleOf: page)
    let pages = unsafe (end - first) / page
    // Advice that is not taken changes nothing.
    if pages >= 4 { _ = unsafe madvise(first, pages * page, MADV_HUGEPAGE) }
  }

  private static func outOfMemory(_ count: Int) -> Never {
    fatalError(
      "out of memory: \(count) values of \(stride) bytes cannot be had; use smaller batches or a smaller model")
  }

  /// Gives the memory behind the first `count` values back, or adds zeros behind the last.
  ///
  /// A large buffer stays where it is or has its pages moved by the system: the values are neither copied nor held twice.
  mutating func resize(to count: Int) {
    let before = self.count
    guard count != before else { return }
    let kept = min(before, count) * Self.stride
    let offset = unsafe UnsafeRawPointer(allocation).distance(
      to: UnsafeRawPointer(allocation).alignedUp(toMultipleOf: Self.alignment))
    guard let raw = unsafe realloc(allocation, count * Self.stride + Self.alignment) else { Self.outOfMemory(count) }
    let aligned = unsafe raw.alignedUp(toMultipleOf: Self.alignment)
    // A block that was moved may lie otherwise with respect to the alignment.
    if unsafe raw + offset != aligned { unsafe memmove(aligned, raw + offset, kept) }
    if count > before { unsafe memset(aligned + kept, 0, (count - before) * Self.stride) }
    unsafe allocation = raw
    unsafe storage = UnsafeMutableBufferPointer(
      start: aligned.bindMemory(to: Float.self, capacity: count), count: count)
    ledger?.add(count - before)
  }

  /// The values, to read.
  public var span: Span<Float> {
    @_lifetime(borrow self) get {
      let span = unsafe Span(_unsafeElements: storage)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Calls `body` with the values: for owners, such as classes, whose properties lend no span directly.
  public borrowing func withSpan<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(span)
  }

  /// Calls `body` with the values, to write: for owners, such as classes, whose properties lend no span directly.
  public mutating func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var span = mutableSpan
    return try body(&span)
  }

  /// The values, to write.
  public var mutableSpan: MutableSpan<Float> {
    @_lifetime(&self) mutating get {
      let span = unsafe MutableSpan(_unsafeElements: storage)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }
}

extension MutableSpan where Element == Float {
  /// The values at `range`, to write.
  @_lifetime(&self)
  public mutating func part(_ range: Range<Int>) -> MutableSpan<Float> {
    _mutatingExtracting(range)
  }
}
