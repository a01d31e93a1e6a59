internal import Spectra

/// What the images' profiles of one layer come to, and on request each of them.
struct LayerProfiles: Sendable {
  private(set) var statistics: ProfileStatistics
  /// By image, then band, in the order of the images; nil unless they are kept.
  private(set) var images: [[Double]]?

  /// Profiles of no image yet, of `bandCount` values each.
  init(bandCount: Int, keepsImages: Bool) {
    statistics = ProfileStatistics(bandCount: bandCount)
    images = keepsImages ? [] : nil
  }

  /// Adds the next image's profile.
  mutating func add(_ profile: [Double]) {
    statistics.add(profile)
    images?.append(profile)
  }

  /// The layer of a result; needs at least one profile.
  func layer(named name: String) -> FrequencyLayer {
    FrequencyLayer(
      layer: name, logAmplitude: statistics.mean, relativeLogAmplitude: statistics.relativeMean,
      standardError: statistics.standardError, relativeStandardError: statistics.relativeStandardError,
      imageLogAmplitude: images)
  }
}
