internal import Foundation

/// The only process: nothing is exchanged.
public struct SingleRank: RankGroup {
  /// The only process.
  public init() {}

  /// Always 0.
  public var rank: Int { 0 }
  /// Always 1.
  public var count: Int { 1 }
  /// Always 1.
  public var countOnMachine: Int { 1 }
  /// Always 1.
  public var countOnCores: Int { 1 }
  /// Changes nothing.
  public func sum(_ values: inout [Double]) {}
  /// Changes nothing.
  public func sum(_ values: inout MutableSpan<Float>) {}
  /// Changes nothing.
  public func sumOnFirst(_ values: inout MutableSpan<Float>) {}
  /// Changes nothing.
  public func broadcast(_ values: inout MutableSpan<Float>) {}
  /// The same bytes.
  public func broadcast(_ bytes: [UInt8]) -> [UInt8] { bytes }
  /// The bytes alone.
  public func gather(_ bytes: [UInt8]) -> [[UInt8]]? { [bytes] }
  /// There is no other rank: a fault of the program.
  public func send(_ bytes: [UInt8], to rank: Int) { preconditionFailure("there is no rank \(rank)") }
  /// Always nil: nobody sends.
  public func receive() -> (bytes: [UInt8], rank: Int)? { nil }
  /// Returns at once.
  public func barrier() {}
  /// Ends the program.
  public func abort(status: Int32) -> Never { exit(status) }
  /// Does nothing.
  public func leave() {}
}
