internal import Foundation

extension RankGroup {
  /// Works on items that take unequally long: each rank takes the next when it is done with one.
  ///
  /// Rank 0 works, too, and hands out the items between two steps of its own work. A rank that waits for others sleeps a millisecond
  /// at a time, so that it leaves its core to them.
  ///
  /// - Parameters:
  ///   - items: What to work on; the same on all ranks.
  ///   - work: Works on an item, on the rank that has taken it. Calls what it is given between steps: the longer a step, the longer
  ///     other ranks wait for their next item.
  ///   - arrived: Called on rank 0 for each item that is done, in the order in which they are.
  ///   - waiting: Called on every rank while it waits for others; throws to stop.
  /// - Returns: What was found, in the order of the items, on every rank.
  /// - Throws: What the closures throw, on the rank where they do: the caller then ends the job.
  public func distribute<Found: Codable>(
    _ items: [Int], work: @escaping (_ item: Int, _ attend: () throws -> Void) throws -> Found,
    arrived: @escaping (Found) throws -> Void, waiting: () throws -> Void
  ) throws -> [Found] {
    guard isFirst else { return try follow(items, work, waiting) }
    let desk = Desk(items, of: self, arrived)
    while let item = desk.next() {
      try desk.take(item, try work(item, desk.attend))
      try desk.attend()
    }
    while desk.isWaiting {
      try waiting()
      Thread.sleep(forTimeInterval: 0.001)
      try desk.attend()
    }
    return try desk.close()
  }

  /// The part of the other ranks: the first item by their number, every other as rank 0 says.
  private func follow<Found: Codable>(
    _ items: [Int], _ work: (Int, () throws -> Void) throws -> Found, _ waiting: () throws -> Void
  ) throws -> [Found] {
    var item = rank < items.count ? items[rank] : nil
    while true {
      if let item { send(try Wire.bytes(of: Report(item: item, found: try work(item) {})), to: 0) }
      var letter = receive()
      while letter == nil {
        try waiting()
        Thread.sleep(forTimeInterval: 0.001)
        letter = receive()
      }
      let order = try Wire.value(Order<Found>.self, in: letter?.bytes ?? [])
      if let all = order.all { return all }
      item = order.next
    }
  }
}

/// What a rank sends to rank 0.
private struct Report<Found: Codable>: Codable {
  var item: Int
  var found: Found
}

/// What rank 0 sends to a rank: the next item, or what all have found.
private struct Order<Found: Codable>: Codable {
  var next: Int?
  var all: [Found]?
}

/// Rank 0's view of the work.
private final class Desk<Found: Codable> {
  private let items: [Int]
  private let ranks: any RankGroup
  private let arrived: (Found) throws -> Void
  private var found: [Int: Found] = [:]
  /// The place of the next item to hand out; the first are every rank's own.
  private var place: Int
  private var hasBegun = false

  init(_ items: [Int], of ranks: any RankGroup, _ arrived: @escaping (Found) throws -> Void) {
    self.items = items
    self.ranks = ranks
    self.arrived = arrived
    place = min(ranks.count, items.count)
  }

  /// Whether other ranks are still at work.
  var isWaiting: Bool { found.count < items.count }

  /// The next item, for whoever asks.
  func next() -> Int? {
    guard hasBegun else {
      hasBegun = true
      return items.first
    }
    guard place < items.count else { return nil }
    place += 1
    return items[place - 1]
  }

  func take(_ item: Int, _ result: Found) throws {
    found[item] = result
    try arrived(result)
  }

  /// Takes what has come from other ranks, and gives each its next item.
  func attend() throws {
    while let (bytes, rank) = ranks.receive() {
      let report = try Wire.value(Report<Found>.self, in: bytes)
      // The rank goes on before the result is looked at.
      if let next = next() { ranks.send(try Wire.bytes(of: Order<Found>(next: next)), to: rank) }
      try take(report.item, report.found)
    }
  }

  /// Tells all ranks what was found, which ends their work.
  func close() throws -> [Found] {
    let all = items.compactMap { found[$0] }
    guard ranks.count > 1 else { return all }
    let bytes = try Wire.bytes(of: Order(all: all))
    for rank in 1..<ranks.count { ranks.send(bytes, to: rank) }
    return all
  }
}
