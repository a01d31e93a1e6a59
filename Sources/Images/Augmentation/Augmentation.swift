/// What happens at random to an image before the model sees it.
public enum Augmentation: String, Sendable, Hashable, Codable, CaseIterable {
  /// A part of 20 to 100 % of the image, up to a third wider or higher than square, resized to the square (bicubic),
  /// and mirrored every second time: MAE's.
  case randomResizedCrop = "random-resized-crop"
  /// The short side resized to that of the square (bilinear), four pixels added around by reflection, a square cut out
  /// anywhere, and mirrored every second time: PixMIM's and MFF's.
  case simpleResizedCrop = "simple-resized-crop"
  /// Nothing at random: the short side resized to 8/7 of the square (bicubic) and the centre cut out, as for evaluation.
  case none
}
