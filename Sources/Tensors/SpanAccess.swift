/// Read access to the values of a span, for the inner loops of this module and the closures of a team.
///
/// Valid only while the span it was made from is: make it from a function's parameter and do not return it.
///
/// `@unchecked`: many may read at once; the span's owner cannot write meanwhile.
@unsafe struct ReadPointer<Element: TapeElement>: @unchecked Sendable {
  private let base: UnsafePointer<Element>?

  @inline(__always) init(_ span: Span<Element>) { unsafe base = span.withUnsafeBufferPointer { $0.baseAddress } }

  @inline(__always) init(base: UnsafePointer<Element>?) { unsafe self.base = unsafe base }

  /// For a C function that reads from index `i` on.
  @inline(__always) func pointer(at i: Int) -> UnsafePointer<Element>? { unsafe base.map { unsafe $0 + i } }

  /// The same values from index `i` on.
  @inline(__always) func from(_ i: Int) -> ReadPointer { unsafe ReadPointer(base: base.map { unsafe $0 + i }) }

  /// The sixteen values from index `i` on.
  @inline(__always) func lanes(at i: Int) -> SIMD16<Element> {
    unsafe UnsafeRawPointer(base.unsafelyUnwrapped + i).loadUnaligned(as: SIMD16<Element>.self)
  }

  /// The `count` < 16 values from index `i` on, and `filler` in the lanes behind them.
  @inline(__always) func lanes(at i: Int, count: Int, filler: Element = 0) -> SIMD16<Element> {
    var lanes = SIMD16<Element>(repeating: filler)
    for lane in 0..<count { lanes[lane] = unsafe base.unsafelyUnwrapped[i + lane] }
    return lanes
  }
}

/// Read and write access to the values of a span; the rules of `ReadPointer` hold.
@unsafe struct WritePointer<Element: TapeElement>: @unchecked Sendable {  // The members of a team write disjoint rows.
  private let base: UnsafeMutablePointer<Element>?

  @inline(__always) init(_ span: inout MutableSpan<Element>) {
    unsafe base = span.withUnsafeMutableBufferPointer { $0.baseAddress }
  }

  @inline(__always) init(base: UnsafeMutablePointer<Element>?) { unsafe self.base = unsafe base }

  /// For a C function that writes from index `i` on.
  @inline(__always) func pointer(at i: Int) -> UnsafeMutablePointer<Element>? { unsafe base.map { unsafe $0 + i } }

  /// The same values, to read.
  @inline(__always) var source: ReadPointer<Element> { unsafe ReadPointer(base: UnsafePointer(base)) }

  /// The same values from index `i` on.
  @inline(__always) func from(_ i: Int) -> WritePointer { unsafe WritePointer(base: base.map { unsafe $0 + i }) }

  /// The sixteen values from index `i` on.
  @inline(__always) func lanes(at i: Int) -> SIMD16<Element> {
    unsafe UnsafeRawPointer(base.unsafelyUnwrapped + i).loadUnaligned(as: SIMD16<Element>.self)
  }

  /// The `count` < 16 values from index `i` on, and `filler` in the lanes behind them.
  @inline(__always) func lanes(at i: Int, count: Int, filler: Element = 0) -> SIMD16<Element> {
    var lanes = SIMD16<Element>(repeating: filler)
    for lane in 0..<count { lanes[lane] = unsafe base.unsafelyUnwrapped[i + lane] }
    return lanes
  }

  /// Writes sixteen values from index `i` on.
  @inline(__always) func store(_ lanes: SIMD16<Element>, at i: Int) {
    unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + i).storeBytes(of: lanes, as: SIMD16<Element>.self)
  }

  /// Writes the first `count` < 16 values from index `i` on.
  @inline(__always) func store(_ lanes: SIMD16<Element>, at i: Int, count: Int) {
    for lane in 0..<count { unsafe base.unsafelyUnwrapped[i + lane] = lanes[lane] }
  }
}

/// Access to values in single precision, in which everything but what a derivative is checked with is computed.
typealias Source = ReadPointer<Float>
typealias Target = WritePointer<Float>
