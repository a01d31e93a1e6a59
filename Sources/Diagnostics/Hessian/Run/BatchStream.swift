internal import Digests
internal import Images

/// The images of batches, one batch after the other, every batch of the same size.
///
/// Batches are disjoint while the images last; then all are used again in another order that the seed decides. An image that cannot be
/// read is left out, and the next takes its place, one in reserve where the others are spent.
struct BatchStream {
  /// A batch's images.
  struct Batch {
    /// Shape [N, 3, height, width].
    var pixels: [Float] = []
    /// Which images of the set.
    var indices: [Int] = []
    /// Of their files or rows.
    var digests: [SHA256Digest] = []
    /// Whether an earlier batch had one of them.
    var sharesImages = false
  }

  private let imageSet: ImageSet
  private let limit: Int
  private let preprocessing: Preprocessing
  private let augmenter: ImageAugmenter?
  private let pixelCount: Int
  private let size: Int
  private let seed: UInt64
  /// The image to try next while more may be used.
  private var candidate = 0
  /// The order in which images are used again, and the next place in it.
  private var order: [Int] = []
  private var place = 0
  private var round: UInt64 = 0
  private var batch = 0
  /// The images that batches had so far, in the order of their first use.
  private(set) var used: [Int] = []
  /// Why images were left out, in the order of their discovery.
  private(set) var skipped: [String] = []

  /// A stream of batches of `size` images.
  ///
  /// - Parameters:
  ///   - imageSet: The images, those in reserve behind the others.
  ///   - limit: At most so many are used.
  ///   - preprocessing: What image files go through.
  ///   - augmenter: What happens at random instead; nil for nothing.
  ///   - pixels: Values of an image.
  ///   - size: Images of a batch.
  ///   - seed: Decides on the order in which images are used again.
  init(
    _ imageSet: ImageSet, limit: Int, _ preprocessing: Preprocessing, _ augmenter: ImageAugmenter?, pixels: Int,
    size: Int, seed: UInt64
  ) {
    self.imageSet = imageSet
    self.limit = limit
    self.preprocessing = preprocessing
    self.augmenter = augmenter
    pixelCount = pixels
    self.size = size
    self.seed = seed
  }

  /// The next batch.
  ///
  /// - Throws: `LossInputError.fewImages` where fewer images than a batch needs can be used.
  mutating func next() throws(LossInputError) -> Batch {
    var result = Batch()
    result.pixels.reserveCapacity(size * pixelCount)
    while result.indices.count < size {
      if used.count < limit, candidate < imageSet.count {
        candidate += 1
        if take(candidate - 1, into: &result) { used.append(candidate - 1) }
        continue
      }
      guard used.count >= size else {
        throw .fewImages(usable: used.count, batchSize: size, skipped: skipped)
      }
      let again = nextAgain()
      guard !result.indices.contains(again), take(again, into: &result) else { continue }
      result.sharesImages = true
    }
    batch += 1
    return result
  }

  /// The next of the images that were all used before.
  private mutating func nextAgain() -> Int {
    if place == order.count {
      round += 1
      var random = RandomStream(0x6261_7463_6865_7300, seed, round)
      order = random.permutation(of: used.count).map { used[$0] }
      place = 0
    }
    place += 1
    return order[place - 1]
  }

  /// Appends an image to a batch; false, with the reason noted, where it cannot be read.
  private mutating func take(_ index: Int, into batch: inout Batch) -> Bool {
    do throws(ImageError) {
      batch.digests.append(try append(index, to: &batch.pixels))
      batch.indices.append(index)
      return true
    } catch {
      skipped.append(error.description)
      used.removeAll { $0 == index }
      return false
    }
  }

  private func append(_ index: Int, to values: inout [Float]) throws(ImageError) -> SHA256Digest {
    if let augmenter {
      let (image, digest) = try imageSet.decoded(index)
      augmenter.append(image, index: imageSet.candidateIndex(of: index), epoch: batch, to: &values)
      return digest
    }
    var image = [Float](repeating: 0, count: pixelCount)
    var span = image.mutableSpan
    let digest = try imageSet.load(index, preprocessing: preprocessing, into: &span)
    values += image
    return digest
  }
}
