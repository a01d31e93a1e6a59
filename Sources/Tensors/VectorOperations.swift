/// Values that one piece of work takes: 64 KB of a vector, within a core's cache.
///
/// Fixed, so that sums are added in the same order whatever the team: the result does not depend on the number of threads.
let vectorChunk = 16_384

extension Team {
  /// Calls `body` for every chunk of `0 ..< count`; it gets the chunk's number and its range.
  func forEachChunk(of count: Int, _ body: @Sendable (Int, Range<Int>) -> Void) {
    forEach((count + vectorChunk - 1) / vectorChunk) { chunk in
      body(chunk, chunk * vectorChunk..<min(count, (chunk + 1) * vectorChunk))
    }
  }

  /// The sums over all chunks of `terms` quantities at once, each in chunk order and in `Double`.
  ///
  /// - Parameters:
  ///   - count: Length of the vectors.
  ///   - terms: How many sums.
  ///   - body: Adds to each of the sums, which are 0 at first, what a range of the vectors contributes.
  /// - Returns: The sums.
  func sums(over count: Int, terms: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Double>) -> Void)
    -> [Double]
  {
    let chunks = (count + vectorChunk - 1) / vectorChunk
    // One more than used, so that there always is a first element.
    var partial = [Double](repeating: 0, count: chunks * terms + 1)
    unsafe partial.withUnsafeMutableBufferPointer { partial in
      // Chunks write disjoint rows of `partial`.
      nonisolated(unsafe) let partial = unsafe partial.baseAddress.unsafelyUnwrapped
      forEachChunk(of: count) { chunk, range in unsafe body(range, partial + chunk * terms) }
    }
    return (0..<terms).map { term in
      var sum = 0.0
      for chunk in 0..<chunks { sum += partial[chunk * terms + term] }
      return sum
    }
  }

  /// One sum over all chunks.
  func sum(over count: Int, _ body: @Sendable (Range<Int>) -> Double) -> Double {
    unsafe sums(over: count, terms: 1) { range, sum in unsafe sum.pointee = body(range) }[0]
  }
}

/// xᵀy, multiplied and summed in `Double`.
///
/// - Parameters:
///   - x: A vector.
///   - y: A vector of the same length.
///   - team: The cores to divide the sum over; the result does not depend on how many.
/// - Returns: xᵀy.
public func dot(_ x: Span<Float>, _ y: Span<Float>, team: Team = .single) -> Double {
  precondition(x.count == y.count)
  let (a, b) = unsafe (Source(x), Source(y))
  return team.sum(over: x.count) { range in unsafe dotInDouble(a, b, range) }
}

/// ‖x‖₂, summed in `Double`.
///
/// - Parameters:
///   - x: A vector.
///   - team: The cores to divide the sum over; the result does not depend on how many.
/// - Returns: ‖x‖₂.
public func norm(_ x: Span<Float>, team: Team = .single) -> Double {
  dot(x, x, team: team).squareRoot()
}

/// ‖x − α y‖₂ without a vector to hold the difference: a residual where x = Av and α = θ.
///
/// - Parameters:
///   - x: A vector.
///   - alpha: α.
///   - y: A vector of the same length.
///   - team: The cores to divide the sum over; the result does not depend on how many.
/// - Returns: ‖x − α y‖₂.
public func distance(_ x: Span<Float>, _ alpha: Double, _ y: Span<Float>, team: Team = .single) -> Double {
  precondition(x.count == y.count)
  let (a, b) = unsafe (Source(x), Source(y))
  let square = team.sum(over: x.count) { range in
    sumInDouble(range) { i in
      let difference = unsafe a.double(at: i) - alpha * b.double(at: i)
      return difference * difference
    }
  }
  return square.squareRoot()
}

/// ‖x − α y − β z‖₂ without a vector to hold the difference.
///
/// - Parameters:
///   - x: A vector.
///   - alpha: α.
///   - y: A vector of the same length.
///   - beta: β.
///   - z: Another.
///   - team: The cores to divide the sum over; the result does not depend on how many.
/// - Returns: ‖x − α y − β z‖₂.
public func distance(
  _ x: Span<Float>, _ alpha: Double, _ y: Span<Float>, _ beta: Double, _ z: Span<Float>, team: Team = .single
) -> Double {
  precondition(x.count == y.count && x.count == z.count)
  let (a, b, c) = unsafe (Source(x), Source(y), Source(z))
  let square = team.sum(over: x.count) { range in
    sumInDouble(range) { i in
      let difference = unsafe a.double(at: i) - alpha * b.double(at: i) - beta * c.double(at: i)
      return difference * difference
    }
  }
  return square.squareRoot()
}

/// x ← α x.
///
/// - Parameters:
///   - alpha: α.
///   - x: A vector.
///   - team: The cores to divide the vector over.
public func scale(by alpha: Double, _ x: inout MutableSpan<Float>, team: Team = .single) {
  let count = x.count
  let target = unsafe Target(&x)
  team.forEachChunk(of: count) { _, range in
    for i in range { unsafe target.set(alpha * target.source.double(at: i), at: i) }
  }
}

/// y ← α x + β y, each element computed in `Double` and rounded once.
///
/// - Parameters:
///   - alpha: α.
///   - x: A vector.
///   - beta: β; 0 overwrites y whatever it held.
///   - y: A vector of the same length.
///   - team: The cores to divide the vectors over.
public func combine(
  _ alpha: Double, _ x: Span<Float>, _ beta: Double = 1, into y: inout MutableSpan<Float>, team: Team = .single
) {
  precondition(x.count == y.count)
  let (a, b) = unsafe (Source(x), Target(&y))
  team.forEachChunk(of: x.count) { _, range in
    if beta == 0 {
      for i in range { unsafe b.set(alpha * a.double(at: i), at: i) }
    } else {
      for i in range { unsafe b.set(alpha * a.double(at: i) + beta * b.source.double(at: i), at: i) }
    }
  }
}

/// The sum over a range of `term(i)` in `Double`: eight sums side by side, which the compiler turns into vector instructions.
@inline(__always)
func sumInDouble(_ range: Range<Int>, _ term: (Int) -> Double) -> Double {
  var (s0, s1, s2, s3, s4, s5, s6, s7) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
  var i = range.lowerBound
  while i + 8 <= range.upperBound {
    s0 += term(i)
    s1 += term(i + 1)
    s2 += term(i + 2)
    s3 += term(i + 3)
    s4 += term(i + 4)
    s5 += term(i + 5)
    s6 += term(i + 6)
    s7 += term(i + 7)
    i += 8
  }
  var rest = 0.0
  while i < range.upperBound {
    rest += term(i)
    i += 1
  }
  return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7)) + rest
}

/// The part of xᵀy that a range contributes.
@inline(__always)
func dotInDouble(_ x: Source, _ y: Source, _ range: Range<Int>) -> Double {
  sumInDouble(range) { i in unsafe x.double(at: i) * y.double(at: i) }
}

extension Source {
  /// Value i in double precision.
  @inline(__always) func double(at i: Int) -> Double { unsafe Double(pointer(at: 0).unsafelyUnwrapped[i]) }
}

extension Target {
  /// Writes value i, rounded to single precision.
  @inline(__always) func set(_ value: Double, at i: Int) {
    unsafe pointer(at: 0).unsafelyUnwrapped[i] = Float(value)
  }
}
