internal import Foundation

extension Interpolation {
  /// Half the width of the kernel, in pixels of the smaller of the two images.
  var support: Double {
    switch self {
    case .bicubic: 2
    case .bilinear: 1
    case .lanczos: 3
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }

  /// The kernel at distance `x`.
  func kernel(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      // Keys 1981, eq. 4, with a = −0.5:
      //   (a + 2)|x|³ − (a + 3)|x|² + 1    for |x| < 1
      //   a|x|³ − 5a|x|² + 8a|x| − 4a      for |x| < 2
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .lanczos: return x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
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

  /// Rounds halves away from zero.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << fractionBits)
    return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
  }
}
