import Foundation
import Synchronization
import Testing

@testable import Pretraining

/// Images whose only value tells index and epoch.
private struct Numbers: TrainingData {
  var count: Int
  var failing: Int?
  let imageSize = 1
  let classes: [String]? = ["even", "odd"]
  let description = "numbers"

  struct Unreadable: Error, Equatable { var index: Int }

  func batch(_ indices: [Int], epoch: Int) throws -> TrainingBatch {
    if let failing, indices.contains(failing) { throw Unreadable(index: failing) }
    return TrainingBatch(
      images: indices.flatMap { index in [Float(index), Float(epoch), 0] }, labels: indices.map { $0 % 2 })
  }
}

@Suite("Batches come in an order that only the seed decides")
struct BatchLoaderTests {
  /// All batches of a loader.
  private func all(_ loader: BatchLoader) throws -> [BatchLoader.Item] {
    var items: [BatchLoader.Item] = []
    while let item = try loader.next() { items.append(item) }
    return items
  }

  @Test("An epoch shows each image at most once and leaves out the incomplete batch")
  func epoch() throws {
    let items = try all(BatchLoader(data: Numbers(count: 107), batchSize: 10, seed: 1, epochs: 2))
    #expect(items.count == 20)
    for epoch in 0..<2 {
      let seen = items.filter { $0.place.epoch == epoch }
      #expect(seen.map(\.place.step) == Array(0..<10))
      #expect(Set(seen.flatMap(\.indices)).count == 100)
    }
    #expect(items[0].indices != items[10].indices)
    for item in items {
      #expect(item.batch.images == item.indices.flatMap { [Float($0), Float(item.place.epoch), 0] })
      #expect(item.batch.labels == item.indices.map { $0 % 2 })
    }
  }

  @Test("A loader that begins anywhere gives the batches of one that came there", arguments: [0, 3, 9, 10, 17, 25])
  func resuming(done: Int) throws {
    let data = Numbers(count: 107)
    let whole = try all(BatchLoader(data: data, batchSize: 10, seed: 4, epochs: 3))
    let rest = try all(
      BatchLoader(data: data, batchSize: 10, seed: 4, from: .init(epoch: done / 10, step: done % 10), epochs: 3))
    #expect(rest.map(\.place) == whole.dropFirst(done).map(\.place))
    #expect(rest.map(\.batch.images) == whole.dropFirst(done).map(\.batch.images))
  }

  @Test("Another seed is another order; the number of cores is not")
  func seeds() throws {
    let orders = (0..<20).map { BatchLoader.order(of: 50, seed: $0, epoch: 0) }
    #expect(Set(orders).count == 20)
    #expect(orders.allSatisfy { $0.sorted() == Array(0..<50) })
    let data = Numbers(count: 90)
    let one = try all(BatchLoader(data: data, batchSize: 30, seed: 7, epochs: 1))
    let four = try all(BatchLoader(data: data, batchSize: 30, seed: 7, epochs: 1, team: .init(threads: 4)))
    #expect(one.map(\.batch.images) == four.map(\.batch.images))
  }

  @Test("Every image is equally often first")
  func uniformity() {
    var counts = [Int](repeating: 0, count: 5)
    for epoch in 0..<5000 { counts[BatchLoader.order(of: 5, seed: 3, epoch: epoch)[0]] += 1 }
    // Binomial with n = 5000, p = 1/5: standard deviation 28; five of them.
    for count in counts { #expect(abs(count - 1000) < 140, "\(counts)") }
  }

  @Test("An image that cannot be read stops the run in its place, and again when asked again")
  func failure() throws {
    let loader = try BatchLoader(data: Numbers(count: 40, failing: 13), batchSize: 4, seed: 2)
    let position = try #require(BatchLoader.order(of: 40, seed: 2, epoch: 0).firstIndex(of: 13))
    for _ in 0..<position / 4 { #expect(try loader.next() != nil) }
    #expect(throws: Numbers.Unreadable(index: 13)) { try loader.next() }
    #expect(throws: Numbers.Unreadable(index: 13)) { try loader.next() }
  }

  @Test("The end stays the end")
  func end() throws {
    let loader = try BatchLoader(data: Numbers(count: 4), batchSize: 4, seed: 2, epochs: 1)
    #expect(try loader.next() != nil)
    #expect(try loader.next() == nil)
    #expect(try loader.next() == nil)
  }

  @Test("Fewer images than a batch are refused in words")
  func tooFew() {
    #expect(throws: TrainingDataError.fewerThanABatch(count: 3, batchSize: 4, data: "numbers")) {
      try BatchLoader(data: Numbers(count: 3), batchSize: 4, seed: 0)
    }
  }

  @Test("Dropping a loader waits for the images that are just being made, and no others are begun")
  func dropping() throws {
    /// Takes its time.
    final class Slow: TrainingData {
      let begun = Mutex(0)
      let ended = Mutex(0)
      let count = 1000
      let imageSize = 1
      let classes: [String]? = nil
      let description = "slow"
      func batch(_ indices: [Int], epoch: Int) -> TrainingBatch {
        begun.withLock { $0 += 1 }
        Thread.sleep(forTimeInterval: 0.05)
        ended.withLock { $0 += 1 }
        return TrainingBatch(images: [Float](repeating: 0, count: 3 * indices.count), labels: [])
      }
    }
    let data = Slow()
    do {
      let loader = try BatchLoader(data: data, batchSize: 1000, seed: 0)
      while data.begun.withLock({ $0 }) < 2 { Thread.sleep(forTimeInterval: 0.001) }
      withExtendedLifetime(loader) {}
    }
    let (begun, ended) = (data.begun.withLock { $0 }, data.ended.withLock { $0 })
    #expect(begun == ended)
    // A batch would be 125 pieces.
    #expect(begun < 125)
    Thread.sleep(forTimeInterval: 0.1)
    #expect(data.begun.withLock { $0 } == begun)
  }

  @Test("Two batches are made ahead, and a dropped loader lets go of its data")
  func ahead() async throws {
    /// Counts what is asked for.
    final class Counted: TrainingData {
      let asked = Mutex(0)
      let count = 1000
      let imageSize = 1
      let classes: [String]? = nil
      let description = "counted"
      func batch(_ indices: [Int], epoch: Int) -> TrainingBatch {
        asked.withLock { $0 += indices.count }
        return TrainingBatch(images: [Float](repeating: 0, count: 3 * indices.count), labels: [])
      }
    }
    weak var remaining: Counted?
    do {
      let data = Counted()
      remaining = data
      let loader = try BatchLoader(data: data, batchSize: 4, seed: 0)
      // The thread fills its queue without being asked, and then waits.
      for _ in 0..<500 where data.asked.withLock({ $0 }) < 8 { try await Task.sleep(for: .milliseconds(10)) }
      try await Task.sleep(for: .milliseconds(30))
      #expect(data.asked.withLock { $0 } == 8)
      #expect(try loader.next()?.place == .init())
    }
    for _ in 0..<500 where remaining != nil { try await Task.sleep(for: .milliseconds(10)) }
    #expect(remaining == nil)
  }
}
