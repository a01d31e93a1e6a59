internal import Synchronization

/// Counts the values that buffers hold, now and at most: lets a test see what an algorithm promises to need.
///
/// Buffers that come into being within `MemoryLedger.$current.withValue(ledger) { … }` are counted until their end.
final class MemoryLedger: Sendable {
  @TaskLocal static var current: MemoryLedger?

  private let values = Mutex((now: 0, most: 0))

  /// Values held now.
  var now: Int { values.withLock { $0.now } }
  /// The most that were held at the same time.
  var most: Int { values.withLock { $0.most } }

  func add(_ count: Int) {
    values.withLock {
      $0.now += count
      $0.most = max($0.most, $0.now)
    }
  }
}
