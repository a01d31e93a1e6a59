internal import Foundation

/// What drafts are called: hidden, of bounded length (the file's own name may already be as long as the system allows), and telling
/// which machine made them.
enum DraftName {
  private static let start = ".mff-inspect-"
  private static let end = ".partial"

  /// The name of a draft of this process.
  static func make(serial: Int) -> String { "\(start)\(host)-\(getpid())-\(serial)\(end)" }

  /// Whether a file is a draft.
  static func isDraft(_ name: String) -> Bool { name.hasPrefix(start) && name.hasSuffix(end) }

  /// Whether a draft was made on a machine of this one's name.
  static func isOfThisHost(_ name: String) -> Bool { name.hasPrefix("\(start)\(host)-") }

  /// The machine's name in eight letters (FNV-1a).
  private static let host: String = {
    var name = [CChar](repeating: 0, count: 256)
    _ = unsafe gethostname(&name, name.count - 1)
    let hash = name.prefix { $0 != 0 }.reduce(UInt32(2_166_136_261)) {
      ($0 ^ UInt32(UInt8(bitPattern: $1))) &* 16_777_619
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }()
}
