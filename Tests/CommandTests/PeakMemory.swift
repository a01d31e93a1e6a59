import Foundation

/// A run of the program and the most memory that it held.
struct PeakMemory {
  /// The exit status; nil when a signal ended it.
  let status: Int32?
  /// Bytes resident at the worst moment.
  let bytes: Int
  /// What it said on standard error.
  let errors: String

  /// Runs the program to its end.
  init(_ arguments: [String], in folder: TemporaryFolder) throws {
    let errorPath = folder.path("errors-\(UInt64.random(in: 0 ... .max))")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
    // Without these the memory would depend on the number of cores, and a crash would take seconds to tell.
    let environment = [
      "OPENBLAS_NUM_THREADS=1", "MALLOC_ARENA_MAX=2", "SWIFT_BACKTRACE=enable=no", "PATH=/usr/bin:/bin",
    ]
    var pointers = ([Program.path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in pointers + variables { free(pointer) } }
    var process = pid_t()
    guard posix_spawn(&process, Program.path, &actions, nil, &pointers, &variables) == 0 else {
      throw Failure(what: "\(Program.path) cannot be started")
    }
    // The kernel's own account of a finished child begins at its parent's peak, so the child is watched while it lives: its
    // high-water mark only rises, and what is missed is what it takes in its last milliseconds.
    var state: Int32 = 0
    var (highest, looks) = (0, 0)
    while true {
      highest = max(highest, Self.highWaterMark(of: process) ?? 0)
      let ended = waitpid(process, &state, WNOHANG)
      if ended == process { break }
      guard ended == 0 || errno == EINTR else { throw Failure(what: "the program was lost") }
      looks += 1
      // Short runs are looked at closely; in long ones a high-water mark is not missed.
      usleep(looks < 50 ? 1000 : 5000)
    }
    // The low seven bits hold the signal, the next byte the exit status.
    status = state & 0x7F == 0 ? state >> 8 & 0xFF : nil
    bytes = highest
    errors = String(
      decoding: try folder.bytes(errorPath.split(separator: "/").last.map(String.init) ?? ""), as: UTF8.self)
  }

  /// Bytes resident at the worst moment so far; nil when the process is over.
  private static func highWaterMark(of process: pid_t) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) }.map { $0 << 10 }
  }

  struct Failure: Error {
    let what: String
  }
}
