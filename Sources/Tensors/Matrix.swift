internal import COpenBLAS

/// Where a row-major matrix lies within a span: its first value, its size, and the distance between rows.
public struct MatrixLayout: Sendable, Hashable {
  /// Number of rows.
  public var rows: Int
  /// Number of columns.
  public var columns: Int
  /// Values from one row's start to the next.
  public var stride: Int
  /// Index of the first value in the span.
  public var offset: Int

  /// A layout of `rows` × `columns` values, rows `stride` apart (default: without gaps), from `offset` on.
  public init(_ rows: Int, _ columns: Int, stride: Int? = nil, offset: Int = 0) {
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
    self.offset = offset
    precondition(rows >= 0 && columns >= 0 && offset >= 0 && self.stride >= columns)
  }

  /// The index after the last value.
  var end: Int { rows == 0 || columns == 0 ? offset : offset + (rows - 1) * stride + columns }
}

/// Whether a factor of a product is read as it lies or transposed.
public enum Orientation: Sendable, Hashable {
  case plain
  case transposed
}

/// C ← α · op(A) · op(B) + β · C, in single or double precision, on OpenBLAS.
///
/// The product is cut into one tile of C for each member of the team. The cut that packs least is taken: a tile of m × n values
/// costs (1/m + 1/n) copies of its factors for each multiplication.
///
/// - Parameters:
///   - a: Holds A, op(A) of shape [M, K].
///   - aLayout: Where A lies in `a`.
///   - aOrientation: Whether op(A) is A or its transpose.
///   - b: Holds B, op(B) of shape [K, N].
///   - bLayout: Where B lies in `b`.
///   - bOrientation: Whether op(B) is B or its transpose.
///   - c: Receives C, shape [M, N].
///   - cLayout: Where C lies in `c`.
///   - alpha: α.
///   - beta: β; 0 overwrites C whatever it held.
///   - team: The cores to divide the product over.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
public func multiply<Element: TapeElement>(
  _ a: Span<Element>, _ aLayout: MatrixLayout, _ aOrientation: Orientation,
  _ b: Span<Element>, _ bLayout: MatrixLayout, _ bOrientation: Orientation,
  into c: inout MutableSpan<Element>, _ cLayout: MatrixLayout,
  alpha: Element = 1, beta: Element = 0, team: Team = .single
) {
  let (m, n) = (cLayout.rows, cLayout.columns)
  let (aRows, k) = aOrientation == .plain ? (aLayout.rows, aLayout.columns) : (aLayout.columns, aLayout.rows)
  let (bInner, bColumns) = bOrientation == .plain ? (bLayout.rows, bLayout.columns) : (bLayout.columns, bLayout.rows)
  precondition(
    aRows == m && bColumns == n && bInner == k, "factors and product do not fit: \(aLayout) \(bLayout) \(cLayout)")
  precondition(
    aLayout.end <= a.count && bLayout.end <= b.count && cLayout.end <= c.count, "a matrix reaches beyond its span")
  guard m > 0, n > 0 else { return }

  let (rowRuns, columnRuns) = tiles(m, n, team)
  let (a, b, c) = unsafe (ReadPointer(a), ReadPointer(b), WritePointer(&c))
  team.forEach(rowRuns.count * columnRuns.count) { tile in
    let rows = rowRuns[tile / columnRuns.count]
    let columns = columnRuns[tile % columnRuns.count]
    unsafe multiplyHere(
      a, aLayout.part(rows, aOrientation, ofRows: true), aOrientation,
      b, bLayout.part(columns, bOrientation, ofRows: false), bOrientation,
      into: c, cLayout.part(rows: rows, columns: columns), alpha: alpha, beta: beta)
  }
}

/// The same product on the calling thread, without any check: for kernels that know their shapes.
@unsafe @inline(__always) func multiplyHere<Element: TapeElement>(
  _ a: ReadPointer<Element>, _ aLayout: MatrixLayout, _ aOrientation: Orientation,
  _ b: ReadPointer<Element>, _ bLayout: MatrixLayout, _ bOrientation: Orientation,
  into c: WritePointer<Element>, _ cLayout: MatrixLayout, alpha: Element = 1, beta: Element = 0
) {
  let (transA, transB) = (
    aOrientation == .plain ? CblasNoTrans : CblasTrans, bOrientation == .plain ? CblasNoTrans : CblasTrans
  )
  let k = aOrientation == .plain ? aLayout.columns : aLayout.rows
  let (m, n, inner) = (blasint(cLayout.rows), blasint(cLayout.columns), blasint(k))
  // BLAS wants row distances of 1 at least, also for K = 0, where it only scales C.
  let (aStride, bStride) = (blasint(max(aLayout.stride, 1)), blasint(max(bLayout.stride, 1)))
  let (aStart, bStart) = unsafe (
    UnsafeRawPointer(a.pointer(at: aLayout.offset)), UnsafeRawPointer(b.pointer(at: bLayout.offset))
  )
  let cStart = unsafe UnsafeMutableRawPointer(c.pointer(at: cLayout.offset))
  if Element.self == Double.self {
    unsafe blas.dgemm(
      CblasRowMajor, transA, transB, m, n, inner, Double(alpha), aStart?.assumingMemoryBound(to: Double.self), aStride,
      bStart?.assumingMemoryBound(to: Double.self), bStride, Double(beta),
      cStart?.assumingMemoryBound(to: Double.self), blasint(cLayout.stride))
  } else {
    unsafe blas.sgemm(
      CblasRowMajor, transA, transB, m, n, inner, Float(alpha), aStart?.assumingMemoryBound(to: Float.self), aStride,
      bStart?.assumingMemoryBound(to: Float.self), bStride, Float(beta), cStart?.assumingMemoryBound(to: Float.self),
      blasint(cLayout.stride))
  }
}

extension MatrixLayout {
  /// The part with these rows and columns.
  func part(rows: Range<Int>, columns: Range<Int>) -> MatrixLayout {
    MatrixLayout(
      rows.count, columns.count, stride: stride, offset: offset + rows.lowerBound * stride + columns.lowerBound)
  }

  /// The part of a factor that a run of the product's rows (or columns) needs.
  func part(_ run: Range<Int>, _ orientation: Orientation, ofRows: Bool) -> MatrixLayout {
    (orientation == .plain) == ofRows ? part(rows: run, columns: 0..<columns) : part(rows: 0..<rows, columns: run)
  }
}

/// The row and column runs of C whose tiles cost the least packing, for one tile a member.
private func tiles(_ m: Int, _ n: Int, _ team: Team) -> (rows: [Range<Int>], columns: [Range<Int>]) {
  // Below about a microsecond of work for each member, dividing costs more than it gains.
  guard team.width > 1, m * n >= 4096 else { return ([0..<m], [0..<n]) }
  var best = (cost: Double.infinity, across: 1)
  for across in 1...team.width where team.width.isMultiple(of: across) {
    let cost = Double(team.width / across) / Double(m) + Double(across) / Double(n)
    if cost < best.cost { best = (cost, across) }
  }
  // 16: the width of a register tile in OpenBLAS' kernels.
  return (Team.cut(m, into: team.width / best.across, grain: 16), Team.cut(n, into: best.across, grain: 16))
}
