internal import Foundation

/// The processor cores that this process may use.
enum AvailableProcessors {
  /// The cores that the process is bound to (`taskset`, Slurm), and no more than its container's share of time: Foundation's
  /// count knows neither, and more threads than cores take turns and wait for each other.
  static var count: Int {
    let bound = text(of: "/proc/self/status").flatMap(bound(inStatus:)) ?? ProcessInfo.processInfo.activeProcessorCount
    return min(bound, text(of: "/sys/fs/cgroup/cpu.max").flatMap(quota) ?? .max)
  }

  /// The cores in the mask `Cpus_allowed` of a process' status; nil where there is none.
  static func bound(inStatus text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    let mask = line?.dropFirst("Cpus_allowed:".count).filter { $0 != "," && !$0.isWhitespace }
    guard let digits = mask?.map(\.hexDigitValue) else { return nil }
    guard digits.allSatisfy({ $0 != nil }) else { return nil }
    let count = digits.reduce(0) { $0 + ($1 ?? 0).nonzeroBitCount }
    return count > 0 ? count : nil
  }

  /// The cores that a control group's `cpu.max` ("quota period", or "max period") amounts to, rounded up; nil for no limit.
  static func quota(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else {
      return nil
    }
    return max(1, (quota - 1) / period + 1)
  }

  private static func text(of path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
