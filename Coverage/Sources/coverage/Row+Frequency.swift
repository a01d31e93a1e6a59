import Foundation

@testable import Statistics

extension Row {
  /// `frequency`: means over images of means over channels of ln |F|.
  static var frequency: [Row] {
    [8, 64].flatMap { count in
      [
        band("interval of a band's log amplitude", count, "Gaussian noise, 16 channels, images of unlike contrast") {
          generator in
          generator.logAmplitude(contrast: 0.5 * generator.normal())
        },
        band("interval of a band's relative log amplitude", count, "Gaussian noise, 16 channels") { generator in
          generator.logAmplitude(contrast: 0) - generator.logAmplitude(contrast: 0)
        },
        band(
          "interval of a band's difference of two checkpoints", count,
          "Gaussian noise, 16 channels, images of unlike contrast"
        ) { generator in
          let contrast = generator.normal()
          return generator.logAmplitude(contrast: contrast) - generator.logAmplitude(contrast: contrast)
        },
      ]
    }
  }

  private static func band(
    _ claim: String, _ count: Int, _ distribution: String, _ value: @escaping @Sendable (inout Generator) -> Double
  ) -> Row {
    Row(
      claim: claim, count: count, distribution: distribution,
      assumption: "images independent, none carries the mean: met", measure: .contains, promised: usual
    ) { generator in
      let sample = BatchMeans((0..<count).map { _ in value(&generator) })
      return contains(sample.interval(around: sample.mean), 0)
    }
  }
}

extension Generator {
  /// One image's mean over 16 channels of ln(|F| + 1e-6), less its expectation for a contrast of 0.
  ///
  /// |F|² of Gaussian noise is exponential, and the expectation of its logarithm −γ, Euler's constant; 1e-6 moves that of
  /// ln |F| by 2e-6.
  fileprivate mutating func logAmplitude(contrast: Double) -> Double {
    let channels = 16
    let sum = (0..<channels).reduce(0.0) { sum, _ in sum + log(exp(contrast) * exponential().squareRoot() + 1e-6) }
    return sum / Double(channels) + 0.577215664901532861 / 2
  }
}
