import Foundation

/// Remarks and progress on standard error; results never go here.
final class Console {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var hasProgressLine = false
  private let start = ContinuousClock.now
  private var lastUpdate: ContinuousClock.Instant?

  init(quiet: Bool) { isQuiet = quiet }

  /// A line for people.
  func remark(_ text: String) {
    guard !isQuiet else { return }
    clearProgress()
    write(text + "\n")
  }

  /// A line that matters even with --quiet.
  func warn(_ text: String) {
    clearProgress()
    write("warning: " + text + "\n")
  }

  /// How far the work is; drawn only on a terminal, after two seconds, at most ten times a second.
  func progress(_ label: String, done: Int, count: Int, since start: ContinuousClock.Instant, unit: String) {
    guard !isQuiet, isTerminal, done > 0 else { return }
    let now = ContinuousClock.now
    let elapsed = seconds(now - start)
    guard elapsed > 2, lastUpdate.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
    lastUpdate = now
    let rate = Double(done) / elapsed
    let left = Double(count - done) / rate
    write("\r\u{1B}[K\(label): \(done) of \(count) \(unit), \(String(format: "%.1f", rate)) \(unit)/s, \(time(left)) left")
    hasProgressLine = true
  }

  /// Takes the progress line away.
  func clearProgress() {
    guard hasProgressLine else { return }
    write("\r\u{1B}[K")
    hasProgressLine = false
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private func time(_ seconds: Double) -> String {
    let s = Int(seconds.rounded(.up))
    return s < 60 ? "\(s) s" : s < 3600 ? "\(s / 60) min \(s % 60) s" : "\(s / 3600) h \(s / 60 % 60) min"
  }
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Writes to standard output; an error there (a closed pipe, a full disk) ends the command.
func printResult(_ bytes: [UInt8]) throws {
  try FileHandle.standardOutput.write(contentsOf: Data(bytes))
}
