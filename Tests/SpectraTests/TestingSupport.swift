import Foundation
import Testing

@testable import Spectra

/// Tokens of shape [rows · columns, channels] by the formula of Scripts/reference_spectra.py, exact in `Float`.
func makeTokens(rows: Int, columns: Int, channels: Int, seed: UInt32) -> [Float] {
  var state = seed
  return (0..<rows * columns * channels).map { index in
    state = state &* 1_664_525 &+ 1_013_904_223
    let channel = index % channels
    return (Float(state >> 16) / 32768 - 1) * Float(sign: .plus, exponent: channel % 7 - 3, significand: 1)
      + Float(channel % 3 - 1)
  }
}

/// Tokens whose every channel is the map value(row, column).
func makeTokens(rows: Int, columns: Int, channels: Int, value: (Int, Int) -> Double) -> [Float] {
  (0..<rows * columns * channels).map { index in
    let token = index / channels
    return Float(value(token / columns, token % columns))
  }
}

/// One image's profile by a fresh analyzer.
func profile(
  of tokens: [Float], rows: Int, columns: Int, channels: Int, path: ProfilePath = .diagonal
) throws -> [Double] {
  let geometry = try ProfileGeometry(rows: rows, columns: columns, path: path)
  var analyzer = try LogAmplitudeAnalyzer(geometry: geometry, channels: channels)
  var values = Array(repeating: Double.nan, count: geometry.bandCount)
  var span = values.mutableSpan
  try analyzer.profile(of: tokens.span, into: &span)
  return values
}

/// |F| of one channel at every cell, shape [rows, columns], by the definition in double precision: O((h·w)²).
func naiveAmplitudes(of tokens: [Float], rows: Int, columns: Int, channels: Int, channel: Int) -> [Double] {
  (0..<rows * columns).map { cell in
    let (u, v) = (cell / columns, cell % columns)
    var (re, im) = (0.0, 0.0)
    for row in 0..<rows {
      for column in 0..<columns {
        let x = Double(tokens[(row * columns + column) * channels + channel])
        let angle =
          -2 * Double.pi
          * (Double(u * row % rows) / Double(rows) + Double(v * column % columns) / Double(columns))
        re += x * cos(angle)
        im += x * sin(angle)
      }
    }
    return (re * re + im * im).squareRoot()
  }
}

func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
