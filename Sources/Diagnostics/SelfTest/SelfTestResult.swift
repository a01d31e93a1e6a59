internal import Foundation

/// What `selftest` found: whether this installation computes right on this machine.
public struct SelfTestResult: Sendable, Hashable, Codable {
  /// Always `selftest`.
  public var command = "selftest"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The seed, which nothing here depends on.
  public var seed: UInt64
  /// The matrix kernel that multiplied; absent where there is none.
  public var kernel: String?
  /// The images of the spectra; absent where these could not be computed.
  public var images: ImagesUsed?
  /// The checkpoint of the goldens; absent where it could not be read.
  public var checkpoint: CheckpointIdentity?
  /// The kernel's speed; absent where there is none.
  public var speed: KernelSpeed?
  /// What was checked, in order.
  public var checks: [SelfTestCheck]
  /// Wall time.
  public var seconds: Double

  /// Whether all is well.
  public var passed: Bool { checks.allSatisfy(\.passed) }
}

/// One thing that was checked.
public struct SelfTestCheck: Sendable, Hashable, Codable {
  /// `kernel`, `spectra`, `derivatives`, `font`, `files`, `ranks`.
  public var name: String
  /// Whether it is as it should be.
  public var passed: Bool
  /// What was found, in words.
  public var found: String
  /// What to do; absent where all is well.
  public var advice: String?
  /// The rank that found it; absent for one process.
  public var rank: Int?
}

/// The speed of matrix products on one core beside the most that the core can do.
public struct KernelSpeed: Sendable, Hashable, Codable {
  /// Billions of floating-point operations a second of square products of order 256, single precision.
  public var product: Double
  /// The same of multiplications and additions within registers, with vectors as wide as the kernel's.
  public var registers: Double
  /// The vectors, by the maker's name; absent where the kernel's are not known.
  public var instructions: String?
  /// `product` over `registers`.
  public var share: Double
  /// Seconds of processor time that loading OpenBLAS and checking its kernel took.
  public var loading: Double
}

extension SelfTestResult {
  /// The checks as a table, a line each, with what to do below those that failed.
  public var table: String {
    let width = checks.map(\.name.count).max() ?? 0
    var lines = checks.flatMap { check in
      let place = check.rank.map { " (rank \($0))" } ?? ""
      let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let line = "\(check.passed ? "ok    " : "FAILED")  \(name)  \(check.found)\(place)"
      return [line] + (check.advice.map { ["\(String(repeating: " ", count: width + 10))→ \($0)"] } ?? [])
    }
    let failed = checks.count { !$0.passed }
    lines.append(
      failed == 0
        ? "This installation computes right on this machine."
        : "\(failed) of \(checks.count) checks failed; the arrows say what to do.")
    return lines.joined(separator: "\n") + "\n"
  }
}
