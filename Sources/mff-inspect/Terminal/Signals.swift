import Foundation
import OutputFiles
import Synchronization

/// An interruption that was held back ends what is being computed.
struct Interruption: Error {}

/// What the program does when the system or the user interrupts it.
enum Signals {
  /// The end of the pipe that the handler may write to; set once, before the handler can run.
  nonisolated(unsafe) private static var pipeEnd: Int32 = -1

  /// What a command has to know of interruptions.
  private struct Holding {
    /// Whether the command ends by itself when it is interrupted.
    var isHeldBack = false
    /// The signal that came first.
    var first: Int32?
  }

  private static let holding = Mutex(Holding())

  /// From now on the first interruption only sets `isInterrupted`; the second ends the program as ever.
  static func holdBack() { holding.withLock { $0.isHeldBack = true } }

  /// Whether an interruption was held back.
  static var isInterrupted: Bool { holding.withLock { $0.first != nil } }

  /// Ends the program by the signal that was held back, if there was one.
  static func obey() {
    guard let number = holding.withLock({ $0.first }) else { return }
    end(by: number)
  }

  /// Ends the program by a signal, without drafts.
  static func end(by number: Int32) {
    AtomicFile.abandonDrafts()
    signal(number, SIG_DFL)
    kill(getpid(), number)
  }

  /// Makes every way of ending leave the files whole.
  ///
  /// Call once, before anything else.
  static func prepare() {
    reserveStandardDescriptors()
    // A file that grows over the limit of `ulimit -f` shall be an error of `write`, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    // So shall a pipe that nobody reads any more: progress that nobody sees is no reason to end a run.
    signal(SIGPIPE, SIG_IGN)
    watchInterruptions()
  }

  /// Ctrl-C, `kill` and a closed terminal: unpublished drafts are removed, then the signal ends the program as it always would,
  /// so that a shell sees 130 after Ctrl-C.
  private static func watchInterruptions() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return }
    let readEnd = ends[0]
    unsafe pipeEnd = ends[1]
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // A handler may only call what is safe in signals: it wakes the thread below.
      let previous = signal(number) { number in
        let reason = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = unsafe write(Signals.pipeEnd, &byte, 1)
        errno = reason
      }
      // `nohup` and a shell's background jobs ignore some of them, and that shall stay.
      if unsafe unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
    unblock([SIGINT, SIGTERM, SIGHUP])
    Thread.detachNewThread {
      while true {
        var byte: UInt8 = 0
        while unsafe read(readEnd, &byte, 1) != 1 {}
        let waits = holding.withLock { state in
          guard state.isHeldBack, state.first == nil else { return false }
          state.first = Int32(byte)
          return true
        }
        if waits { continue }
        if isatty(STDERR_FILENO) == 1 { writeUnchecked("\n") }
        end(by: Int32(byte))
      }
    }
  }

  /// A parent with threads of its own may have started us with these signals blocked, which a child inherits.
  private static func unblock(_ signals: [Int32]) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in signals { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Opens what the caller closed of descriptors 0, 1 and 2: no file of ours shall get such a number and with it our messages.
  ///
  /// Opened for reading alone, 1 and 2 still refuse what is written to them.
  private static func reserveStandardDescriptors() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", O_RDONLY)
    }
  }
}
