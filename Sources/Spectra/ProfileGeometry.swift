/// How the cells of a two-dimensional spectrum become a curve.
public enum ProfilePath: String, Sendable, Codable, CaseIterable {
  /// The cells (k, k) from zero frequency on: the half diagonal of the shifted spectrum (Park & Kim, ICLR 2022).
  case diagonal
  /// Rings of cells with nearly the same radius around zero frequency.
  case radial
}

/// Which Fourier cells of a grid of tokens form the profile, and their frequencies.
///
/// - `diagonal`: the spectrum is shifted so that zero frequency sits at (⌊h/2⌋, ⌊w/2⌋); from there on down the main
///   diagonal, min(⌈h/2⌉, ⌈w/2⌉) cells. A 14×14 grid gives 7 bands, k = 0 … 6, at 2k/14 · π.
/// - `radial`: with ρ = √(f_y² + f_x²) in units of π and n = min(h, w), band k is the mean over the cells with
///   round(ρ·n/2) = k (halves away from zero), k = 0 … ⌊n/2⌋, at 2k/n · π. Cells beyond, in the corners, are left out.
public struct ProfileGeometry: Sendable, Hashable {
  /// Rows of the grid, h.
  public let rows: Int
  /// Columns of the grid, w.
  public let columns: Int
  /// The path through the spectrum.
  public let path: ProfilePath
  /// The frequency of each band, in units of π, zero frequency first.
  public let frequencies: [BandFrequency]
  /// How many of the h·w cells belong to each band.
  public let cellCounts: [Int]

  /// The number of bands.
  public var bandCount: Int { frequencies.count }

  /// How many cells lie in the corners of the spectrum, beyond the last ring; 0 for the diagonal, which has no outside.
  public var cellsLeftOut: Int {
    switch path {
    case .diagonal: 0
    case .radial: rows * columns - cellCounts.reduce(0, +)
    }
  }

  /// The profile of a grid of `rows` × `columns` tokens.
  ///
  /// - Throws: `SpectrumError.gridTooSmall` below 2×2, `.gridTooLarge` beyond FFTW's 32-bit indices.
  public init(rows: Int, columns: Int, path: ProfilePath) throws(SpectrumError) {
    guard rows >= 2, columns >= 2 else { throw .gridTooSmall(rows: rows, columns: columns) }
    let (cells, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard !overflow, cells <= Int(Int32.max) / LogAmplitudeAnalyzer.blockWidth else {
      throw .gridTooLarge(rows: rows, columns: columns)
    }
    self.rows = rows
    self.columns = columns
    self.path = path
    let shorter = min(rows, columns)
    switch path {
    case .diagonal:
      frequencies = (0..<(shorter + 1) / 2).map { k in
        let row = 2 * Double(k) / Double(rows)
        return rows == columns ? .single(row) : .pair(row: row, column: 2 * Double(k) / Double(columns))
      }
      cellCounts = Array(repeating: 1, count: frequencies.count)
    case .radial:
      frequencies = (0...shorter / 2).map { .single(2 * Double($0) / Double(shorter)) }
      var counts = Array(repeating: 0, count: frequencies.count)
      for row in 0..<rows {
        for column in 0..<columns {
          let band = Self.ring(row, column, rows, columns)
          if band < counts.count { counts[band] += 1 }
        }
      }
      cellCounts = counts
    }
  }

  /// The ring of a cell of the unshifted spectrum: round(ρ·n/2), possibly beyond the last band.
  static func ring(_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> Int {
    // ρ·n/2 = √((s_y·n/h)² + (s_x·n/w)²), s the signed cell index: products of integers first, so that
    // a value that lies on a half in exact arithmetic does so here too.
    let n = min(rows, columns)
    let y = Double(min(row, rows - row) * n) / Double(rows)
    let x = Double(min(column, columns - column) * n) / Double(columns)
    return Int((y * y + x * x).squareRoot().rounded())
  }
}
