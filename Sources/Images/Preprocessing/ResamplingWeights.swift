internal import Foundation

extension Interpolation {
  /// Half the width of the kernel, in pixels of the smaller of the two images.
  var support: Double {
    switch self {
    case .bicubic, .opencvBicubic: 2
    case .bilinear, .hamming, .opencvBilinear: 1
    case .lanczos: 3
    case .box, .nearest: 0.5
    }
  }

  /// Whether the kernel widens by the shrink factor.
  var isAntialiased: Bool {
    switch self {
    case .bicubic, .bilinear, .lanczos, .box, .hamming: true
    case .nearest, .opencvBilinear, .opencvBicubic: false
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }

  /// The kernel at distance `x`.
  func kernel(_ offset: Double) -> Double {
    let x = abs(offset)
    return switch self {
    case .bilinear, .opencvBilinear: x < 1 ? 1 - x : 0
    case .bicubic: Self.cubic(x, a: -0.5)
    case .opencvBicubic: Self.cubic(x, a: -0.75)
    case .lanczos: x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    case .hamming: x < 1 ? Self.sinc(x) * (0.54 + 0.46 * cos(x * .pi)) : 0
    case .box, .nearest: offset > -0.5 && offset <= 0.5 ? 1 : 0
    }
  }

  /// Cubic convolution (Keys 1981, equation 4): (a + 2)x³ − (a + 3)x² + 1 for x < 1, ax³ − 5ax² + 8ax − 4a for x < 2.
  private static func cubic(_ x: Double, a: Double) -> Double {
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }
}

/// The weights with which source samples along one axis form each target sample, in fixed point.
///
/// Antialiased as Pillow does it: the kernel widens by the shrink factor, and weights that fall off the border are made
/// up for by the others, so each target's weights sum to one.
struct ResamplingWeights {
  /// Fraction bits: 32 less 8 for the sample and 2 for the overshoot of the kernel's negative lobes.
  static let fractionBits: Int32 = 32 - 8 - 2

  /// First source sample of each target sample.
  private(set) var first: [Int] = []
  /// Source samples of each target sample.
  private(set) var count: [Int] = []
  /// Weights, shape [targets, stride]; unused ones are 0.
  private(set) var values: [Int32] = []
  /// Most weights of a target sample.
  let stride: Int

  /// Source samples that any of the targets needs.
  var sources: Range<Int> {
    guard let low = first.first, let last = first.last, let lastCount = count.last else { return 0..<0 }
    return low..<last + lastCount
  }

  /// Computes the weights of the targets in `window`, out of `target` in all.
  init(source: Int, target: Int, window: Range<Int>, interpolation: Interpolation) {
    let scale = Double(source) / Double(target)
    if interpolation.isAntialiased {
      self.init(source: source, scale: scale, window: window, antialiased: interpolation)
    } else {
      self.init(source: source, scale: scale, window: window, neighbours: interpolation)
    }
  }

  private init(source: Int, scale: Double, window: Range<Int>, antialiased interpolation: Interpolation) {
    // Enlarging keeps the kernel's own width: there is nothing to average.
    let filterScale = max(scale, 1)
    let inverse = 1 / filterScale
    let support = interpolation.support * filterScale
    stride = Int(support.rounded(.up)) * 2 + 1
    values = Array(repeating: 0, count: window.count * stride)
    first.reserveCapacity(window.count)
    count.reserveCapacity(window.count)
    var exact = Array(repeating: 0.0, count: stride)

    for (index, position) in window.enumerated() {
      // Centre of the target sample, in source coordinates where sample i covers i … i + 1.
      let center = (Double(position) + 0.5) * scale
      let low = max(Int(center - support + 0.5), 0)
      let high = min(Int(center + support + 0.5), source)
      var sum = 0.0
      for i in low..<high {
        let weight = interpolation.kernel((Double(i) - center + 0.5) * inverse)
        exact[i - low] = weight
        sum += weight
      }
      for i in 0..<high - low {
        values[index * stride + i] = Self.fixedPoint(sum == 0 ? exact[i] : exact[i] / sum)
      }
      first.append(low)
      count.append(high - low)
    }
  }

  /// The weights of the pixels around each target's centre; beyond the border, its pixel stands for the missing ones.
  private init(source: Int, scale: Double, window: Range<Int>, neighbours interpolation: Interpolation) {
    let reach = interpolation == .nearest ? 0 : Int(interpolation.support)
    stride = max(2 * reach, 1)
    values = Array(repeating: 0, count: window.count * stride)
    let centers = Self.centers(window, scale: scale, areAdded: interpolation == .nearest)
    for (index, center) in centers.enumerated() {
      // The last pixel whose centre is not behind the target's; of Pillow's nearest, the pixel that holds it.
      let base = Int(interpolation == .nearest ? center : (center - 0.5).rounded(.down))
      let taps = reach == 0 ? base...base : base - reach + 1...base + reach
      let low = min(max(taps.lowerBound, 0), source - 1)
      for tap in taps {
        let weight = reach == 0 ? 1 : interpolation.kernel(Double(tap) + 0.5 - center)
        values[index * stride + min(max(tap, 0), source - 1) - low] += Self.fixedPoint(weight)
      }
      first.append(low)
      count.append(min(max(taps.upperBound, 0), source - 1) - low + 1)
    }
  }

  /// The targets' centres, in source coordinates where sample i covers i … i + 1.
  ///
  /// - Parameters:
  ///   - window: The targets.
  ///   - scale: Pixels of the source for each target.
  ///   - areAdded: Whether each is the last one and a step, as in Pillow's nearest: where centres lie on the border of two pixels,
  ///     the rounding of these sums decides.
  /// - Returns: A centre for each target.
  private static func centers(_ window: Range<Int>, scale: Double, areAdded: Bool) -> [Double] {
    guard areAdded else { return window.map { (Double($0) + 0.5) * scale } }
    var center = 0.5 * scale
    var centers: [Double] = []
    for position in 0..<window.upperBound {
      if position >= window.lowerBound { centers.append(center) }
      center += scale
    }
    return centers
  }

  /// Rounds halves away from zero.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << fractionBits)
    return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }
}
