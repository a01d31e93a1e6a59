import Foundation
import Testing

@testable import Spectra

@Suite("Fourier log-amplitude: closed forms and invariants")
struct LogAmplitudeTests {
  @Test("A plane wave along the diagonal peaks in its band, with amplitude A·h·w/2", arguments: 1...6)
  func planeWave(k: Int) throws {
    let tokens = makeTokens(rows: 14, columns: 14, channels: 40) { row, column in
      3 * cos(2 * Double.pi * Double(k * (row + column)) / 14 + 0.4)
    }
    let values = try profile(of: tokens, rows: 14, columns: 14, channels: 40)
    // Input and sums rounded to Float: relative errors of 6e-8 that mostly average out over 196 terms.
    #expect(abs(values[k] - log(3 * 196 / 2)) < 5e-7, "\(values)")
    for band in 0..<7 where band != k {
      // Along an antidiagonal all 14 values, and so all roundings, are equal and cannot average out. One for the input
      // and 13 for its sum, 6e-8 each, of Σ|x| = 196 · 3 · 2/π = 374: at most 14 · 6e-8 · 374 = 3.1e-4.
      #expect(exp(values[band]) < 3.1e-4, "band \(band): \(values)")
    }
  }

  @Test("A plane wave down the rows peaks in its ring, and only there", arguments: 1...6)
  func planeWaveRadial(k: Int) throws {
    let tokens = makeTokens(rows: 14, columns: 14, channels: 8) { row, _ in
      cos(2 * Double.pi * Double(k * row) / 14)
    }
    let geometry = try ProfileGeometry(rows: 14, columns: 14, path: .radial)
    let values = try profile(of: tokens, rows: 14, columns: 14, channels: 8, path: .radial)
    // Two cells of the ring hold A·h·w/2 = 98, the others only rounding. The worst case of a single-precision transform
    // is some 8 · 6e-8 of the norm 139, 7e-5 in all; spread over cells and signs a tenth of that is plenty for each,
    // so ln lies between ln 1e-6 and ln 7e-6, two apart.
    let cells = Double(geometry.cellCounts[k])
    let lowest = (2 * log(98) + (cells - 2) * log(1e-6)) / cells
    #expect(values[k] > lowest - 1e-6 && values[k] < lowest + 2, "\(values)")
    for band in 0..<8 where band != k {
      #expect(values[band] < log(7e-6), "ring \(band): \(values)")
    }
  }

  @Test(
    "A constant map c has ln(h·w·c + 1e-6) at zero frequency and ln 1e-6 elsewhere",
    arguments: [0x1p-20, 1, 100.3], ProfilePath.allCases)
  func constant(c: Double, path: ProfilePath) throws {
    let tokens = makeTokens(rows: 14, columns: 14, channels: 33) { _, _ in c }
    let values = try profile(of: tokens, rows: 14, columns: 14, channels: 33, path: path)
    let sum = 196 * Double(Float(c))
    // The sum is in Double: 196 terms, and the mean of 33 logarithms.
    #expect(abs(values[0] - log(sum + 1e-6)) < 1e-12)
    // Elsewhere terms of size `sum` cancel; what Float's rounding (6e-8, a few times) leaves of them adds to ε.
    let residue = 4 * 6e-8 * sum
    for value in values.dropFirst() {
      #expect(value >= log(1e-6) - 1e-12 && value <= log(1e-6 + residue), "\(values)")
    }
  }

  @Test("A large mean does not blur what varies little", arguments: ProfilePath.allCases)
  func largeMean(path: ProfilePath) throws {
    let small = makeTokens(rows: 14, columns: 14, channels: 64, seed: 4)
    let offset = small.map { $0 + 1024 }
    // What the offset leaves of the small values, exactly: Float of 1024 + x, less 1024.
    let kept = offset.map { $0 - 1024 }
    let a = try profile(of: kept, rows: 14, columns: 14, channels: 64, path: path)
    let b = try profile(of: offset, rows: 14, columns: 14, channels: 64, path: path)
    // The rounding of a transform of the small values, not of one whose zero frequency is 196 · 1024.
    #expect(largestDifference(Array(a.dropFirst()), Array(b.dropFirst())) < 1e-6, "\(a) \(b)")
  }

  @Test("A map of zeros has ln 1e-6 everywhere", arguments: ProfilePath.allCases)
  func zeros(path: ProfilePath) throws {
    let values = try profile(
      of: Array(repeating: 0, count: 5 * 6 * 3), rows: 5, columns: 6, channels: 3, path: path)
    // Exact but for the logarithm and a sum of at most 90 of them in Double: 90 · 14 · 1e-16.
    #expect(values.allSatisfy { abs($0 - log(1e-6)) < 1e-12 })
  }

  @Test(
    "A cyclic shift of the map leaves the profile",
    arguments: [(14, 14), (9, 12), (7, 7)], ProfilePath.allCases)
  func shift(size: (Int, Int), path: ProfilePath) throws {
    let (rows, columns) = size
    let channels = 37
    let tokens = makeTokens(rows: rows, columns: columns, channels: channels, seed: 5)
    let shifted = (0..<tokens.count).map { index in
      let (token, channel) = (index / channels, index % channels)
      let (row, column) = ((token / columns + 3) % rows, (token % columns + 5) % columns)
      return tokens[(row * columns + column) * channels + channel]
    }
    let a = try profile(of: tokens, rows: rows, columns: columns, channels: channels, path: path)
    let b = try profile(of: shifted, rows: rows, columns: columns, channels: channels, path: path)
    // Rounding of Float sums, 6e-8 relative to the largest |F| of a channel; a cell a tenth or a hundredth as large
    // feels it as 1e-6 or 1e-5 in its logarithm, and the mean over channels takes most of that away.
    #expect(largestDifference(a, b) < 5e-6)
  }

  @Test("Scaling by a power of two adds its logarithm", arguments: [-3, 1, 10], ProfilePath.allCases)
  func scaling(exponent: Int, path: ProfilePath) throws {
    let tokens = makeTokens(rows: 14, columns: 14, channels: 64, seed: 9).map { $0 * 1024 }
    let scale = Float(sign: .plus, exponent: exponent, significand: 1)
    let a = try profile(of: tokens, rows: 14, columns: 14, channels: 64, path: path)
    let b = try profile(of: tokens.map { $0 * scale }, rows: 14, columns: 14, channels: 64, path: path)
    // Exact in Float; ε = 1e-6 beside |F| of some 1e2 and more moves a logarithm by 1e-8 (ε/|F|, eight times for 2⁻³).
    for (x, y) in zip(a, b) { #expect(abs(y - x - log(Double(scale))) < 1e-7) }
  }

  @Test(
    "Grids of any shape agree with the definition summed in double precision",
    arguments: [(2, 2), (3, 3), (2, 7), (13, 13), (14, 14), (9, 16), (16, 9), (14, 10), (12, 18), (17, 5)],
    ProfilePath.allCases)
  func definition(size: (Int, Int), path: ProfilePath) throws {
    let (rows, columns) = size
    let channels = 35
    let tokens = makeTokens(rows: rows, columns: columns, channels: channels, seed: 77)
    let geometry = try ProfileGeometry(rows: rows, columns: columns, path: path)
    var expected = Array(repeating: 0.0, count: geometry.bandCount)
    for channel in 0..<channels {
      let amplitudes = naiveAmplitudes(
        of: tokens, rows: rows, columns: columns, channels: channels, channel: channel)
      for cell in amplitudes.indices {
        let (u, v) = (cell / columns, cell % columns)
        let band: Int
        switch path {
        case .diagonal:
          guard u == v else { continue }
          band = u
        case .radial:
          let radius = hypot(Double(min(u, rows - u)) / Double(rows), Double(min(v, columns - v)) / Double(columns))
          band = Int((radius * Double(min(rows, columns)) + 0.5 + 1e-9).rounded(.down))
        }
        if band < expected.count {
          expected[band] += log(amplitudes[cell] + 1e-6) / Double(geometry.cellCounts[band] * channels)
        }
      }
    }
    let values = try profile(of: tokens, rows: rows, columns: columns, channels: channels, path: path)
    // Float rounding as in `shift`, against exact sums.
    #expect(largestDifference(values, expected) < 5e-6)
  }

  private func doubleProfile(of tokens: [Double], _ geometry: ProfileGeometry) throws -> [Double] {
    var analyzer = try LogAmplitudeAnalyzer(geometry: geometry, channels: 3)
    var values = Array(repeating: Double.nan, count: geometry.bandCount)
    var span = values.mutableSpan
    try analyzer.profile(of: tokens.span, into: &span)
    return values
  }

  @Test(
    "Tokens in double precision agree with the definition to double precision", arguments: [(4, 4), (9, 12), (14, 14)])
  func doubles(size: (Int, Int)) throws {
    let (rows, columns) = size
    let tokens = makeTokens(rows: rows, columns: columns, channels: 3, seed: 8)
    let geometry = try ProfileGeometry(rows: rows, columns: columns, path: .diagonal)
    let values = try doubleProfile(of: tokens.map { Double($0) }, geometry)
    for band in 0..<geometry.bandCount {
      let expected = (0..<3).reduce(0.0) { sum, channel in
        let amplitudes = naiveAmplitudes(of: tokens, rows: rows, columns: columns, channels: 3, channel: channel)
        return sum + log(amplitudes[band * columns + band] + 1e-6) / 3
      }
      // Sums of 196 values of up to 2, 196 · 2 · 1e-16 = 4e-14 of an amplitude of some 1 to 100.
      #expect(abs(values[band] - expected) < 1e-11, "band \(band)")
    }
  }

  @Test("The profile is the mean over channels, whatever their number", arguments: [1, 3, 31, 32, 33, 64, 65])
  func channelMean(channels: Int) throws {
    let tokens = makeTokens(rows: 7, columns: 6, channels: channels, seed: 3)
    let together = try profile(of: tokens, rows: 7, columns: 6, channels: channels)
    var mean = Array(repeating: 0.0, count: together.count)
    for channel in 0..<channels {
      let map = stride(from: channel, to: tokens.count, by: channels).map { tokens[$0] }
      let alone = try profile(of: map, rows: 7, columns: 6, channels: 1)
      for band in mean.indices { mean[band] += alone[band] / Double(channels) }
    }
    // The same transforms; only sums in Double differ.
    #expect(largestDifference(together, mean) < 1e-12)
  }

  @Test("Energy is kept (Parseval)", arguments: [[14], [91], [14, 14], [13, 13], [9, 16], [2, 2]])
  func parseval(sizes: [Int]) throws {
    let width = 32
    let points = sizes.reduce(1, *)
    let last = try #require(sizes.last)
    var plan = try FourierPlan<Float>(sizes: sizes, width: width)
    let tokens = makeTokens(rows: points, columns: 1, channels: width, seed: 21)
    for i in tokens.indices { plan.input[i] = tokens[i] }
    plan.execute()
    for channel in 0..<width {
      let energy = (0..<points).reduce(0.0) { sum, i in
        let x = Double(tokens[i * width + channel])
        return sum + x * x
      }
      var spectrum = 0.0
      for cell in 0..<plan.real.count / width {
        let column = cell % (last / 2 + 1)
        let (re, im) = (plan.real[cell * width + channel], plan.imaginary[cell * width + channel])
        let power = Double(re) * Double(re) + Double(im) * Double(im)
        spectrum += column == 0 || 2 * column == last ? power : 2 * power
      }
      // Single precision: each |F|² is off by a few times 6e-8, with both signs.
      #expect(abs(spectrum / Double(points) - energy) < 5e-7 * energy, "\(spectrum / Double(points)) \(energy)")
    }
    #expect(tokens.indices.allSatisfy { plan.input[$0] == tokens[$0] }, "the input is kept")
  }
}
