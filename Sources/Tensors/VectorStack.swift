internal import COpenBLAS

/// Some vectors of one length under one owner, such as a Krylov basis: shape [count, length], row after row.
///
/// Memory is taken from the system only when a vector is first written.
public struct VectorStack: ~Copyable, Sendable {
  /// How many vectors there is room for.
  public private(set) var count: Int
  /// The number of values of each.
  public let length: Int
  private var storage: Buffer

  /// Room for `count` vectors of `length` zeros, 4 bytes each.
  public init(count: Int, length: Int) {
    precondition(count >= 0 && length >= 0)
    self.count = count
    self.length = length
    storage = Buffer(count: count * length)
  }

  /// Forgets all vectors but the first `count` and gives their memory back.
  public mutating func truncate(to count: Int) { resize(to: min(self.count, count)) }

  /// Makes room for `count` vectors where there are fewer: the new ones are zeros, the others are neither copied nor held twice.
  public mutating func makeRoom(for count: Int) { resize(to: max(self.count, count)) }

  private mutating func resize(to count: Int) {
    self.count = count
    storage.resize(to: count * length)
  }

  /// Vector i, to read.
  @_lifetime(borrow self)
  public borrowing func vector(_ i: Int) -> Span<Float> {
    precondition(i >= 0 && i < count)
    let span = storage.span.extracting(i * length..<(i + 1) * length)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Vector i, to write.
  @_lifetime(&self)
  public mutating func mutableVector(_ i: Int) -> MutableSpan<Float> {
    precondition(i >= 0 && i < count)
    let range = i * length..<(i + 1) * length
    return storage.mutableSpan._consumingExtracting(range)
  }

  /// The dot products of vectors 0 ..< rows with w, summed in `Double`; w is read once from memory.
  ///
  /// - Parameters:
  ///   - w: A vector of this stack's length.
  ///   - rows: How many of the vectors.
  ///   - team: The cores to divide the sums over; the result does not depend on how many.
  /// - Returns: One dot product for each vector.
  public borrowing func dots(with w: Span<Float>, rows: Int, team: Team = .single) -> [Double] {
    precondition(w.count == length && rows >= 0 && rows <= count)
    return unsafe products(of: pointers(rows), with: Source(w), length: length, team: team)
  }

  /// w ← w + Σᵢ cᵢ vᵢ, each element summed in `Double` and rounded once.
  ///
  /// - Parameters:
  ///   - coefficients: cᵢ for vectors 0, 1, ….
  ///   - w: A vector of this stack's length that is not one of its own.
  ///   - team: The cores to divide the vector over.
  public borrowing func add(_ coefficients: [Double], to w: inout MutableSpan<Float>, team: Team = .single) {
    precondition(w.count == length && coefficients.count <= count)
    unsafe addRows(of: Source(storage.span), coefficients, to: Target(&w), length: length, team: team)
  }

  /// vₘ ← vₘ + Σᵢ cᵢ vᵢ for i < m, each element summed in `Double` and rounded once.
  ///
  /// - Parameters:
  ///   - coefficients: cᵢ for vectors 0, 1, …, at most m of them.
  ///   - m: The vector that is changed.
  ///   - team: The cores to divide the vector over.
  public mutating func add(_ coefficients: [Double], toVector m: Int, team: Team = .single) {
    precondition(m < count && coefficients.count <= m)
    let length = length
    var span = storage.mutableSpan
    let all = unsafe Target(&span)
    unsafe addRows(of: all.source, coefficients, to: all.from(m * length), length: length, team: team)
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

  /// vⱼ ← vᵢ.
  ///
  /// - Parameters:
  ///   - i: The vector that is copied.
  ///   - j: The vector that is overwritten.
  ///   - team: The cores to divide the vectors over.
  public mutating func copyVector(_ i: Int, to j: Int, team: Team = .single) {
    precondition(i >= 0 && i < count && j >= 0 && j < count)
    let length = length
    var span = storage.mutableSpan
    let all = unsafe Target(&span)
    let (from, to) = unsafe (all.source.from(i * length), all.from(j * length))
    team.forEachChunk(of: length) { _, range in
      for e in range { unsafe to.set(from.double(at: e), at: e) }
    }
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
    precondition(m < count && i < count && m != i && x.count == length)
    let length = length
    var span = storage.mutableSpan
    let (all, x) = unsafe (Target(&span), Source(x))
    let (to, from) = unsafe (all.from(m * length), all.source.from(i * length))
    team.forEachChunk(of: length) { _, range in
      for e in range { unsafe to.set(x.double(at: e) + beta * from.double(at: e), at: e) }
    }
  }

  /// Vectors from `first` on ← their combinations by the rows of Q: vᵢ ← Σⱼ Qᵢⱼ vⱼ, in place.
  ///
  /// - Parameters:
  ///   - combinations: Q, row by row: as many combinations as wanted, each of as many coefficients as there are vectors to combine.
  ///   - first: The vector that counts as v₀.
  ///   - team: The cores to divide the vectors over.
  public mutating func rotate(by combinations: [[Double]], from first: Int = 0, team: Team = .single) {
    guard let rows = combinations.first?.count else { return }
    precondition(first >= 0 && first + rows <= count && combinations.count <= rows)
    precondition(combinations.allSatisfy { $0.count == rows }, "combinations of different length")
    let length = length
    var span = storage.mutableSpan
    let x = unsafe Target(&span).from(first * length)
    let q = combinations.flatMap { $0 }
    team.forEachChunk(of: length) { _, range in
      // A block of all vectors in double precision, and its combinations: shape [rows, block] and [combinations, block].
      var old = [Double](repeating: 0, count: rows * blockLength)
      var new = [Double](repeating: 0, count: combinations.count * blockLength)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockLength) {
        let width = min(blockLength, range.upperBound - start)
        unsafe old.withUnsafeMutableBufferPointer { old in
          for row in 0..<rows {
            let v = unsafe x.source.from(row * length + start)
            for i in 0..<width { unsafe old[row * blockLength + i] = v.double(at: i) }
          }
        }
        unsafe blas.dgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(combinations.count), blasint(width), blasint(rows),
          1, q, blasint(rows), old, blasint(blockLength), 0, &new, blasint(blockLength))
        unsafe new.withUnsafeBufferPointer { new in
          for target in combinations.indices {
            let v = unsafe x.from(target * length + start)
            for i in 0..<width { unsafe v.set(new[target * blockLength + i], at: i) }
          }
        }
      }
    }
  }
}

/// w ← w + Σᵢ cᵢ vᵢ for rows vᵢ of `length` values.
@unsafe private func addRows(of v: Source, _ coefficients: [Double], to w: Target, length: Int, team: Team) {
  team.forEachChunk(of: length) { _, range in
    unsafe blockwise(range) { block, sums in
      let width = block.count
      for i in 0..<width { unsafe sums[i] = w.source.double(at: block.lowerBound + i) }
      // Four rows at a time: the sums are loaded and stored once for them.
      var row = 0
      while row + 4 <= coefficients.count {
        let c = (coefficients[row], coefficients[row + 1], coefficients[row + 2], coefficients[row + 3])
        let v0 = unsafe v.from(row * length + block.lowerBound)
        let (v1, v2, v3) = unsafe (v0.from(length), v0.from(2 * length), v0.from(3 * length))
        for i in 0..<width {
          let first = unsafe c.0 * v0.double(at: i) + c.1 * v1.double(at: i)
          let second = unsafe c.2 * v2.double(at: i) + c.3 * v3.double(at: i)
          unsafe sums[i] += first + second
        }
        row += 4
      }
      while row < coefficients.count {
        let c = coefficients[row]
        let v0 = unsafe v.from(row * length + block.lowerBound)
        for i in 0..<width { unsafe sums[i] += c * v0.double(at: i) }
        row += 1
      }
      for i in 0..<width { unsafe w.set(sums[i], at: block.lowerBound + i) }
    }
  }
}

/// Values that are combined at a time: their sums stay in the innermost cache.
private let blockLength = 512

/// Walks over a range in blocks; `body` gets each and room for its sums.
private func blockwise(_ range: Range<Int>, _ body: (Range<Int>, UnsafeMutableBufferPointer<Double>) -> Void) {
  unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: blockLength) { sums in
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, start + blockLength)
      unsafe body(start..<end, sums)
      start = end
    }
  }
}
