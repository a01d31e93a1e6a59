public import Images

/// What can be wrong with the images to train on.
public enum TrainingDataError: Error, Sendable, Hashable {
  /// Images could not be found.
  case image(ImageError)
  /// An epoch would have no batch at all.
  case fewerThanABatch(count: Int, batchSize: Int, data: String)
  /// A preprocessed batch holds images of another size than the model sees.
  case batchSize(path: String, size: [Int], imageSize: Int)
  /// A preprocessed batch is used as it is.
  case augmentedBatch(path: String, augmentation: Augmentation)
  /// Not a single image can be read.
  case noneReadable(data: String, last: ImageError?)
  /// Supervised training needs at least two classes.
  case noClasses(data: String, example: String?)
}

extension TrainingDataError: CustomStringConvertible {
  /// What is wrong, with which images, and what to do next.
  public var description: String {
    switch self {
    case .image(let error):
      error.description
    case .fewerThanABatch(let count, let batchSize, let data):
      "\(data): \(count) images do not fill one batch of \(batchSize); give more images or a smaller --batch-size"
    case .batchSize(let path, let size, let imageSize):
      "\(path): the images are of \(size.map(String.init).joined(separator: "×")), the model sees "
        + "\(imageSize)×\(imageSize); give --image-size, or write the batch again"
    case .augmentedBatch(let path, let augmentation):
      "\(path): preprocessed images are used as they are and cannot go through \(augmentation.rawValue); give "
        + "--augmentation none, or image files"
    case .noneReadable(let data, let last):
      "\(data): not one can be read" + (last.map { "; the last one: \($0)" } ?? "; the reasons were given above")
    case .noClasses(let data, let example):
      "\(data): supervised training needs images of two classes or more, in a sub-folder for each class"
        + (example.map { ", but \($0) lies in none" } ?? "")
    }
  }
}

extension TrainingData {
  /// The classes, for an objective that needs them.
  ///
  /// - Throws: `TrainingDataError.noClasses` when there are fewer than two.
  public func requiredClasses() throws(TrainingDataError) -> [String] {
    guard let classes, classes.count > 1 else {
      throw .noClasses(data: description, example: (self as? ImageFolderData)?.imageWithoutClass)
    }
    return classes
  }
}
