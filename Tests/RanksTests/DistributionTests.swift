import Foundation
import Synchronization
import Testing

@testable import Ranks

@Suite("Items that ranks take as they come")
struct DistributionTests {
  @Test("Every rank gets what all found, in the order of the items", arguments: [1, 2, 3, 6], [0, 1, 2, 17])
  func order(ranks count: Int, items: Int) throws {
    let items = (0..<items).map { 100 - 3 * $0 }
    let worked = Mutex<[Int]>([])
    for result in RehearsedRanks.rehearse(
      count,
      { ranks in
        try ranks.distribute(
          items,
          work: { item, attend in
            // Unequal lengths: the order of ends is not that of beginnings.
            for _ in 0..<(item % 7) {
              Thread.sleep(forTimeInterval: 0.001)
              try attend()
            }
            worked.withLock { $0.append(item) }
            return "\(item)"
          }, arrived: { _ in }, waiting: {})
      })
    {
      #expect(try result.get() == items.map(String.init))
    }
    // Each item once.
    #expect(worked.withLock { $0.sorted(by: >) } == items)
  }

  @Test("Rank 0 hears of every item once, when it is done, while it works itself")
  func arrivals() throws {
    let arrived = Mutex<[Int]>([])
    let results = RehearsedRanks.rehearse(3) { ranks in
      try ranks.distribute(
        Array(0..<9),
        work: { item, attend in
          // The first item, rank 0's, lasts until all others are done.
          while item == 0, arrived.withLock({ $0.count }) < 8 { try attend() }
          return item
        }, arrived: { item in arrived.withLock { $0.append(item) } }, waiting: {})
    }
    for result in results { #expect(try result.get() == Array(0..<9)) }
    #expect(arrived.withLock { $0.last } == 0)
    #expect(arrived.withLock { $0.sorted() } == Array(0..<9))
  }

  @Test("Who waits can stop")
  func stops() throws {
    struct Stop: Error {}
    let results = RehearsedRanks.rehearse(2) { ranks in
      // Rank 1 has nothing to do, and rank 0 never ends.
      try ranks.distribute(
        [0], work: { item, _ in if ranks.isFirst { throw Stop() } else { item } }, arrived: { _ in },
        waiting: { throw Stop() })
    }
    for result in results { #expect(throws: Stop.self) { try result.get() } }
  }
}
