import Foundation
import Testing

import Spectra

@Suite("Fourier log-amplitude against PyTorch")
struct GoldenProfileTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      var rows, columns, channels: Int
      var seed: UInt32
      var diagonal, radial, diagonalInSinglePrecision, radialInSinglePrecision: [Double]
    }
    var cases: [Case]
  }

  static func cases() throws -> [Golden.Case] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/profiles.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)).cases
  }

  @Test("Profiles equal those of torch.fft.fft2, fftshift and the diagonal, and of rings by fftfreq")
  func golden() throws {
    let cases = try Self.cases()
    #expect(cases.count == 8)
    for c in cases {
      let tokens = makeTokens(rows: c.rows, columns: c.columns, channels: c.channels, seed: c.seed)
      for (path, double, single) in [
        (ProfilePath.diagonal, c.diagonal, c.diagonalInSinglePrecision),
        (.radial, c.radial, c.radialInSinglePrecision),
      ] {
        let values = try profile(
          of: tokens, rows: c.rows, columns: c.columns, channels: c.channels, path: path)
        // PyTorch's own single precision differs from its double by 1e-7 to 5e-7 here: two single-precision
        // programs may differ by twice that.
        let label = "\(c.rows)×\(c.columns)×\(c.channels) \(path): \(values) \(double)"
        #expect(largestDifference(values, double) < 1e-6, Comment(rawValue: label))
        #expect(largestDifference(values, single) < 1.5e-6, Comment(rawValue: label))
      }
    }
  }
}
