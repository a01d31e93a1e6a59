internal import Foundation

/// What this machine has of memory, and what it can still give: limits of containers count, those of the groups above them, and
/// `ulimit -v`.
///
/// Everything that refuses or plans by memory asks here.
public struct SystemMemory: Sendable, Hashable {
  /// Bytes that this process could have if nothing else ran: the machine's, a control group's limit, or that of its address space.
  public private(set) var total: Int
  /// Bytes that a new demand may take without swapping: what the kernel calls available, and no more than what is left of the limits.
  public private(set) var available: Int

  /// As things stand; reads a few files of the kernel, some tens of microseconds.
  public static var now: SystemMemory { SystemMemory(below: "/") }

  /// What the files of the kernel say that lie below a folder, `/` but for tests.
  package init(below root: String) {
    let files = KernelFiles(root: root)
    total = files.bytes("MemTotal", in: "proc/meminfo") ?? Int(ProcessInfo.processInfo.physicalMemory)
    available = files.bytes("MemAvailable", in: "proc/meminfo") ?? total
    for folder in files.controlGroups {
      // The names of version 2 and, behind them, of version 1.
      for names in [
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
      ] {
        guard let limit = files.number("\(folder)/\(names.0)"), let used = files.number("\(folder)/\(names.1)") else {
          continue
        }
        // Cached files count as used, but give way.
        limited(to: limit, used: used - (files.bytes(names.2, in: "\(folder)/memory.stat") ?? 0))
      }
    }
    if let limit = files.addressSpace, let used = files.bytes("VmSize", in: "proc/self/status") {
      // Stacks, and what allocators reserve for each thread and never touch: 64 MB a thread with glibc.
      limited(to: limit, used: used + 256 << 20)
    }
  }

  private mutating func limited(to limit: Int, used: Int) {
    total = min(total, limit)
    available = min(available, max(0, limit - used))
  }
}

/// Files in which the kernel tells numbers.
private struct KernelFiles {
  let root: String

  /// The folders of this process' control groups for memory and of those above them, within which it counts, too.
  var controlGroups: [String] {
    var folders: Set<String> = []
    // A container sees its own group as the root, whatever the path says.
    for line in (text("proc/self/cgroup") ?? "0::/\n0:memory:/").split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let bases =
        fields[1].isEmpty
        ? ["sys/fs/cgroup", "sys/fs/cgroup/unified"]
        : fields[1].split(separator: ",").contains("memory") ? ["sys/fs/cgroup/memory"] : []
      var path = fields[2].split(separator: "/")
      for base in bases { folders.insert(base) }
      while !path.isEmpty {
        for base in bases { folders.insert("\(base)/\(path.joined(separator: "/"))") }
        path.removeLast()
      }
    }
    return folders.sorted()
  }

  /// The limit of `ulimit -v`; nil for none.
  var addressSpace: Int? {
    let prefix = "Max address space"
    let line = text("proc/self/limits")?.split(separator: "\n").first { $0.hasPrefix(prefix) }
    return line?.dropFirst(prefix.count).split(separator: " ").first.flatMap { Int($0) }
  }

  /// The number behind a word at the start of a line, times 1024 where its unit is kB.
  func bytes(_ key: String, in file: String) -> Int? {
    for line in text(file)?.split(separator: "\n") ?? [] {
      let words = line.split { $0 == " " || $0 == ":" || $0 == "\t" }
      guard words.count >= 2, words[0] == key, let number = Int(words[1]) else { continue }
      return words.count > 2 && words[2] == "kB" ? number * 1024 : number
    }
    return nil
  }

  /// A file that holds a number; nil for `max`.
  func number(_ file: String) -> Int? {
    text(file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private func text(_ file: String) -> String? {
    try? String(contentsOfFile: root.hasSuffix("/") ? root + file : "\(root)/\(file)", encoding: .utf8)
  }
}
