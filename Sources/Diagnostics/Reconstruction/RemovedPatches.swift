internal import Foundation
internal import Images

/// Measures pixels against those of an image's removed patches, as levels in 0 … 1.
struct RemovedPatches {
  private let removed: [Bool]
  private let normalization: Normalization
  /// Levels of the image, shape [L, 3 P²].
  private let levels: [Double]

  /// The removed patches of an image, shape [L, 3 P²], colour last.
  init(_ removed: [Bool], of patches: [Float], _ normalization: Normalization) {
    self.removed = removed
    self.normalization = normalization
    levels = patches.indices.map { normalization.level(patches[$0], $0 % 3) }
  }

  /// Values of a patch.
  private var size: Int { levels.count / removed.count }

  /// The error of other patches in place of the removed ones.
  func error(of patches: [Float]) -> PixelError {
    PixelError(mse: meanSquare { normalization.level(patches[$0], $0 % 3) - levels[$0] })
  }

  /// The error of the mean colour of the visible patches.
  var errorOfMeanColor: PixelError {
    var (sums, count) = ([0.0, 0, 0], 0.0)
    for i in levels.indices where !removed[i / size] {
      sums[i % 3] += levels[i]
      count += 1.0 / 3
    }
    return PixelError(mse: meanSquare { sums[$0 % 3] / count - levels[$0] })
  }

  private func meanSquare(_ difference: (Int) -> Double) -> Double {
    var (sum, count) = (0.0, 0.0)
    for i in levels.indices where removed[i / size] {
      sum += difference(i) * difference(i)
      count += 1
    }
    return sum / count
  }
}

extension PixelError {
  init(mse: Double) {
    self.init(mse: mse, psnr: mse > 0 ? -10 * log10(mse) : nil)
  }
}

extension Normalization {
  /// A normalised value as a level of its colour, clipped to 0 … 1.
  func level(_ value: Float, _ colour: Int) -> Double {
    min(max(Double(value) * Double(std[colour]) + Double(mean[colour]), 0), 1)
  }
}
