/// How samples between pixels are found when an image is resized.
public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
  /// Cubic convolution with a = −0.5, antialiased as Pillow does it.
  case bicubic
  /// A triangle, antialiased as Pillow does it.
  case bilinear
  /// A windowed sinc of three lobes, antialiased as Pillow does it.
  case lanczos
  /// The mean of the pixels that a target covers, each wholly or not at all, as Pillow does it.
  case box
  /// Hamming's window on a sinc of one lobe, antialiased as Pillow does it.
  case hamming
  /// The pixel under the target's centre, as Pillow does it.
  case nearest
  /// Between the two nearest pixels, without antialiasing, as OpenCV does it; halving both sides takes the mean of four pixels.
  case opencvBilinear = "opencv-bilinear"
  /// Cubic convolution with a = −0.75 over the four nearest pixels, without antialiasing, as OpenCV does it.
  case opencvBicubic = "opencv-bicubic"
}
