/// What `reconstruct` found: images as each checkpoint reconstructs them, and how well.
public struct ReconstructionResult: Sendable, Hashable, Codable {
  /// Always `reconstruct`.
  public var command = "reconstruct"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The seed that chose images and masks.
  public var seed: UInt64
  /// The matrix kernel that multiplied, by OpenBLAS' name.
  public var kernel: String?
  /// The images.
  public var images: ImagesUsed
  /// How the numbers were made.
  public var settings: ReconstructionSettings
  /// A result for each checkpoint, in the order given.
  public var models: [ReconstructionModel]
  /// What neither files nor options told, and changes the numbers; absent for nothing.
  public var assumed: [AssumedValue]?
  /// How the command drew it.
  public var drawing: DrawingSettings?

  /// How many images are shown at most, and have their pictures in the result; all have their numbers.
  public static let mostPictures = 16
}

/// What besides checkpoints and images decides the numbers.
public struct ReconstructionSettings: Sendable, Hashable, Codable {
  /// Share of the resized short side that the centre crop keeps; absent for images that came normalised.
  public var cropPct: Double?
  /// Images a batch.
  public var batchSize: Int
  /// Processor cores used.
  public var threads: Int
  /// The file of masks; absent for masks drawn by the seed.
  public var masks: String?
  /// SHA-256 of its tensor.
  public var masksDigest: String?
}

/// The reconstructions of one checkpoint.
public struct ReconstructionModel: Sendable, Hashable {
  /// Which checkpoint; the digest is over encoder and decoder.
  public var checkpoint: CheckpointIdentity
  /// How, and how well.
  public var details: Details

  /// What is written beside the checkpoint's fields.
  public struct Details: Sendable, Hashable, Codable {
    /// Wall time of the forward passes.
    public var seconds: Double
    /// Height and width of the images as the model saw them.
    public var imageSize: [Int]
    /// Rows and columns of patches.
    public var grid: [Int]
    /// The normalisation of pixels, by name, that pictures are brought back from.
    public var normalize: String
    /// Always `pixels`.
    public var objective = "pixels"
    /// Whether the model predicts patches normalised one by one, which pictures show with the true patches' mean and deviation.
    public var normPixels: Bool
    /// Who says so.
    public var normPixelsSource: String
    /// The share of patches to remove; as patches are whole, `removedPatches` of them are.
    public var maskRatio: Double
    /// Who says so.
    public var maskRatioSource: String
    /// How many patches of each image are removed.
    public var removedPatches: Int
    /// The images, in the order used.
    public var images: [ReconstructedImage]
    /// Means over them.
    public var summary: ReconstructionSummary
  }
}

/// One image.
public struct ReconstructedImage: Sendable, Hashable, Codable {
  /// The file, or batch and row.
  public var name: String
  /// Indices of the removed patches, row-major on the grid.
  public var removed: [Int]
  /// How well they are reconstructed.
  public var scores: ReconstructionScores
  /// The input as a PNG in base64; absent where the first checkpoint has the same, and beyond the images shown.
  public var input: String?
  /// What the model predicts for every patch, as a PNG in base64; absent beyond the images shown.
  public var predicted: String?
}

extension ReconstructionModel: Codable {
  /// Writes the checkpoint's fields beside the others, as one object.
  public func encode(to encoder: any Encoder) throws {
    try checkpoint.encode(to: encoder)
    try details.encode(to: encoder)
  }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    checkpoint = try CheckpointIdentity(from: decoder)
    details = try Details(from: decoder)
  }
}
