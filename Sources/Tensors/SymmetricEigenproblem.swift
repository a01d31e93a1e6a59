/// All eigenvalues and eigenvectors of a small symmetric matrix.
public struct Eigensystem: Sendable, Hashable {
  /// Eigenvalues, ascending.
  public var values: [Double]
  /// `vectors[i]` is the unit eigenvector of `values[i]`.
  public var vectors: [[Double]]

  /// Eigenpairs of the dense symmetric matrix A, by divide and conquer.
  ///
  /// - Parameters:
  ///   - matrix: A, shape [order, order]; only its lower triangle (entry [i, j] with j ≤ i) is read.
  ///   - order: The number of rows.
  /// - Throws: An ``EigenproblemError`` where an entry is not finite or LAPACK does not converge.
  /// - Source: LAPACK's dsyevd.
  public init(dense matrix: [Double], order: Int) throws(EigenproblemError) {
    precondition(order >= 0 && matrix.count == order * order)
    guard matrix.allSatisfy(\.isFinite) else { throw .notFinite(order: order) }
    var a = matrix
    var w = [Double](repeating: 0, count: order)
    // Row-major lower is column-major upper: no transposition, and eigenvectors come out as rows.
    let info = blas.eigensystem(upper: &a, values: &w, order: order)
    guard order == 0 || info == 0 else { throw .failed(routine: "dsyevd", order: order, info: info) }
    self.init(values: w, columns: a)
  }

  /// Eigenpairs of a symmetric tridiagonal matrix.
  ///
  /// - Parameters:
  ///   - diagonal: The n entries of the diagonal.
  ///   - offDiagonal: The n − 1 entries beside it.
  /// - Throws: An ``EigenproblemError`` where an entry is not finite or LAPACK does not converge.
  /// - Source: LAPACK's dstev.
  public init(diagonal: [Double], offDiagonal: [Double]) throws(EigenproblemError) {
    let order = diagonal.count
    precondition(offDiagonal.count == max(0, order - 1))
    guard diagonal.allSatisfy(\.isFinite) && offDiagonal.allSatisfy(\.isFinite) else { throw .notFinite(order: order) }
    var d = diagonal
    // One more than read, so that there always is a first element.
    var e = offDiagonal + [0]
    var z = [Double](repeating: 0, count: max(1, order * order))
    let info = blas.eigensystem(diagonal: &d, offDiagonal: &e, vectors: &z)
    guard order == 0 || info == 0 else { throw .failed(routine: "dstev", order: order, info: info) }
    self.init(values: d, columns: z)
  }

  private init(values: [Double], columns: [Double]) {
    let n = values.count
    self.values = values
    vectors = (0..<n).map { Array(columns[$0 * n..<($0 + 1) * n]) }
  }
}

/// Why a small eigenproblem could not be solved.
public enum EigenproblemError: Error, Sendable, Hashable {
  /// An entry of the matrix is NaN or infinite.
  case notFinite(order: Int)
  /// LAPACK reported `info` ≠ 0: negative for a wrong argument or no memory, positive for no convergence.
  case failed(routine: String, order: Int, info: Int)
}

extension EigenproblemError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .notFinite(let order):
      "a projected matrix of order \(order) holds NaN or infinity; check the checkpoint's weights and the images"
    case .failed(let routine, let order, let info):
      "LAPACK's \(routine) failed on a matrix of order \(order) with info = \(info); "
        + "use a smaller basis, or another build of LAPACK"
    }
  }
}
