import Glibc

/// Buffers and plan for profiles of tokens of one precision.
struct ProfileWorkspace<Number: FourierNumber>: ~Copyable {
  private static var blockWidth: Int { LogAmplitudeAnalyzer.blockWidth }

  private let geometry: ProfileGeometry
  private let channels: Int
  private var plan: FourierPlan<Number>
  private let cells: SpectralCells
  /// Σ over tokens of each channel of a block: F at zero frequency.
  private var sums: [Double]
  /// The channels' means, which are taken away before the transform.
  private var means: [Number]
  /// ln's argument for a block of channels at one cell.
  private var amplitudes: [Double]

  init(geometry: ProfileGeometry, channels: Int) throws(SpectrumError) {
    let cells = SpectralCells(geometry)
    plan = try FourierPlan(sizes: cells.sizes, width: Self.blockWidth)
    self.cells = cells
    self.geometry = geometry
    self.channels = channels
    sums = Array(repeating: 0, count: Self.blockWidth)
    means = Array(repeating: 0, count: Self.blockWidth)
    amplitudes = Array(repeating: 1, count: Self.blockWidth)
  }

  /// Writes an image's profile; sizes have been checked.
  mutating func profile(of tokens: Span<Number>, into profile: inout MutableSpan<Double>) throws(SpectrumError) {
    for band in 0..<profile.count { profile[band] = 0 }
    for first in stride(from: 0, to: channels, by: Self.blockWidth) {
      let count = min(Self.blockWidth, channels - first)
      gather(tokens, channels: first..<first + count)
      plan.execute()
      for cell in cells.onPath {
        profile[cell.band] += cell.multiplicity * logSum(at: cell.index, channels: count)
      }
    }
    for band in 0..<profile.count {
      guard profile[band].isFinite else { throw Self.complaint(about: tokens, channels: channels) }
      profile[band] /= Double(geometry.cellCounts[band] * channels)
    }
  }

  /// Fills the plan's input, shape [points, blockWidth], with a block of channels less their means, and `sums`.
  ///
  /// A constant moves zero frequency alone, which `sums` holds in double precision. Without it the other cells are
  /// free of the rounding of a large mean, which can hide that a channel varies little.
  private mutating func gather(_ tokens: Span<Number>, channels block: Range<Int>) {
    let (channels, points) = (channels, cells.pointOfToken)
    unsafe plan.input.update(repeating: 0)
    unsafe tokens.withUnsafeBufferPointer { tokens in
      guard let source = tokens.baseAddress, let target = unsafe plan.input.baseAddress else { return }
      unsafe sums.withUnsafeMutableBufferPointer { sums in
        unsafe sums.update(repeating: 0)
        for token in points.indices {
          let from = unsafe source + (token * channels + block.lowerBound)
          Self.forEachLane(block.count) { j in unsafe sums[j] += from[j].double }
        }
      }
      unsafe means.withUnsafeMutableBufferPointer { means in
        for j in 0..<Self.blockWidth { unsafe means[j] = Number(sums[j] / Double(points.count)) }
        for token in points.indices {
          let from = unsafe source + (token * channels + block.lowerBound)
          let to = unsafe target + points[token] * Self.blockWidth
          Self.forEachLane(block.count) { j in unsafe to[j] += from[j] - means[j] }
        }
      }
    }
  }

  /// Runs `body` for 0 ..< count, with a constant count for full blocks, which the compiler turns into vector code.
  @inline(__always)
  private static func forEachLane(_ count: Int, _ body: (Int) -> Void) {
    if count == blockWidth {
      for j in 0..<blockWidth { body(j) }
    } else {
      for j in 0..<count { body(j) }
    }
  }

  /// Σ over the block's channels of ln(|F| + ε) at one cell of the half spectrum.
  private mutating func logSum(at cell: Int, channels count: Int) -> Double {
    let width = Self.blockWidth
    let start = cell * width
    for j in 0..<width {
      let re = unsafe plan.real[start + j].double
      let im = unsafe plan.imaginary[start + j].double
      amplitudes[j] = (re * re + im * im).squareRoot() + LogAmplitudeAnalyzer.epsilon
    }
    if cell == 0 {
      for j in 0..<width { amplitudes[j] = abs(sums[j]) + LogAmplitudeAnalyzer.epsilon }
    }
    // Beyond the last channel: ln 1 = 0.
    for j in count..<width { amplitudes[j] = 1 }
    // Σ ln a = ln Π a, four at a time. A Fourier sum of fewer than 10¹⁰ values in single precision is below 1e49, so
    // four stay below 1e196, and above ε⁴ = 1e-24: far inside double precision, whose logarithm costs more than products.
    // Tokens in double precision may be larger; a sum beyond 1e76 then makes the profile infinite, which is refused.
    let quarter = width / 4
    var sum = 0.0
    for j in 0..<quarter {
      sum += log(
        amplitudes[j] * amplitudes[j + quarter] * (amplitudes[j + 2 * quarter] * amplitudes[j + 3 * quarter]))
    }
    return sum
  }

  /// Which error made the profile infinite or NaN: a token that is not finite spoils its channel's mean and so all cells.
  private static func complaint(about tokens: Span<Number>, channels: Int) -> SpectrumError {
    for i in tokens.indices where !tokens[i].isFinite {
      return .notFinite(token: i / channels, channel: i % channels)
    }
    return .overflow
  }
}
