internal import Foundation
internal import Synchronization

extension RankGroup {
  /// Works on items that take unequally long: each rank takes the next when it is done with one.
  ///
  /// Rank 0 works, too; a thread of its own hands out the items meanwhile, so that no rank waits for a step of rank 0's work, and
  /// alone speaks to the others. Who waits looks and sleeps, a millisecond at a time, and leaves its core to others.
  ///
  /// - Parameters:
  ///   - items: What to work on; the same on all ranks.
  ///   - work: Works on an item, on the rank that has taken it; exchanges nothing with other ranks. Calls what it is given between steps:
  ///     on rank 0 that is when `arrived` hears of what others have done.
  ///   - arrived: Called on rank 0 for each item that is done, in the order in which they are, by the calling thread.
  ///   - waiting: Called on every rank while it waits for others; throws to stop.
  /// - Returns: What was found, in the order of the items, on every rank.
  /// - Throws: What the closures throw, on the rank where they do: the caller then ends the job.
  public func distribute<Found: Codable & Sendable>(
    _ items: [Int], work: @escaping (_ item: Int, _ attend: () throws -> Void) throws -> Found,
    arrived: @escaping (Found) throws -> Void, waiting: () throws -> Void
  ) throws -> [Found] {
    guard isFirst else { return try follow(items, work, waiting) }
    let desk = Desk<Found>(items, of: self)
    defer { desk.close() }
    let attend = { for found in try desk.takeArrived() { try arrived(found) } }
    while let item = desk.next() {
      let found = try work(item, attend)
      desk.note(found, of: item)
      try attend()
    }
    while desk.isWaiting {
      try waiting()
      Thread.sleep(forTimeInterval: 0.001)
      try attend()
    }
    desk.close()
    try attend()
    return try desk.tellAll()
  }

  /// The part of the other ranks: the first item by their number, every other as rank 0 says.
  private func follow<Found: Codable & Sendable>(
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
private struct Report<Found: Codable & Sendable>: Codable, Sendable {
  var item: Int
  var found: Found
}

/// What rank 0 sends to a rank: the next item, or what all have found.
private struct Order<Found: Codable>: Codable {
  var next: Int?
  var all: [Found]?
}

/// Rank 0's view of the work, and the thread that hands it out.
private final class Desk<Found: Codable & Sendable>: Sendable {
  private struct State {
    /// The place of the next item to hand out; the first are every rank's own.
    var place: Int
    var hasBegun = false
    var found: [Int: Found] = [:]
    /// What is done and not yet taken, in the order in which it came.
    var arrived: [Found] = []
    var failure: (any Error)?
    var isClosed = false
  }

  private let items: [Int]
  private let ranks: any RankGroup
  private let state: Mutex<State>
  /// Signalled when the thread has ended.
  private let ended = DispatchSemaphore(value: 0)

  init(_ items: [Int], of ranks: any RankGroup) {
    self.items = items
    self.ranks = ranks
    state = Mutex(State(place: min(ranks.count, items.count)))
    if ranks.count > 1 {
      Thread.detachNewThread { [self] in handOut() }
    } else {
      ended.signal()
    }
  }

  private func handOut() {
    while !state.withLock({ $0.isClosed }) {
      serve()
      Thread.sleep(forTimeInterval: 0.001)
    }
    ended.signal()
  }

  /// Whether other ranks are still at work.
  var isWaiting: Bool { state.withLock { $0.found.count < items.count && $0.failure == nil } }

  /// The next item for rank 0 itself.
  func next() -> Int? {
    state.withLock { state in
      guard state.hasBegun else {
        state.hasBegun = true
        return items.first
      }
      return next(&state)
    }
  }

  private func next(_ state: inout State) -> Int? {
    guard state.place < items.count else { return nil }
    state.place += 1
    return items[state.place - 1]
  }

  func note(_ found: Found, of item: Int) {
    state.withLock { state in
      state.found[item] = found
      state.arrived.append(found)
    }
  }

  /// What has been done since it was last asked.
  ///
  /// - Throws: What is wrong with the letters that came.
  func takeArrived() throws -> [Found] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      defer { state.arrived = [] }
      return state.arrived
    }
  }

  /// Takes what has come from other ranks, and gives each its next item.
  private func serve() {
    while let (bytes, rank) = ranks.receive() {
      do {
        let report = try Wire.value(Report<Found>.self, in: bytes)
        if let next = state.withLock({ next(&$0) }) {
          ranks.send(try Wire.bytes(of: Order<Found>(next: next)), to: rank)
        }
        note(report.found, of: report.item)
      } catch {
        state.withLock { $0.failure = error }
      }
    }
  }

  /// Ends the thread: from now on the caller alone speaks to other ranks.
  func close() {
    state.withLock { $0.isClosed = true }
    ended.wait()
    // For those who close it again.
    ended.signal()
  }

  /// Tells all ranks what was found, which ends their work.
  func tellAll() throws -> [Found] {
    let found = state.withLock { $0.found }
    let all = items.compactMap { found[$0] }
    guard ranks.count > 1 else { return all }
    let bytes = try Wire.bytes(of: Order(all: all))
    for rank in 1..<ranks.count { ranks.send(bytes, to: rank) }
    return all
  }
}
