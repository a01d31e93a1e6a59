/// Ends the process, with the reason, where a reader broke its word; `precondition` keeps the reason to itself in release builds.
func promise(_ isKept: Bool, _ reason: @autoclosure () -> String) {
  if !isKept { fatalError(reason()) }
}

/// What every message promises: what is wrong, in which file, and what to do next, in a length that no file chooses.
enum ErrorPromise {
  private static let lengthLimit = 6000

  static func check(_ message: String, names path: String) {
    promise(message.hasPrefix(path), "a message without its file: \(message)")
    promise(message.utf8.count <= lengthLimit, "a message of \(message.utf8.count) bytes: \(message)")
    promise(message.contains(";"), "a message without advice: \(message)")
  }
}
