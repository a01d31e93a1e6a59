public import VisionTransformers

/// The images behind a result.
public struct ImagesUsed: Sendable, Hashable, Codable {
  /// How many were used.
  public var count: Int
  /// SHA-256 over the digests of the files (or of the batch's rows) in the order used.
  public var digest: String
  /// Images that could not be read, with the reason.
  public var skipped: [String]?
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
