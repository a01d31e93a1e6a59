internal import Dispatch
internal import Synchronization

/// Runs `second` on another thread while `first` runs on this one.
func inParallel<First, Second: Sendable>(
  _ first: () throws -> First, and second: @escaping @Sendable () throws -> Second
) throws -> (First, Second) {
  let outcome = Mutex<Result<Second, any Error>?>(nil)
  let group = DispatchGroup()
  DispatchQueue.global().async(group: group) {
    let value = Result { try second() }
    outcome.withLock { $0 = value }
  }
  let value = Result { try first() }
  group.wait()
  guard let other = outcome.withLock({ $0 }) else { preconditionFailure("the second task left no result") }
  return (try value.get(), try other.get())
}
