internal import Dispatch
internal import Foundation

/// The processor cores that one piece of work may use: the only place that decides on threads.
///
/// OpenBLAS itself always runs on the calling thread. Work is divided here, so that BLAS threads and our own never multiply.
/// What is computed does not depend on the width beyond rounding, and is bit-identical for the same width and BLAS kernel.
public struct Team: Sendable, Hashable {
  /// How many pieces run at the same time; 1 stays on the calling thread.
  public var width: Int { wantedWidth > 1 && Team.servesOneThread ? 1 : wantedWidth }

  private let wantedWidth: Int

  /// A team of the calling thread alone: for work inside work that is already divided.
  public static let single = Team(threads: 1)

  /// More cores than any machine has; a division into more members would only cost time.
  static let widest = 4096

  /// A team of `threads` cores, 1 … 4096, or of all cores that this process may use.
  ///
  /// More threads than cores take turns; what is computed is the same.
  /// With a serial build of OpenBLAS, whose concurrent calls return wrong products, the team has one member: see `servesOneThread`.
  /// Which build that is, is found out when the width is first asked for; making a team loads nothing.
  public init(threads: Int? = nil) {
    wantedWidth = min(max(1, threads ?? AvailableProcessors.count), Team.widest)
  }

  /// Whether the installed OpenBLAS was built without threads and must not be called from several at once.
  ///
  /// Debian's `libopenblas0-serial` is such a build; `libopenblas0-pthread` is the default and safe. Where there is none, whatever needs
  /// no matrix product may use all cores.
  public static let servesOneThread = (try? LoadedOpenBLAS.shared.get().functions.servesThreads) == false

  /// Calls `body(0)` … `body(count − 1)`, divided over the team in a fixed order: member m takes m, m + width, ….
  ///
  /// An empty division costs under a microsecond. Calls must not depend on each other.
  public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let members = min(width, count)
    guard members > 1 else {
      for i in 0..<count { body(i) }
      return
    }
    DispatchQueue.concurrentPerform(iterations: members) { member in
      for i in stride(from: member, to: count, by: members) { body(i) }
    }
  }

  /// Cuts `0 ..< count` into at most `width` runs of nearly equal length, each a multiple of `grain` but the last.
  public func runs(of count: Int, grain: Int = 1) -> [Range<Int>] {
    Team.cut(count, into: width, grain: grain)
  }

  /// Cuts `0 ..< count` into at most `pieces` runs of nearly equal length, each a multiple of `grain` but the last.
  static func cut(_ count: Int, into pieces: Int, grain: Int) -> [Range<Int>] {
    let grains = (count + grain - 1) / grain
    let pieces = min(pieces, grains)
    return (0..<pieces).map { piece in
      min(count, grains * piece / pieces * grain)..<min(count, grains * (piece + 1) / pieces * grain)
    }
  }
}
