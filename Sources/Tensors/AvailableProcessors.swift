internal import Foundation

/// The processor cores that this process may use.
enum AvailableProcessors {
  /// The cores that the process is bound to (`taskset`, Slurm), and no more than its container's share of time: Foundation's
  /// count knows neither, and more threads than cores take turns and wait for each other.
  static var count: Int {
    min(bound ?? ProcessInfo.processInfo.activeProcessorCount, quota(contentsOf: "/sys/fs/cgroup/cpu.max") ?? .max)
  }

  /// The cores of the calling thread's affinity mask; nil where the system has more than a mask holds.
  static var bound: Int? {
    var mask = cpu_set_t()
    guard unsafe sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &mask) == 0 else { return nil }
    let count = unsafe withUnsafeBytes(of: mask) { bytes in unsafe bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
    return count > 0 ? count : nil
  }

  /// The cores that a control group's `cpu.max` ("quota period", or "max period") amounts to, rounded up; nil for no limit.
  static func quota(contentsOf path: String) -> Int? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return quota(String(decoding: data, as: UTF8.self))
  }

  /// The same of the file's text.
  static func quota(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
      return nil
    }
    return max(1, (quota - 1) / period + 1)
  }
}
