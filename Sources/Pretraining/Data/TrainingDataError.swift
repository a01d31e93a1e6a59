/// What can be wrong with the images to train on.
public enum TrainingDataError: Error, Sendable, Hashable {
  /// An epoch would have no batch at all.
  case fewerThanABatch(count: Int, batchSize: Int, data: String)
}

extension TrainingDataError: CustomStringConvertible {
  /// What is wrong, with which images, and what to do next.
  public var description: String {
    switch self {
    case .fewerThanABatch(let count, let batchSize, let data):
      "\(data): \(count) images do not fill one batch of \(batchSize); give more images or a smaller --batch-size"
    }
  }
}
