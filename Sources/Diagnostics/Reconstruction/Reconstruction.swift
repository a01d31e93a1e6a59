public import Figures

/// An image as a model reconstructs it from its visible patches, and how well.
public struct Reconstruction: Sendable, Hashable {
  /// Rows and columns of patches.
  public var grid: [Int]
  /// Which patches were removed, row-major.
  public var removed: [Bool]
  /// The image that the model was to see.
  public var original: Picture
  /// What it predicts for every patch, visible ones too.
  ///
  /// A model of normalised patches says nothing of a patch's brightness and contrast: each patch has the mean and deviation of the true one.
  public var predicted: Picture
  /// The numbers.
  public var scores: ReconstructionScores

  /// The image with grey in place of removed patches.
  public var masked: Picture { combined { _ in Self.grey } }
  /// The image with predictions in place of removed patches.
  public var completed: Picture { combined { predicted.samples[$0] } }

  private static let grey: UInt8 = 128

  /// The original, with other samples where patches were removed.
  private func combined(_ other: (Int) -> UInt8) -> Picture {
    var samples = original.samples
    let (across, down) = (original.width / grid[1], original.height / grid[0])
    for y in 0..<original.height {
      for x in 0..<original.width where removed[y / down * grid[1] + x / across] {
        let start = 3 * (y * original.width + x)
        for i in start..<start + 3 { samples[i] = other(i) }
      }
    }
    return Picture(width: original.width, height: original.height, samples: samples)
  }
}

/// How well the removed patches of an image are reconstructed.
public struct ReconstructionScores: Sendable, Hashable, Codable {
  /// The training loss: the mean squared error of predicted values, patches normalised where the model was trained so.
  public var loss: Double
  /// The error of the pixels shown.
  public var pixels: PixelError
  /// The error when each removed patch has the mean colour of the image's visible ones.
  public var meanColor: PixelError
  /// For models of normalised patches: the error when each removed patch has its own mean, as predicting zeros shows it.
  public var patchMean: PixelError?
}

/// The error of pixels in 0 … 1 over removed patches.
public struct PixelError: Sendable, Hashable, Codable {
  /// Mean squared error over pixels and colours.
  public var mse: Double
  /// Peak signal-to-noise ratio, −10 log₁₀ of `mse`, in decibels; absent for an error of zero.
  public var psnr: Double?
}
