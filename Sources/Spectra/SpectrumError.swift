/// Why a Fourier profile could not be had.
public enum SpectrumError: Error, Sendable, Hashable {
  /// A side of the grid has fewer than 2 tokens, so there is no frequency but zero.
  case gridTooSmall(rows: Int, columns: Int)
  /// The grid has more tokens than FFTW can index.
  case gridTooLarge(rows: Int, columns: Int)
  /// A map needs at least one channel.
  case noChannels(Int)
  /// The tokens given are not rows · columns · channels values.
  case tokenCount(expected: Int, found: Int, rows: Int, columns: Int, channels: Int)
  /// The buffer for the result does not hold one value for each band.
  case profileLength(expected: Int, found: Int)
  /// A feature is NaN or infinite.
  case notFinite(token: Int, channel: Int)
  /// All features are finite, but a sum of them exceeds single precision.
  case overflow
  /// FFTW could not plan the transform, or there is no memory for its buffers.
  case noPlan(sizes: [Int])
}

extension SpectrumError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .gridTooSmall(let rows, let columns):
      "a \(rows)×\(columns) grid of tokens has no frequency but zero along a side; use images of at least 2×2 patches"
    case .gridTooLarge(let rows, let columns):
      "a \(rows)×\(columns) grid of tokens is more than FFTW can index; use smaller images"
    case .noChannels(let channels):
      "features of \(channels) channels have no spectrum; at least one channel is needed"
    case .tokenCount(let expected, let found, let rows, let columns, let channels):
      "\(found) values given for a \(rows)×\(columns) grid of \(channels) channels, which needs \(expected); "
        + "drop class and register tokens first"
    case .profileLength(let expected, let found):
      "the buffer for the profile holds \(found) values, the grid has \(expected) bands; make it that long"
    case .notFinite(let token, let channel):
      "the features hold NaN or infinity, first at patch token \(token), channel \(channel); "
        + "check the checkpoint's weights and the images"
    case .overflow:
      "the features are finite, but their Fourier sums exceed single precision; "
        + "check the checkpoint's weights and the images"
    case .noPlan(let sizes):
      "FFTW could not prepare a transform of size \(sizes.map(String.init).joined(separator: "×")); "
        + "free some memory or use smaller images"
    }
  }
}
