internal import Foundation

/// Durations for people.
enum DurationWords {
  static func words(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: "a second"
    case ..<100: "\(Int(seconds.rounded(.up))) s"
    case ..<6000: "\(Int((seconds / 60).rounded(.up))) min"
    default: String(format: "%.1f h", seconds / 3600)
    }
  }
}
