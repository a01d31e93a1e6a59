internal import Foundation

/// Amounts of memory for people.
enum ByteCount {
  /// With two or three digits, in units of 1000.
  static func words(_ bytes: Int) -> String {
    switch bytes {
    case ..<1_000_000: "\((bytes + 999) / 1000) kB"
    case ..<1_000_000_000: "\((bytes + 999_999) / 1_000_000) MB"
    default: String(format: "%.1f GB", Double(bytes) / 1e9)
    }
  }
}
