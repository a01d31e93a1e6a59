internal import COpenBLAS

/// LAPACK's routines as OpenBLAS holds them, so that they multiply with the chosen kernel.
extension OpenBLAS {
  /// dsyevd: eigenvalues, ascending, and eigenvectors of a dense symmetric matrix.
  ///
  /// - Parameters:
  ///   - a: The matrix, column by column, of which the upper triangle is read; receives the eigenvectors, a column each.
  ///   - values: Receives the eigenvalues.
  ///   - order: Rows of the matrix.
  /// - Returns: LAPACK's `info`: 0 when all went well.
  func eigensystem(upper a: inout [Double], values: inout [Double], order: Int) -> Int {
    var n = blasint(order)
    var rowDistance = max(1, n)
    var info: blasint = 0
    // The first call asks how much room the second needs.
    var (work, integers) = ([0.0], [blasint(0)])
    for roomIsKnown in [false, true] {
      var workCount = roomIsKnown ? blasint(work[0]) : -1
      var integerCount = roomIsKnown ? integers[0] : -1
      if roomIsKnown {
        work = [Double](repeating: 0, count: Int(workCount))
        integers = [blasint](repeating: 0, count: Int(integerCount))
      }
      unsafe dsyevd(
        [Letter.vectors], [Letter.upper], &n, &a, &rowDistance, &values, &work, &workCount, &integers, &integerCount,
        &info,
        1, 1)
      guard info == 0 else { break }
    }
    return Int(info)
  }

  /// dstev: eigenvalues, ascending, and eigenvectors of a symmetric tridiagonal matrix.
  ///
  /// - Parameters:
  ///   - diagonal: Receives the eigenvalues.
  ///   - offDiagonal: At least one value; used up.
  ///   - vectors: Receives the eigenvectors, a column each; at least one value.
  /// - Returns: LAPACK's `info`: 0 when all went well.
  func eigensystem(diagonal: inout [Double], offDiagonal: inout [Double], vectors: inout [Double]) -> Int {
    var n = blasint(diagonal.count)
    var rowDistance = max(1, n)
    var info: blasint = 0
    var work = [Double](repeating: 0, count: max(1, 2 * diagonal.count - 2))
    unsafe dstev([Letter.vectors], &n, &diagonal, &offDiagonal, &vectors, &rowDistance, &work, &info, 1)
    return Int(info)
  }

  private enum Letter {
    static let vectors = CChar(UInt8(ascii: "V"))
    static let upper = CChar(UInt8(ascii: "U"))
  }
}
