/// Images as a model sees them in one step, with their classes.
public struct TrainingBatch: Sendable {
  /// Normalised values, shape [N, 3, S, S].
  public var images: [Float]
  /// The class of each image, an index into the data's `classes`; empty when there are none.
  public var labels: [Int]

  /// A batch of images and, where there are classes, one label for each.
  public init(images: [Float], labels: [Int]) {
    self.images = images
    self.labels = labels
  }
}

/// Images to train on.
public protocol TrainingData: Sendable {
  /// How many images an epoch has.
  var count: Int { get }
  /// Side S of the square that the model sees, in pixels.
  var imageSize: Int { get }
  /// The names of the classes, sorted as the labels count them; nil when the images have none.
  var classes: [String]? { get }
  /// What the images are, in a few words for people.
  var description: String { get }
  /// What tells these images from others of the same description: equal on two machines that have the same.
  var identity: String { get }

  /// The images `indices` as epoch `epoch` sees them.
  ///
  /// What is random depends on the seed of the data, the epoch and the index alone: neither on the other images of the
  /// batch nor on what was asked for before. May be called from many threads at once.
  ///
  /// - Throws: What keeps an image from being read.
  func batch(_ indices: [Int], epoch: Int) throws -> TrainingBatch
}

extension TrainingData {
  /// The description, where it tells everything.
  public var identity: String { description }
}
