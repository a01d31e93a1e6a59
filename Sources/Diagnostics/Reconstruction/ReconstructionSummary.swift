internal import Foundation

/// Means over images.
public struct ReconstructionSummary: Sendable, Hashable, Codable {
  /// The training loss.
  public var loss: SampleMean
  /// The error of the pixels shown.
  public var pixels: PixelErrors
  /// The error when each removed patch has the mean colour of the visible ones.
  public var meanColor: PixelErrors
  /// For models of normalised patches: the error when each removed patch has its own mean.
  public var patchMean: PixelErrors?
  /// PSNR minus that of the mean colour, in decibels, paired by image: above zero is better.
  public var gain: SampleMean?
  /// PSNR minus that of each patch's own mean, paired by image.
  public var gainOverPatchMean: SampleMean?

  /// Mean squared error and PSNR.
  public struct PixelErrors: Sendable, Hashable, Codable {
    /// Of pixels in 0 … 1.
    public var mse: SampleMean
    /// In decibels, over the images that have one.
    public var psnr: SampleMean?
  }

  /// The means of some images' scores, at least one's.
  public init(_ scores: [ReconstructionScores]) {
    func errors(_ path: (ReconstructionScores) -> PixelError?) -> PixelErrors? {
      let values = scores.compactMap(path)
      return SampleMean(values.map(\.mse)).map { PixelErrors(mse: $0, psnr: SampleMean(values.compactMap(\.psnr))) }
    }
    func gain(_ path: (ReconstructionScores) -> PixelError?) -> SampleMean? {
      SampleMean(
        scores.compactMap { item in
          guard let psnr = item.pixels.psnr, let other = path(item)?.psnr else { return nil }
          return psnr - other
        })
    }
    guard let loss = SampleMean(scores.map(\.loss)), let pixels = errors({ $0.pixels }),
      let meanColor = errors({ $0.meanColor })
    else { preconditionFailure("a summary needs an image") }
    self.loss = loss
    self.pixels = pixels
    self.meanColor = meanColor
    patchMean = errors { $0.patchMean }
    self.gain = gain { $0.meanColor }
    gainOverPatchMean = gain { $0.patchMean }
  }
}

/// The mean of a sample and how far it may be off.
public struct SampleMean: Sendable, Hashable, Codable {
  /// The mean.
  public var mean: Double
  /// Deviation (unbiased) over √n; absent for a single value.
  public var standardError: Double?

  /// The mean of some values; nil for none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    self.mean = mean
    guard values.count > 1 else { return }
    standardError = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1) / n).squareRoot()
  }

  /// In decibels, with its error.
  var decibels: String { text("%.1f") + " dB" }

  /// The mean and its error, each in a format.
  func text(_ format: String) -> String {
    String(format: format, mean) + (standardError.map { " ± " + String(format: format, $0) } ?? "")
  }
}
