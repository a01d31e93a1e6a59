internal import Foundation

/// What a process can tell of the machine it runs on.
enum Machine {
  /// The machine's name as it knows it, without asking a name server.
  static var name: String { text(of: "/proc/sys/kernel/hostname") ?? "an unnamed machine" }

  /// The cores that this process may run on, as the system lists them ("0-3,8"); empty where it does not say.
  static var allowedCores: String {
    let status = text(of: "/proc/self/status")?.split(separator: "\n") ?? []
    return status.first { $0.hasPrefix("Cpus_allowed_list:") }.map(String.init) ?? ""
  }

  private static func text(of path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
