/// Some vectors of one length under one owner, such as a Krylov basis: shape [count, length].
///
/// Each has memory of its own, which is taken from the system only when the vector is first written. So vectors change places, and
/// go from one stack to another, without being copied.
public struct VectorStack: ~Copyable, Sendable {
  /// The number of values of each.
  public let length: Int
  private var rows: [Row] = []

  /// How many vectors there are.
  public var count: Int { rows.count }

  /// `count` vectors of `length` zeros, 4 bytes each.
  public init(count: Int, length: Int) {
    precondition(count >= 0 && length >= 0)
    self.length = length
    makeRoom(for: count)
  }

  // MARK: Which vectors

  /// Forgets all vectors but the first `count` and gives their memory back.
  public mutating func truncate(to count: Int) { rows.removeLast(max(0, self.count - count)) }

  /// Adds zeros behind the last vector where there are fewer than `count`.
  public mutating func makeRoom(for count: Int) { while self.count < count { rows.append(Row(length)) } }

  /// Vectors `first`, `first` + 1, … in a stack of their own; this one keeps those before them.
  public mutating func split(at first: Int) -> VectorStack {
    precondition(first >= 0 && first <= count)
    var rest = VectorStack(count: 0, length: length)
    rest.rows = Array(rows[first...])
    truncate(to: first)
    return rest
  }

  /// Takes another stack's vectors behind the last.
  public mutating func append(_ others: consuming VectorStack) {
    precondition(others.count == 0 || others.length == length, "vectors of another length")
    rows += others.rows
  }

  /// Vectors i and j change places.
  public mutating func swapAt(_ i: Int, _ j: Int) { rows.swapAt(i, j) }

  /// The first vectors in another order: vector i becomes what vector `order[i]` was.
  public mutating func reorder(_ order: [Int]) {
    precondition(order.sorted() == Array(order.indices), "not an order of the first vectors")
    rows.replaceSubrange(order.indices, with: order.map { rows[$0] })
  }

  // MARK: Their values

  /// Vector i, to read.
  @_lifetime(borrow self)
  public borrowing func vector(_ i: Int) -> Span<Float> {
    let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: rows[i].base, count: length))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Vector i, to write.
  @_lifetime(&self)
  public mutating func mutableVector(_ i: Int) -> MutableSpan<Float> {
    let span = unsafe MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: rows[i].base, count: length))
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// Calls `body` with vector i, to read, and vector j ≠ i, to write.
  public mutating func withVectors<Result, Failure: Error>(
    _ i: Int, writing j: Int, _ body: (Span<Float>, inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(i != j)
    let read = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: rows[i].base, count: length))
    var written = unsafe MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: rows[j].base, count: length))
    return try body(read, &written)
  }

  /// vₘ ← x.
  ///
  /// - Parameters:
  ///   - m: The vector that is overwritten.
  ///   - x: A vector of this stack's length that is not one of its own.
  ///   - team: The cores to divide the vectors over.
  public mutating func setVector(_ m: Int, to x: Span<Float>, team: Team = .single) {
    var span = mutableVector(m)
    combine(1, x, 0, into: &span, team: team)
  }

  /// vₘ ← α vₘ.
  ///
  /// - Parameters:
  ///   - m: The vector that is changed.
  ///   - alpha: α.
  ///   - team: The cores to divide the vector over.
  public mutating func scaleVector(_ m: Int, by alpha: Double, team: Team = .single) {
    var span = mutableVector(m)
    scale(by: alpha, &span, team: team)
  }

  /// vₘ ← x + β vᵢ: a residual, where x = A vᵢ and β = −θ.
  ///
  /// - Parameters:
  ///   - m: The vector that is overwritten.
  ///   - x: A vector of this stack's length that is not one of its own.
  ///   - beta: β.
  ///   - i: Another vector of this stack.
  ///   - team: The cores to divide the vectors over.
  public mutating func setVector(
    _ m: Int, to x: Span<Float>, plus beta: Double, timesVector i: Int, team: Team = .single
  ) {
    precondition(m != i && x.count == length)
    let (to, from, x) = unsafe (target(m), source(i), Source(x))
    team.forEachChunk(of: length) { _, range in
      for e in range { unsafe to.set(x.double(at: e) + beta * from.double(at: e), at: e) }
    }
  }

  // MARK: For the walks of this module

  /// Vector i, to read while this stack lives and does not change it.
  @unsafe borrowing func source(_ i: Int) -> Source { unsafe Source(base: rows[i].base) }

  /// Vector i, to write while this stack lives.
  @unsafe mutating func target(_ i: Int) -> Target { unsafe Target(base: rows[i].base) }

  /// Vectors, to read while this stack lives and does not change them.
  @unsafe borrowing func sources(_ indices: some Sequence<Int>) -> [Source] {
    var sources: [Source] = unsafe []
    for i in indices { unsafe sources.append(source(i)) }
    return unsafe sources
  }
}

/// The memory of one vector.
private final class Row: @unchecked Sendable {  // Belongs to one stack, whose owner alone writes.
  private let buffer: Buffer
  init(_ length: Int) { buffer = Buffer(count: length) }
  @unsafe var base: UnsafeMutablePointer<Float>? { unsafe buffer.base }
}
