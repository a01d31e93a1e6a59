internal import Foundation

/// A run of `Float` values with one owner, aligned for vector loads, zero at first.
///
/// Unlike an array it is never copied by accident: a parameter vector of ViT-H takes 2.5 GB.
@safe
public struct Buffer: ~Copyable, Sendable {
  // A pointer is not `Sendable`; this one has one owner, this value, and leaves it as spans of its own lifetime.
  private nonisolated(unsafe) let storage: UnsafeMutableBufferPointer<Float>
  private nonisolated(unsafe) let allocation: Allocation
  /// Who counts the values, if anybody does.
  private let ledger = MemoryLedger.current

  /// The number of values.
  public var count: Int { unsafe storage.count }

  /// Allocates `count` zeros: 4 bytes each, which large buffers take from the system only when they are first touched.
  public init(count: Int) {
    precondition(count >= 0)
    guard let (allocation, start) = unsafe Allocation.zeros(bytes: count * MemoryLayout<Float>.stride) else {
      fatalError("out of memory: \(count) values of 4 bytes cannot be had; use smaller batches or a smaller model")
    }
    unsafe self.allocation = unsafe allocation
    unsafe storage = UnsafeMutableBufferPointer(start: start.bindMemory(to: Float.self, capacity: count), count: count)
    ledger?.add(count)
  }

  deinit {
    ledger?.add(-count)
    unsafe allocation.free()
  }

  /// Where the values begin, for the stack of vectors that owns this buffer.
  @unsafe var base: UnsafeMutablePointer<Float>? { unsafe storage.baseAddress }

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

extension MutableSpan {
  /// The values at `range`, to write.
  @_lifetime(&self)
  public mutating func part(_ range: Range<Int>) -> MutableSpan<Element> {
    _mutatingExtracting(range)
  }
}
