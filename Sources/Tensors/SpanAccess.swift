/// Read access to the values of a span, for the inner loops of this module and the closures of a team.
///
/// Valid only while the span it was made from is: make it from a function's parameter and do not return it.
@unsafe struct Source: @unchecked Sendable {  // Many may read at once; the span's owner cannot write meanwhile.
  private let base: UnsafePointer<Float>?

  @inline(__always) init(_ span: Span<Float>) { unsafe base = span.withUnsafeBufferPointer { $0.baseAddress } }

  @inline(__always) init(base: UnsafePointer<Float>?) { unsafe self.base = unsafe base }

  /// For a C function that reads from index `i` on.
  @inline(__always) func pointer(at i: Int) -> UnsafePointer<Float>? { unsafe base.map { unsafe $0 + i } }

  /// The same values from index `i` on.
  @inline(__always) func from(_ i: Int) -> Source { unsafe Source(base: base.map { unsafe $0 + i }) }

  /// The sixteen values from index `i` on.
  @inline(__always) func lanes(at i: Int) -> Lanes {
    unsafe UnsafeRawPointer(base.unsafelyUnwrapped + i).loadUnaligned(as: Lanes.self)
  }

  /// The `count` < 16 values from index `i` on, and `filler` in the lanes behind them.
  @inline(__always) func lanes(at i: Int, count: Int, filler: Float = 0) -> Lanes {
    var lanes = Lanes(repeating: filler)
    for lane in 0..<count { lanes[lane] = unsafe base.unsafelyUnwrapped[i + lane] }
    return lanes
  }
}

/// Read and write access to the values of a span; the rules of `Source` hold.
@unsafe struct Target: @unchecked Sendable {  // The members of a team write disjoint rows.
  private let base: UnsafeMutablePointer<Float>?

  @inline(__always) init(_ span: inout MutableSpan<Float>) {
    unsafe base = span.withUnsafeMutableBufferPointer { $0.baseAddress }
  }

  @inline(__always) init(base: UnsafeMutablePointer<Float>?) { unsafe self.base = unsafe base }

  /// For a C function that writes from index `i` on.
  @inline(__always) func pointer(at i: Int) -> UnsafeMutablePointer<Float>? { unsafe base.map { unsafe $0 + i } }

  /// The same values, to read.
  @inline(__always) var source: Source { unsafe Source(base: UnsafePointer(base)) }

  /// The same values from index `i` on.
  @inline(__always) func from(_ i: Int) -> Target { unsafe Target(base: base.map { unsafe $0 + i }) }

  /// The sixteen values from index `i` on.
  @inline(__always) func lanes(at i: Int) -> Lanes {
    unsafe UnsafeRawPointer(base.unsafelyUnwrapped + i).loadUnaligned(as: Lanes.self)
  }

  /// The `count` < 16 values from index `i` on, and `filler` in the lanes behind them.
  @inline(__always) func lanes(at i: Int, count: Int, filler: Float = 0) -> Lanes {
    var lanes = Lanes(repeating: filler)
    for lane in 0..<count { lanes[lane] = unsafe base.unsafelyUnwrapped[i + lane] }
    return lanes
  }

  /// Writes sixteen values from index `i` on.
  @inline(__always) func store(_ lanes: Lanes, at i: Int) {
    unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + i).storeBytes(of: lanes, as: Lanes.self)
  }

  /// Writes the first `count` < 16 values from index `i` on.
  @inline(__always) func store(_ lanes: Lanes, at i: Int, count: Int) {
    for lane in 0..<count { unsafe base.unsafelyUnwrapped[i + lane] = lanes[lane] }
  }
}
