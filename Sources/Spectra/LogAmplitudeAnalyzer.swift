/// One thread's workspace for Fourier log-amplitude profiles: a plan and its buffers.
///
/// The profile of an image is, per band, the mean over channels (and over the band's cells) of ln(|F| + 1e-6), F the
/// unnormalised two-dimensional DFT of a channel's map, without window and with its mean.
///
/// Tokens are transformed in the precision in which they are given.
///
/// Make one per thread: making it waits for other threads that plan, using it does not. The same tokens give the same
/// bits in every run and on every thread.
///
/// - Source: Park & Kim, "How Do Vision Transformers Work?", ICLR 2022, Fig. 2 and 8.
public struct LogAmplitudeAnalyzer: ~Copyable {
  /// ε in ln(|F| + ε), as in the published code of Park & Kim.
  public static let epsilon = 1e-6

  /// Channels transformed at once: the block and its spectrum stay in a core's first cache at 14×14 tokens.
  static let blockWidth = 32

  /// The cells and frequencies of the profile.
  public let geometry: ProfileGeometry
  /// The number of channels, D.
  public let channels: Int

  private var single: ProfileWorkspace<Float>
  /// Made when the first tokens in double precision come.
  private var double: ProfileWorkspace<Double>?

  /// A workspace for maps of `channels` channels on the grid of `geometry`.
  ///
  /// - Throws: `SpectrumError.noChannels`, or `.noPlan` if memory is short.
  public init(geometry: ProfileGeometry, channels: Int) throws(SpectrumError) {
    guard channels >= 1 else { throw .noChannels(channels) }
    single = try ProfileWorkspace(geometry: geometry, channels: channels)
    self.geometry = geometry
    self.channels = channels
  }

  /// Writes an image's profile.
  ///
  /// - Parameters:
  ///   - tokens: One image's patch tokens, shape [rows · columns, channels], row-major, channel fastest.
  ///   - profile: Receives `bandCount` values: the mean of ln(|F| + 1e-6). Unspecified after an error.
  /// - Throws: `SpectrumError.tokenCount`, `.profileLength` for wrong sizes; `.notFinite`, `.overflow`.
  public mutating func profile(
    of tokens: Span<Float>, into profile: inout MutableSpan<Double>
  ) throws(SpectrumError) {
    try check(tokens.count, profile.count)
    try single.profile(of: tokens, into: &profile)
  }

  /// Writes an image's profile, transformed in double precision, which takes about a third longer.
  ///
  /// - Parameters:
  ///   - tokens: As above.
  ///   - profile: As above.
  /// - Throws: As above; `.noPlan` if memory is short. `.overflow` where a Fourier sum exceeds 1e76.
  public mutating func profile(
    of tokens: Span<Double>, into profile: inout MutableSpan<Double>
  ) throws(SpectrumError) {
    try check(tokens.count, profile.count)
    if double == nil { double = try ProfileWorkspace(geometry: geometry, channels: channels) }
    try double?.profile(of: tokens, into: &profile)
  }

  private func check(_ tokens: Int, _ values: Int) throws(SpectrumError) {
    let (rows, columns) = (geometry.rows, geometry.columns)
    guard tokens == rows * columns * channels else {
      throw .tokenCount(
        expected: rows * columns * channels, found: tokens, rows: rows, columns: columns, channels: channels)
    }
    guard values == geometry.bandCount else { throw .profileLength(expected: geometry.bandCount, found: values) }
  }
}
