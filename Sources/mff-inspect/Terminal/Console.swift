import Diagnostics
import Foundation
import Ranks

/// Remarks and progress on standard error; results never go here.
final class Console {
  let isQuiet: Bool
  /// Whether lines that only inform are left out, as where another command's work is a step of a longer one.
  private let isTerse: Bool
  /// Whether nothing is said at all: of several ranks the first speaks.
  private let isSilent = !Job.ranks.isFirst
  /// Whether standard error shows a line that changes.
  let isTerminal = isatty(STDERR_FILENO) == 1
  private var hasProgressLine = false
  private var lastUpdate: ContinuousClock.Instant?
  private var skippedImages: Set<String> = []

  init(quiet: Bool, terse: Bool = false) {
    isQuiet = quiet
    isTerse = terse
  }

  /// A line for people.
  func remark(_ text: String) {
    guard !isQuiet, !isTerse, !isSilent else { return }
    clearProgress()
    writeMessage(text)
  }

  /// A line that matters even with --quiet.
  func warn(_ text: String) {
    guard !isSilent else { return }
    clearProgress()
    writeMessage("warning: " + text)
  }

  /// An image that could not be read: said once, though each checkpoint comes upon it.
  func skip(_ reason: String) {
    if skippedImages.insert(reason).inserted { warn("image skipped: \(reason)") }
  }

  /// What failed, where the command goes on with the rest.
  func fail(_ text: String) {
    guard !isSilent else { return }
    clearProgress()
    writeMessage("Error: " + text)
  }

  /// How far the work is; drawn only on a terminal, after two seconds, at most ten times a second.
  func progress(_ label: String, done: Int, count: Int, since start: ContinuousClock.Instant, unit: String) {
    guard !isQuiet, !isSilent, isTerminal, done > 0 else { return }
    let now = ContinuousClock.now
    let elapsed = seconds(now - start)
    guard elapsed > 2, lastUpdate.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
    lastUpdate = now
    let rate = Double(done) / elapsed
    let left = Double(count - done) / rate
    let label = PrintableText.escaped(label)
    writeUnchecked(
      "\r\u{1B}[K\(label): \(done) of \(count) \(unit), \(String(format: "%.1f", rate)) \(unit)/s, \(time(left)) left")
    hasProgressLine = true
  }

  /// How far the work is, in the caller's words: the changing line of a terminal, a line of its own elsewhere.
  func progress(_ text: String) {
    guard !isQuiet, !isSilent else { return }
    guard isTerminal else { return isTerse ? () : writeMessage(text) }
    writeUnchecked("\r\u{1B}[K" + PrintableText.escaped(text).prefix(terminalWidth - 1))
    hasProgressLine = true
  }

  /// Columns of the terminal: a longer line would leave its beginning behind when it changes.
  private var terminalWidth: Int {
    var size = winsize()
    let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    return isKnown ? Int(size.ws_col) : 80
  }

  /// Takes the progress line away.
  func clearProgress() {
    guard hasProgressLine else { return }
    writeUnchecked("\r\u{1B}[K")
    hasProgressLine = false
  }

  /// A duration for people.
  func time(_ seconds: Double) -> String {
    let s = Int(seconds.rounded(.up))
    return s < 60 ? "\(s) s" : s < 3600 ? "\(s / 60) min \(s % 60) s" : "\(s / 3600) h \(s / 60 % 60) min"
  }
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// One line on standard error, whatever the text holds.
func writeMessage(_ text: String) { writeUnchecked(PrintableText.escaped(text) + "\n") }

/// Text on standard error as it is.
///
/// Where standard error is closed or full there is nobody to tell.
func writeUnchecked(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

/// Writes to standard output; an error there (a full disk) ends the command.
///
/// A reader that has seen enough, as `head` has, ends it as it ends any other program: by SIGPIPE, without a word.
func printResult(_ bytes: [UInt8]) throws(StandardOutputError) {
  var written = 0
  while written < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { raw in
      unsafe write(STDOUT_FILENO, raw.baseAddress.map { unsafe $0 + written }, raw.count - written)
    }
    if count < 0 && errno == EINTR { continue }
    if count < 0 && errno == EPIPE { Signals.end(by: SIGPIPE) }
    guard count > 0 else { throw StandardOutputError(reason: unsafe String(cString: strerror(errno))) }
    written += count
  }
}

/// Standard output took no more.
struct StandardOutputError: Error, CustomStringConvertible {
  let reason: String
  var description: String { "standard output: cannot be written (\(reason)); what it holds is not complete" }
}
