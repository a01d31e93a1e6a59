internal import Foundation

/// The processes that work on one command together, seen from one of them.
///
/// Every rank runs the same program on the same command line. Calls that exchange something are made by all ranks in the same order,
/// each from one thread at a time; they return when every rank has come to them. What cannot be exchanged ends the job: a rank that
/// went on alone would compute something else.
public protocol RankGroup: Sendable {
  /// Which of the processes this is, from 0. Rank 0 alone writes files and speaks to people.
  var rank: Int { get }
  /// How many there are.
  var count: Int { get }
  /// How many of them share this one's machine, itself included: what is free of its memory is for all of these.
  var countOnMachine: Int { get }
  /// How many of those may run on the same cores as this one, itself included: 1 where the launcher gave each rank its own.
  var countOnCores: Int { get }

  /// Replaces values by their sums over all ranks, which all ranks receive alike.
  ///
  /// The order of the additions depends on the number of ranks, so that sums of N ranks and of one agree within rounding. Where equal
  /// bits are wanted, `collect` the terms and add them in the order of their indices.
  func sum(_ values: inout [Double])
  /// The same in single precision and in place: 2 (N − 1) / N times 4 bytes a value are sent and received by each of N ranks.
  func sum(_ values: inout MutableSpan<Float>)
  /// On rank 0 replaces values by their sums over all ranks; the other ranks' values stay.
  ///
  /// Half the bytes of a sum that all receive.
  func sumOnFirst(_ values: inout MutableSpan<Float>)
  /// Replaces the values of every rank by those of rank 0; all hold equally many.
  func broadcast(_ values: inout MutableSpan<Float>)
  /// Bytes of rank 0, any number of them, on every rank; what other ranks pass is not used.
  func broadcast(_ bytes: [UInt8]) -> [UInt8]
  /// The bytes of every rank, in order of rank, on rank 0; nil elsewhere. Lengths may differ.
  func gather(_ bytes: [UInt8]) -> [[UInt8]]?
  /// Sends bytes to another rank, which takes them with `receive`; may wait until it does.
  func send(_ bytes: [UInt8], to rank: Int)
  /// What another rank has sent here and is not yet taken, those of one rank in their order; nil where nothing has come.
  func receive() -> (bytes: [UInt8], rank: Int)?
  /// Returns when all ranks have come here.
  func barrier()
  /// Ends all ranks at once; the program that started them returns `status`.
  func abort(status: Int32) -> Never
  /// Leaves the job when the work is done. Nothing can be exchanged from now on.
  func leave()
}

extension RankGroup {
  /// Whether this rank writes files and speaks to people.
  public var isFirst: Bool { rank == 0 }

  /// Which of the indices are this rank's.
  ///
  /// Shares follow each other in order of rank and differ by one index at most; with fewer indices than ranks the last are empty.
  public func share(of indices: Range<Int>) -> Range<Int> {
    let (each, rest) = indices.count.quotientAndRemainder(dividingBy: count)
    let first = indices.lowerBound + rank * each + min(rank, rest)
    return first..<first + each + (rank < rest ? 1 : 0)
  }

  /// What all ranks found for their shares, in order of the indices, on every rank.
  ///
  /// What is computed of it in that order is equal bit for bit whatever the number of ranks. Costs two exchanges; bytes grow with all
  /// records, so this is for a few kilobytes an image, not for activations.
  ///
  /// - Throws: What encoding and decoding throw.
  public func collect<Record: Codable>(_ own: [Record]) throws -> [Record] {
    guard count > 1 else { return own }
    let parts = gather(try Wire.bytes(of: own))
    let whole = broadcast(try parts.map { try Wire.bytes(of: $0.map { Data($0) }) } ?? [])
    return try Wire.value([Data].self, in: whole).flatMap { try Wire.value([Record].self, in: [UInt8]($0)) }
  }

  /// A value of rank 0 on every rank; what other ranks pass is not used.
  ///
  /// - Throws: What encoding and decoding throw.
  public func broadcast<Value: Codable>(_ value: Value) throws -> Value {
    guard count > 1 else { return value }
    // In a list, as a single truth, number or text is no document of its own.
    let bytes = broadcast(isFirst ? try Wire.bytes(of: [value]) : [UInt8]())
    return try Wire.value([Value].self, in: bytes)[0]
  }

  /// Makes sure that all ranks hold the same value, such as the digest of a file that each has read on its own machine.
  ///
  /// - Parameters:
  ///   - value: What must be equal.
  ///   - subject: What it stands for, for the message.
  /// - Throws: `RankError.differs` on every rank.
  public func agree(on value: String, of subject: String) throws {
    guard count > 1 else { return }
    let values = try collect([value])
    guard let other = values.firstIndex(where: { $0 != values[0] }) else { return }
    throw RankError.differs(subject: subject, rank: other, count: count)
  }

  /// Ends the job with this rank's message.
  ///
  /// What all ranks meet alike, such as a file that is not there, is said once: the others wait a second for rank 0 to say it.
  ///
  /// - Parameters:
  ///   - message: What is wrong and what to do next.
  ///   - status: What the launcher returns.
  public func fail(_ message: String, status: Int32 = 1) -> Never {
    if !isFirst { Thread.sleep(forTimeInterval: 1) }
    let speaker = isFirst ? "" : "rank \(rank) of \(count), on \(Machine.name): "
    // Where standard error is closed there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data("Error: \(speaker)\(message)\n".utf8))
    abort(status: status)
  }
}
