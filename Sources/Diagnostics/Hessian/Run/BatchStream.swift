internal import Digests
internal import Images

/// The images of batches, one batch after the other, every batch of the same size.
///
/// Batches are disjoint while the images last; then all are used again in another order that the seed decides. An image that cannot be
/// read is left out, and the next takes its place.
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
  private let preprocessing: Preprocessing
  private let augmenter: ImageAugmenter?
  private let pixelCount: Int
  private let size: Int
  private let seed: UInt64
  private var order: [Int]
  private var place = 0
  private var round: UInt64 = 0
  private var batch = 0
  /// The images that batches had so far.
  private(set) var used: Set<Int> = []
  private var unusable: Set<Int> = []
  /// Why images were left out, in the order of their discovery.
  private(set) var skipped: [String] = []

  init(
    _ imageSet: ImageSet, _ preprocessing: Preprocessing, _ augmenter: ImageAugmenter?, pixels: Int, size: Int,
    seed: UInt64
  ) {
    self.imageSet = imageSet
    self.preprocessing = preprocessing
    self.augmenter = augmenter
    pixelCount = pixels
    self.size = size
    self.seed = seed
    order = Array(0..<imageSet.count)
  }

  /// The next batch.
  ///
  /// - Throws: `LossInputError.fewImages` where fewer images than a batch needs can be used.
  mutating func next() throws(LossInputError) -> Batch {
    var result = Batch()
    result.pixels.reserveCapacity(size * pixelCount)
    while result.indices.count < size {
      guard imageSet.count - unusable.count >= size else {
        throw .fewImages(usable: imageSet.count - unusable.count, batchSize: size, skipped: skipped)
      }
      if place == order.count { startOver() }
      let index = order[place]
      place += 1
      guard !unusable.contains(index), !result.indices.contains(index) else { continue }
      do throws(ImageError) {
        let digest = try append(index, to: &result.pixels)
        result.sharesImages = result.sharesImages || used.contains(index)
        result.indices.append(index)
        result.digests.append(digest)
      } catch {
        unusable.insert(index)
        skipped.append(error.description)
      }
    }
    used.formUnion(result.indices)
    batch += 1
    return result
  }

  private mutating func startOver() {
    round += 1
    var random = RandomStream(0x6261_7463_6865_7300, seed, round)
    order = random.permutation(of: order.count)
    place = 0
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
