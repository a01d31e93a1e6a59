/// A run of `Float` values with one owner, aligned for vector loads, zero at first.
///
/// Unlike an array it is never copied by accident: a parameter vector of ViT-H takes 2.5 GB.
@safe
public struct Buffer: ~Copyable, Sendable {
  private nonisolated(unsafe) let storage: UnsafeMutableBufferPointer<Float>

  /// The number of values.
  public var count: Int { unsafe storage.count }

  /// Allocates `count` zeros: 4 bytes each.
  public init(count: Int) {
    precondition(count >= 0)
    // 64 bytes: one AVX-512 register, one cache line.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    unsafe raw.initializeMemory(as: Float.self, repeating: 0, count: count)
    unsafe storage = UnsafeMutableBufferPointer(start: raw.assumingMemoryBound(to: Float.self), count: count)
  }

  deinit { unsafe UnsafeMutableRawPointer(mutating: storage.baseAddress)?.deallocate() }

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
