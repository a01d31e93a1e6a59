internal import Foundation

/// What this machine can still give.
enum SystemMemory {
  /// Bytes that a new demand may take without swapping: what the kernel calls available, and no more than what is left of the
  /// control group's limit.
  static var available: Int {
    let machine = kilobytes("MemAvailable", in: "/proc/meminfo") ?? Int(ProcessInfo.processInfo.physicalMemory)
    guard let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") else {
      return machine
    }
    // Cached files count as used, but give way.
    let cached = bytes("inactive_file", in: "/sys/fs/cgroup/memory.stat") ?? 0
    return min(machine, max(0, limit - used + cached))
  }

  private static func kilobytes(_ key: String, in file: String) -> Int? { value(key, in: file).map { $0 * 1024 } }

  private static func bytes(_ key: String, in file: String) -> Int? { value(key, in: file) }

  private static func value(_ key: String, in file: String) -> Int? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" }
      if words.count >= 2, words[0] == key { return Int(words[1]) }
    }
    return nil
  }

  private static func number(_ file: String) -> Int? {
    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
