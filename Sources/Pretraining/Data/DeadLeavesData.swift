public import Images

/// Pictures of `DeadLeaves`, made when they are asked for.
///
/// The class of a picture is the texture of the leaf of which most is visible; ten classes, each equally often.
public struct DeadLeavesData: TrainingData {
  /// How many pictures an epoch has.
  public let count: Int
  /// Side of the square that the model sees, in pixels.
  public var imageSize: Int { augmenter.imageSize }
  /// The names of the texture families.
  public var classes: [String]? { TextureFamily.allCases.map(\.rawValue) }
  /// How many pictures of which seed.
  public var description: String { "\(count) dead-leaves pictures of seed \(leaves.seed)" }

  private let leaves: DeadLeaves
  private let augmenter: ImageAugmenter

  /// Pictures 0 ..< `count` of a seed, 8/7 of the model's square in size, as photographs are for a centre crop.
  ///
  /// - Parameters:
  ///   - count: How many pictures, 1 or more; they take no memory.
  ///   - imageSize: Side of the square that the model sees, in pixels.
  ///   - augmentation: What happens to them at random.
  ///   - seed: Decides on crops and mirroring.
  ///   - pictureSeed: Decides on the pictures, so that runs of different seeds can see the same ones.
  ///   - normalization: Mean and deviation per channel.
  public init(
    count: Int, imageSize: Int, augmentation: Augmentation, seed: UInt64, pictureSeed: UInt64 = 0,
    normalization: Normalization = .imagenet
  ) {
    precondition(count > 0, "an epoch has at least one picture")
    self.count = count
    leaves = DeadLeaves(seed: pictureSeed, side: ImageAugmenter.sourceSide(imageSize: imageSize))
    augmenter = ImageAugmenter(
      imageSize: imageSize, augmentation: augmentation, seed: seed, normalization: normalization)
  }

  /// The pictures `indices` as epoch `epoch` sees them: half a millisecond each at 56 pixels.
  public func batch(_ indices: [Int], epoch: Int) -> TrainingBatch {
    var batch = TrainingBatch(images: [], labels: [])
    batch.images.reserveCapacity(indices.count * 3 * imageSize * imageSize)
    for index in indices {
      let picture = leaves.picture(index)
      augmenter.append(picture.raster, index: index, epoch: epoch, to: &batch.images)
      batch.labels.append(picture.family.classIndex)
    }
    return batch
  }
}
