internal import Images
internal import Dispatch
internal import Foundation
internal import Synchronization
public import Tensors

/// The batches of a training run in their order, made ahead on a thread of their own.
///
/// Each epoch goes through all images in an order that depends on the seed and the epoch alone; an incomplete batch at
/// its end is left out, as MAE's reference code does. A loader that begins at a later place gives the same batches as
/// one that came there from the beginning, which is what resuming needs. Dropping the loader ends its thread and waits
/// for that, a few images at most; drop it before the program exits.
public final class BatchLoader: Sendable {
  /// A step of a run.
  public struct Place: Sendable, Hashable, Codable {
    /// Counts from 0.
    public var epoch: Int
    /// Within the epoch, counts from 0.
    public var step: Int

    /// A step of an epoch; by default the first of the run.
    public init(epoch: Int = 0, step: Int = 0) {
      self.epoch = epoch
      self.step = step
    }
  }

  /// A batch and where it belongs.
  public struct Item: Sendable {
    /// The step that this batch is for.
    public let place: Place
    /// Which images it holds, in their order; of a share, those of the share.
    public let indices: [Int]
    /// The images themselves.
    public let batch: TrainingBatch
  }

  /// Whole batches in an epoch.
  public let stepsPerEpoch: Int

  private let queue: BatchQueue

  /// Begins to make batches.
  ///
  /// - Parameters:
  ///   - data: The images.
  ///   - batchSize: Images in a whole batch, 1 or more.
  ///   - share: The places in a batch whose images are made; nil for all.
  ///   - seed: Decides on the order of the images.
  ///   - start: The place of the first batch; a step at or behind the end of its epoch leads into the next ones.
  ///   - epochs: The run ends before this epoch; nil for no end.
  ///   - team: The cores that share the images of one batch.
  /// - Throws: `TrainingDataError.fewerThanABatch`.
  public init(
    data: any TrainingData, batchSize: Int, share: Range<Int>? = nil, seed: UInt64, from start: Place = Place(),
    epochs: Int? = nil, team: Team = .single
  ) throws(TrainingDataError) {
    precondition(batchSize > 0 && start.epoch >= 0 && start.step >= 0, "sizes and places count from 0")
    guard data.count >= batchSize else {
      throw .fewerThanABatch(count: data.count, batchSize: batchSize, data: data.description)
    }
    stepsPerEpoch = data.count / batchSize
    let first = Place(epoch: start.epoch + start.step / stepsPerEpoch, step: start.step % stepsPerEpoch)
    let queue = BatchQueue(depth: Self.depth)
    self.queue = queue
    let maker = BatchMaker(
      data: data, batchSize: batchSize, share: share ?? 0..<batchSize, seed: seed, epochs: epochs, team: team)
    Thread.detachNewThread {
      maker.fill(queue, from: first)
      queue.ended.signal()
    }
  }

  /// Batches that may wait: one being made while one waits is enough as long as images come faster than steps.
  private static let depth = 2

  deinit {
    queue.close()
    // A thread that still decoded while the program exits would use libraries that have closed down already.
    queue.ended.wait()
  }

  /// The next batch, as soon as there is one; nil when the run is over.
  ///
  /// - Throws: What kept the images of this batch from being read; every later call throws it again.
  public func next() throws -> Item? { try queue.next() }

  /// The order in which an epoch goes through `count` images.
  public static func order(of count: Int, seed: UInt64, epoch: Int) -> [Int] {
    // The first word keeps this stream apart from those that draw crops from the same seed.
    var random = RandomStream(0x6F72_6465_72, seed, UInt64(epoch))
    return random.permutation(of: count)
  }
}

/// Makes one batch after the other.
private struct BatchMaker: Sendable {
  let data: any TrainingData
  let batchSize: Int
  let share: Range<Int>
  let seed: UInt64
  let epochs: Int?
  let team: Team

  /// Puts batches into the queue until the run is over, an image cannot be read, or nobody wants them any more.
  func fill(_ queue: BatchQueue, from start: BatchLoader.Place) {
    var place = start
    while place.epoch < epochs ?? .max {
      let order = BatchLoader.order(of: data.count, seed: seed, epoch: place.epoch)
      while place.step < data.count / batchSize {
        guard queue.waitForRoom() else { return }
        let indices = share.map { order[place.step * batchSize + $0] }
        do {
          guard let batch = try batch(indices, epoch: place.epoch, isWanted: { !queue.isClosed }) else { return }
          queue.append(.batch(.init(place: place, indices: indices, batch: batch)))
        } catch {
          return queue.append(.failure(error))
        }
        place.step += 1
      }
      place = BatchLoader.Place(epoch: place.epoch + 1)
    }
    queue.append(.end)
  }

  /// One batch, its images divided over the team; nil when it is no longer wanted.
  private func batch(_ indices: [Int], epoch: Int, isWanted: @Sendable () -> Bool) throws -> TrainingBatch? {
    let pieces = stride(from: 0, to: indices.count, by: Self.pieceSize).map { start in
      Array(indices[start..<min(start + Self.pieceSize, indices.count)])
    }
    let made = Mutex([Result<TrainingBatch, any Error>?](repeating: nil, count: pieces.count))
    team.forEach(pieces.count) { i in
      guard isWanted() else { return }
      let result = Result { try data.batch(pieces[i], epoch: epoch) }
      made.withLock { $0[i] = result }
    }
    var whole = TrainingBatch(images: [], labels: [])
    whole.images.reserveCapacity(indices.count * 3 * data.imageSize * data.imageSize)
    for result in made.withLock({ $0 }) {
      guard let piece = try result?.get() else { return nil }
      whole.images += piece.images
      whole.labels += piece.labels
    }
    return whole
  }

  /// Images that are made without asking whether they are still wanted.
  private static let pieceSize = 8
}

/// A bounded queue between the thread that makes batches and the one that uses them.
private final class BatchQueue: Sendable {
  enum Entry: Sendable {
    case batch(BatchLoader.Item)
    case failure(any Error)
    case end
  }

  private struct State {
    var entries: [Entry] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Signalled when no more batches are made.
  let ended = DispatchSemaphore(value: 0)
  // All begin at 0: a semaphore must not be released at less than it began with.
  private let room = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)

  init(depth: Int) {
    for _ in 0..<depth { room.signal() }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Waits until a batch may be made; false when no more are wanted.
  func waitForRoom() -> Bool {
    room.wait()
    return !isClosed
  }

  func append(_ entry: Entry) {
    state.withLock { $0.entries.append(entry) }
    ready.signal()
  }

  func next() throws -> BatchLoader.Item? {
    ready.wait()
    let entry = state.withLock { state in
      // What ends the run stays for those who ask again.
      if case .batch = state.entries[0] { return state.entries.removeFirst() }
      return state.entries[0]
    }
    switch entry {
    case .batch(let item):
      room.signal()
      return item
    case .failure(let error):
      ready.signal()
      throw error
    case .end:
      ready.signal()
      return nil
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
  }
}
