import Foundation
import Testing

@testable import Spectra

@Suite("Which cells form a profile")
struct ProfileGeometryTests {
  @Test("The half diagonal of a 14×14 grid has 7 bands at 2k/14 π")
  func diagonalOf14() throws {
    let geometry = try ProfileGeometry(rows: 14, columns: 14, path: .diagonal)
    #expect(geometry.bandCount == 7)
    let frequencies = (0..<7).map { (k: Int) -> BandFrequency in .single(Double(2 * k) / 14) }
    #expect(geometry.frequencies == frequencies)
    #expect(geometry.cellsLeftOut == 0)
  }

  @Test(
    "The half diagonal has min(⌈h/2⌉, ⌈w/2⌉) bands",
    arguments: [(2, 2, 1), (3, 3, 2), (13, 13, 7), (14, 10, 5), (9, 16, 5), (2, 31, 1)])
  func diagonalCounts(rows: Int, columns: Int, bands: Int) throws {
    #expect(try ProfileGeometry(rows: rows, columns: columns, path: .diagonal).bandCount == bands)
  }

  @Test("On a grid that is not square a band of the diagonal has two frequencies")
  func pairs() throws {
    let frequencies = try ProfileGeometry(rows: 10, columns: 4, path: .diagonal).frequencies
    #expect(frequencies == [.pair(row: 0, column: 0), .pair(row: 0.2, column: 0.5)])
    // √((0.2² + 0.5²)/2), one rounding or two.
    #expect(abs(frequencies[1].axisValue - 0.145.squareRoot()) < 1e-15)
    let json = try JSONEncoder().encode(frequencies)
    #expect(String(decoding: json, as: UTF8.self) == "[[0,0],[0.2,0.5]]")
    #expect(try JSONDecoder().decode([BandFrequency].self, from: json) == frequencies)
  }

  @Test("A single frequency is written as a number")
  func singleIsNumber() throws {
    let json = try JSONEncoder().encode([BandFrequency.single(0.5)])
    #expect(String(decoding: json, as: UTF8.self) == "[0.5]")
    #expect(try JSONDecoder().decode([BandFrequency].self, from: json) == [.single(0.5)])
  }

  @Test("Rings of a square grid hold the cells whose squared radius says so, counted in integers", arguments: 2...33)
  func ringCounts(n: Int) throws {
    let geometry = try ProfileGeometry(rows: n, columns: n, path: .radial)
    #expect(geometry.frequencies == (0...n / 2).map { .single(2 * Double($0) / Double(n)) })
    // round(√m) = k exactly when (2k − 1)² < 4m < (2k + 1)²; equality is impossible, one side being odd.
    let signed = (0..<n).map { $0 < (n + 1) / 2 ? $0 : $0 - n }
    let squares = signed.flatMap { y in signed.map { x in 4 * (y * y + x * x) } }
    let counts = (0...n / 2).map { k in
      squares.count { $0 < (2 * k + 1) * (2 * k + 1) && (k == 0 || $0 > (2 * k - 1) * (2 * k - 1)) }
    }
    #expect(geometry.cellCounts == counts)
    #expect(geometry.cellsLeftOut == n * n - counts.reduce(0, +))
  }

  @Test("A 14×14 grid leaves out 29 of its 196 cells from the rings")
  func leftOut() throws {
    // Cells of the spectrum with s_y² + s_x² ≥ 7.5² = 56.25, s = −7 … 6. With |s| = 7 (once): 49 + t² needs |t| ≥ 3,
    // t = −7, ±6 … ±3: 9 cells, and as many the other way, less the corner counted twice: 17. With |s| = 6 (twice):
    // 36 + t² needs |t| ≥ 5 below 7: 4 cells each, 8 together. With |s| = 5 (twice): 25 + t² needs |t| = 6: 2 each,
    // 4 together. With |s| ≤ 4 none: 16 + 36 = 52.
    #expect(try ProfileGeometry(rows: 14, columns: 14, path: .radial).cellsLeftOut == 17 + 8 + 4)
  }

  @Test("No ring is empty, on any grid", arguments: [(2, 3), (4, 16), (16, 4), (5, 7), (14, 10), (31, 2)])
  func noEmptyRing(rows: Int, columns: Int) throws {
    let geometry = try ProfileGeometry(rows: rows, columns: columns, path: .radial)
    #expect(geometry.cellCounts.allSatisfy { $0 > 0 })
    #expect(geometry.bandCount == min(rows, columns) / 2 + 1)
  }

  @Test("Grids without a frequency, and grids beyond FFTW's indices, are refused", arguments: ProfilePath.allCases)
  func refusals(path: ProfilePath) throws {
    for (rows, columns) in [(1, 14), (14, 1), (0, 0), (-3, 14)] {
      let error = SpectrumError.gridTooSmall(rows: rows, columns: columns)
      #expect(throws: error) { try ProfileGeometry(rows: rows, columns: columns, path: path) }
    }
    for side in [1 << 16, 1 << 40] {
      let error = SpectrumError.gridTooLarge(rows: side, columns: side)
      #expect(throws: error) { try ProfileGeometry(rows: side, columns: side, path: path) }
    }
  }
}
