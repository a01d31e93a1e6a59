public import Images
internal import Synchronization

/// Images that turned out to be unreadable, until somebody says so.
///
/// Images are decoded on threads of their own, ahead of the steps; what is wrong with them is said from the thread that steps.
public final class SkippedImages: Sendable {
  private let reasons = Mutex<[String]>([])

  /// Nothing yet.
  public init() {}

  /// Notes an image that cannot be read; from any thread.
  public func note(_ error: ImageError) { reasons.withLock { $0.append("\(error)") } }

  /// What was noted since it was last asked.
  func take() -> [String] {
    reasons.withLock { reasons in
      defer { reasons = [] }
      return reasons
    }
  }
}
