internal import Foundation

/// Amounts of memory for people.
public enum ByteCount {
  /// With two or three digits, in units of 1000.
  static func words(_ bytes: Int) -> String {
    switch bytes {
    case ..<1_000_000: "\((bytes + 999) / 1000) kB"
    case ..<1_000_000_000: "\((bytes + 999_999) / 1_000_000) MB"
    default: String(format: "%.1f GB", Double(bytes) / 1e9)
    }
  }

  /// Bytes from words like `1.5G`, `800MB`, `2GiB`, `1073741824`; nil for what is none.
  ///
  /// K, M, G and T count by 1000, Ki, Mi, Gi and Ti by 1024.
  public static func parse(_ words: String) -> Int? {
    let digits = words.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    var unit = words.dropFirst(digits.count).uppercased()
    if unit.hasSuffix("B") { unit.removeLast() }
    let isBinary = unit.hasSuffix("I")
    if isBinary { unit.removeLast() }
    guard let number = Double(digits), let power = ["": 0, "K": 1, "M": 2, "G": 3, "T": 4][unit],
      !(isBinary && power == 0)
    else { return nil }
    let base = isBinary ? 1024.0 : 1000
    return Int(exactly: (0..<power).reduce(number) { value, _ in value * base }.rounded())
  }
}
