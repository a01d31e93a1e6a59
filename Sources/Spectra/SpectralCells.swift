/// What to transform for a profile, and which cells of the half spectrum to read.
struct SpectralCells: Sendable {
  /// A cell of the half spectrum that counts in a band.
  struct Cell: Sendable {
    var index: Int
    var band: Int
    /// 2 where the cell also stands for its complex conjugate, which the half spectrum leaves out; else 1.
    var multiplicity: Double
  }

  /// Sizes of the transform.
  let sizes: [Int]
  /// The input point to which each token is added, row-major over the grid.
  let pointOfToken: [Int]
  let onPath: [Cell]

  init(_ geometry: ProfileGeometry) {
    let (h, w) = (geometry.rows, geometry.columns)
    switch geometry.path {
    case .diagonal:
      // The diagonal needs one dimension only (projection-slice theorem). With n = lcm(h, w),
      //   F(k, k) = Σ x[r, c] e^{−2πi k (r/h + c/w)} = Σ_s e^{−2πi k s/n} (Σ x[r, c] with r·n/h + c·n/w ≡ s mod n),
      // so adding the tokens along antidiagonals first leaves a transform of n points instead of h·w.
      let n = h / Self.greatestCommonDivisor(h, w) * w
      sizes = [n]
      pointOfToken = (0..<h * w).map { token in (token / w * (n / h) + token % w * (n / w)) % n }
      onPath = (0..<geometry.bandCount).map { Cell(index: $0, band: $0, multiplicity: 1) }
    case .radial:
      // Rings need the whole spectrum, half of which mirrors the other half.
      sizes = [h, w]
      pointOfToken = Array(0..<h * w)
      let half = w / 2 + 1
      onPath = (0..<h * half).compactMap { index in
        let (row, column) = (index / half, index % half)
        let band = ProfileGeometry.ring(row, column, h, w)
        guard band < geometry.bandCount else { return nil }
        let isInOwnHalf = column == 0 || 2 * column == w
        return Cell(index: index, band: band, multiplicity: isInOwnHalf ? 1 : 2)
      }
    }
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
