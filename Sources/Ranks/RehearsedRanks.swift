internal import Foundation
internal import Synchronization

/// Ranks that are threads of one process, to rehearse divided work where no MPI is.
///
/// Each rank is handed to a thread of its own.
package final class RehearsedRanks: RankGroup {
  package let rank: Int
  package let count: Int
  private let table: ExchangeTable

  private init(rank: Int, count: Int, _ table: ExchangeTable) {
    (self.rank, self.count, self.table) = (rank, count, table)
  }

  /// As many ranks as wanted, which see one another.
  package static func group(of count: Int) -> [RehearsedRanks] {
    let table = ExchangeTable(places: count)
    return (0..<count).map { RehearsedRanks(rank: $0, count: count, table) }
  }

  /// Runs every rank on a thread of its own.
  ///
  /// - Returns: What each found or threw, in order of rank.
  package static func rehearse<Found: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (RehearsedRanks) throws -> Found
  ) -> [Result<Found, any Error>] {
    let found = Mutex<[Int: Result<Found, any Error>]>([:])
    let threads = DispatchGroup()
    for ranks in group(of: count) {
      threads.enter()
      Thread.detachNewThread {
        let result = Result { try work(ranks) }
        found.withLock { $0[ranks.rank] = result }
        threads.leave()
      }
    }
    threads.wait()
    return found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
  }

  package var countOnMachine: Int { count }
  package var countOnCores: Int { count }

  package func sum(_ values: inout [Double]) {
    let parts = table.exchange(values.flatMap { littleEndian($0.bitPattern) }, from: rank)
    for index in values.indices {
      values[index] = parts.reduce(0) { $0 + Double(bitPattern: integer(in: $1, at: index)) }
    }
  }

  package func sum(_ values: inout MutableSpan<Float>) {
    let parts = table.exchange(values.indices.flatMap { littleEndian(values[$0].bitPattern) }, from: rank)
    for index in values.indices {
      values[index] = parts.reduce(0) { $0 + Float(bitPattern: integer(in: $1, at: index)) }
    }
  }

  package func sumOnFirst(_ values: inout MutableSpan<Float>) {
    let own = values.indices.map { values[$0] }
    sum(&values)
    guard !isFirst else { return }
    for index in values.indices { values[index] = own[index] }
  }

  package func broadcast(_ values: inout MutableSpan<Float>) {
    let bytes = broadcast(isFirst ? values.indices.flatMap { littleEndian(values[$0].bitPattern) } : [])
    for index in values.indices { values[index] = Float(bitPattern: integer(in: bytes, at: index)) }
  }

  package func broadcast(_ bytes: [UInt8]) -> [UInt8] { table.exchange(bytes, from: rank)[0] }

  package func gather(_ bytes: [UInt8]) -> [[UInt8]]? {
    let all = table.exchange(bytes, from: rank)
    return isFirst ? all : nil
  }

  package func send(_ bytes: [UInt8], to rank: Int) { table.send(bytes, from: self.rank, to: rank) }

  package func receive() -> (bytes: [UInt8], rank: Int)? { table.receive(at: rank) }

  package func barrier() { _ = table.exchange([], from: rank) }

  package func abort(status: Int32) -> Never { fatalError("rank \(rank) ended the rehearsal with status \(status)") }

  package func leave() {}
}

private func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
  (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
}

/// The integer at an index of as many bytes as each takes.
private func integer<Word: FixedWidthInteger>(in bytes: [UInt8], at index: Int) -> Word {
  let width = Word.bitWidth / 8
  return (0..<width).reduce(0) { $0 | Word(bytes[width * index + $1]) << Word(8 * $1) }
}

/// Where each rank lays something down and takes what all have laid.
///
/// Unchecked, because the compiler does not know that `condition` guards the other properties: they are touched between its lock and
/// unlock alone.
private final class ExchangeTable: @unchecked Sendable {
  private let condition = NSCondition()
  private var laid: [[UInt8]]
  /// What all had laid when the last came: replaced and never changed, for ranks read their copies when the lock is free again.
  private var whole: [[UInt8]] = []
  private var arrived = 0
  /// Ranks that have yet to take; while there are any, nothing new is laid down.
  private var takers = 0

  /// What was sent to each rank and not yet taken.
  private var letters: [[(bytes: [UInt8], rank: Int)]]

  init(places: Int) {
    laid = Array(repeating: [], count: places)
    letters = Array(repeating: [], count: places)
  }

  func send(_ bytes: [UInt8], from sender: Int, to rank: Int) {
    condition.withLock { letters[rank].append((bytes, sender)) }
  }

  func receive(at rank: Int) -> (bytes: [UInt8], rank: Int)? {
    condition.withLock { letters[rank].isEmpty ? nil : letters[rank].removeFirst() }
  }

  func exchange(_ bytes: [UInt8], from rank: Int) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    while takers > 0 { condition.wait() }
    laid[rank] = bytes
    arrived += 1
    if arrived == laid.count {
      (arrived, takers) = (0, laid.count)
      whole = laid
      laid = Array(repeating: [], count: takers)
      condition.broadcast()
    }
    while takers == 0 { condition.wait() }
    takers -= 1
    let result = whole
    if takers == 0 { condition.broadcast() }
    return result
  }
}
