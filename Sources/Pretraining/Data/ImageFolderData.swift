public import Images
internal import Synchronization

/// Image files found below folders; the sub-folder is the class.
///
/// Files are searched as everywhere in this program: recursively, sorted, links followed, hidden ones left out. The class
/// of an image is the first folder below the one that was given, as in torchvision's `ImageFolder`. An image that
/// cannot be read is reported once, and the next readable one takes its place each time, so that steps keep their size
/// and a resumed run sees the same images.
public final class ImageFolderData: TrainingData {
  /// How many images were found, the unreadable ones included.
  public var count: Int { images.count }
  /// Side of the square that the model sees, in pixels.
  public let imageSize: Int
  /// The names of the sub-folders, sorted; nil when an image lies in none.
  public let classes: [String]?
  /// How many images below which paths.
  public let description: String
  /// The digest of their names; no file is read for it.
  public let identity: String
  /// The first image that lies in no sub-folder of the paths given; nil when all images have a class.
  public let imageWithoutClass: String?

  private let images: ImageSet
  private let labels: [Int]
  private let augmenter: ImageAugmenter
  private let unreadable = Mutex(Set<Int>())
  private let report: @Sendable (ImageError) -> Void

  /// Finds images; none is decoded yet.
  ///
  /// - Parameters:
  ///   - paths: Folders and image files, or `.safetensors` batches that are preprocessed already.
  ///   - imageSize: Side of the square that the model sees, in pixels.
  ///   - augmentation: What happens to them at random; `none` for batches.
  ///   - seed: Decides on crops and mirroring, and on which images when there are more than `limit`.
  ///   - limit: At most so many images; nil for all.
  ///   - normalization: Mean and deviation per channel.
  ///   - report: Called once for each image that turns out to be unreadable, from any thread.
  /// - Throws: `TrainingDataError` when nothing is found, or batches do not fit.
  public init(
    paths: [String], imageSize: Int, augmentation: Augmentation, seed: UInt64, limit: Int? = nil,
    normalization: Normalization = .imagenet, report: @escaping @Sendable (ImageError) -> Void
  ) throws(TrainingDataError) {
    do throws(ImageError) {
      try Preprocessing(imageSize: imageSize).validate()
      images = try ImageSet(paths: paths, count: limit, seed: seed)
    } catch {
      throw .image(error)
    }
    if let size = images.preprocessedSize {
      guard size == (imageSize, imageSize) else {
        throw .batchSize(path: images.name(of: 0), size: [size.height, size.width], imageSize: imageSize)
      }
      guard augmentation == .none else {
        throw .augmentedBatch(path: images.name(of: 0), augmentation: augmentation)
      }
    }
    self.imageSize = imageSize
    self.report = report
    description = "\(images.count) images below \(paths.joined(separator: ", "))"
    identity = images.listDigest
    let found = FolderClasses(names: (0..<images.count).map(images.name), roots: paths)
    (classes, labels, imageWithoutClass) = (found.classes, found.labels, found.imageWithoutClass)
    augmenter = ImageAugmenter(
      imageSize: imageSize, augmentation: augmentation, seed: seed, normalization: normalization)
  }

  /// The images `indices` as epoch `epoch` sees them.
  ///
  /// - Throws: `TrainingDataError.noneReadable` when not a single image can be read.
  public func batch(_ indices: [Int], epoch: Int) throws(TrainingDataError) -> TrainingBatch {
    var batch = TrainingBatch(images: [], labels: [])
    batch.images.reserveCapacity(indices.count * 3 * imageSize * imageSize)
    for index in indices {
      let used = try appendFirstReadable(from: index, epoch: epoch, to: &batch.images)
      if classes != nil { batch.labels.append(labels[used]) }
    }
    return batch
  }

  /// Appends image `index`, or the first behind it that can be read, and tells which it is.
  private func appendFirstReadable(
    from index: Int, epoch: Int, to values: inout [Float]
  ) throws(TrainingDataError) -> Int {
    var last: ImageError?
    for offset in 0..<count {
      let candidate = (index + offset) % count
      if unreadable.withLock({ $0.contains(candidate) }) { continue }
      do throws(ImageError) {
        try append(candidate, epoch: epoch, to: &values)
        return candidate
      } catch {
        last = error
        if unreadable.withLock({ $0.insert(candidate).inserted }) { report(error) }
      }
    }
    throw .noneReadable(data: description, last: last)
  }

  private func append(_ index: Int, epoch: Int, to values: inout [Float]) throws(ImageError) {
    guard images.isPreprocessed else {
      return augmenter.append(try images.raster(index), index: index, epoch: epoch, to: &values)
    }
    let preprocessing = Preprocessing(imageSize: imageSize)
    var pixels = [Float](repeating: 0, count: preprocessing.valueCount)
    var span = pixels.mutableSpan
    _ = try images.load(index, preprocessing: preprocessing, into: &span)
    values += pixels
  }
}
