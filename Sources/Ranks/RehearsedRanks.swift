internal import Foundation

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

  package func sum(_ values: inout [Double]) {
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    values = values.map { _ in 0 }
    for part in table.exchange(bytes, from: rank) {
      for index in values.indices {
        values[index] += Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(part[8 * index + $1]) << (8 * $1) })
      }
    }
  }

  package func broadcast(_ bytes: [UInt8]) -> [UInt8] { table.exchange(bytes, from: rank)[0] }

  package func gather(_ bytes: [UInt8]) -> [[UInt8]]? {
    let all = table.exchange(bytes, from: rank)
    return isFirst ? all : nil
  }

  package func barrier() { _ = table.exchange([], from: rank) }

  package func abort(status: Int32) -> Never { fatalError("rank \(rank) ended the rehearsal with status \(status)") }

  package func leave() {}
}

/// Where each rank lays something down and takes what all have laid.
///
/// Unchecked, because the compiler does not know that `condition` guards the other properties: they are touched between its lock and
/// unlock alone.
private final class ExchangeTable: @unchecked Sendable {
  private let condition = NSCondition()
  private var laid: [[UInt8]]
  private var arrived = 0
  /// Ranks that have yet to take; while there are any, nothing new is laid down.
  private var takers = 0

  init(places: Int) { laid = Array(repeating: [], count: places) }

  func exchange(_ bytes: [UInt8], from rank: Int) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    while takers > 0 { condition.wait() }
    laid[rank] = bytes
    arrived += 1
    if arrived == laid.count {
      (arrived, takers) = (0, laid.count)
      condition.broadcast()
    }
    while takers == 0 { condition.wait() }
    takers -= 1
    let result = laid
    if takers == 0 { condition.broadcast() }
    return result
  }
}
