/// The images that a loss is taken over, and what the objective needs beside them.
public struct LossBatch: Sendable {
  /// Normalised images, shape [N, 3, height, width].
  public var images: [Float]
  /// Patches to remove, shape [N, L], true for removed; empty for objectives that remove none.
  public var masks: [[Bool]]
  /// A teacher's features of every patch, shape [N, L, C]; empty when no objective wants them.
  public var features: [Float]
  /// The same in double precision, for products in it; empty where they are not known so.
  public var exactFeatures: [Double] = []
  /// The class of each image; empty when no objective wants it.
  public var labels: [Int]

  /// A batch with what its objective needs.
  public init(images: [Float], masks: [[Bool]] = [], features: [Float] = [], labels: [Int] = []) {
    self.images = images
    self.masks = masks
    self.features = features
    self.labels = labels
  }
}

/// Some neighbouring images of a batch, as a program sees them.
struct BatchPart: Sendable {
  let batch: LossBatch
  /// Indices of its images within the batch.
  let images: Range<Int>
  let architecture: Architecture
  let routing: TokenRouting
  /// Visible patches of each image of the part, ascending.
  let visible: [[Int]]
  /// Number of removed patches of the whole batch.
  let batchMasked: Double
  /// Number of images of the whole batch.
  let batchImages: Int
}
