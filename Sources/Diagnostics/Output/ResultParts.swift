internal import Digests
internal import Images
public import VisionTransformers

/// The images behind a result.
public struct ImagesUsed: Sendable, Hashable, Codable {
  /// How many were used.
  public var count: Int
  /// SHA-256 over the digests of the files (or of the batch's rows) in the order used.
  public var digest: String
  /// Images that could not be read, with the reason.
  public var skipped: [String]?
  /// How many of them are copies of others, byte for byte, which errors over images count as images of their own; absent for none.
  public var copies: Int?
}

extension ImagesUsed {
  /// Images used once each.
  ///
  /// - Parameters:
  ///   - digests: Their digests, in the order used.
  ///   - skipped: Why others could not be read.
  init(_ digests: [SHA256Digest], skipped: [String]) {
    let copies = digests.count - Set(digests).count
    self.init(
      count: digests.count, digest: ImageSet.digest(combining: digests), skipped: skipped.isEmpty ? nil : skipped,
      copies: copies > 0 ? copies : nil)
  }

  /// What copies among the images do to errors; nil where there are none.
  public var copyWarning: String? {
    copies.map { copies in
      "\(copies) of \(count) images \(copies == 1 ? "is a copy of another" : "are copies of others"), byte for byte: standard errors and "
        + "intervals, which take each for an image of its own, are too small"
    }
  }
}

/// Which checkpoint, or which file of features, a result is about.
public struct CheckpointIdentity: Sendable, Hashable, Codable {
  /// The label in figures.
  public var name: String
  /// The path as given.
  public var path: String
  /// SHA-256 over the tensors that were read: name, type, shape, bytes, in name order.
  public var digest: String
  /// How the file is laid out.
  public var container: String
  /// Whose naming it uses; absent for features, whose network is not known.
  public var dialect: String?
  /// The network's shape; absent for features.
  public var architecture: Architecture?
  /// Where each value of the architecture came from; absent for features.
  public var architectureSources: [String: String]?
}
