import ArgumentParser
import Foundation
import Pretraining
import Reproduction
import Synchronization
import Tensors

/// Trains the models of a plan, as many at a time as there are cores: one thread each, so that the weights are the same, bit for
/// bit, on any number of cores.
final class TrainingQueue: Sendable {
  /// How far the trainings are.
  struct Standing: Sendable {
    /// Complete ones.
    var complete = 0
    /// All.
    var count = 0
    /// The running ones with their share done, in the order they began.
    var running: [(name: String, share: Double)] = []
    /// Seconds that the rest will take, once that can be told.
    var secondsLeft: Double?
  }

  private struct State {
    var waiting: [PlannedTraining]
    var running: [(training: PlannedTraining, images: Int)] = []
    var complete: Set<String> = []
    /// Images of complete trainings, by this process or an earlier one.
    var imagesBefore = 0
    /// Images that this process has trained on.
    var images = 0
    var news: [String] = []
    var failure: (any Error)?
    var workers = 0
  }

  private let state: Mutex<State>
  private let count: Int
  private let start = ContinuousClock.now

  /// A queue of trainings, those that are complete already included.
  init(_ trainings: [PlannedTraining]) {
    state = Mutex(State(waiting: trainings))
    count = trainings.count
  }

  /// Trains until nothing is left, something fails, or an interruption is held back.
  ///
  /// - Parameters:
  ///   - workers: How many trainings go on at a time.
  ///   - report: Told about five times a second how far everything is, with what is new.
  /// - Throws: The first error of a training; `Interruption`.
  func run(workers: Int, _ report: (Standing, _ news: [String]) -> Void) throws {
    state.withLock { $0.workers = workers }
    for _ in 0..<workers {
      let thread = Thread { [self] in work() }
      // Forward passes keep little on the stack, but Foundation's default of 512 kB would be less than the main thread has.
      thread.stackSize = 8 << 20
      thread.start()
    }
    while state.withLock({ $0.workers > 0 }) {
      report(standing, takeNews())
      Thread.sleep(forTimeInterval: 0.2)
    }
    report(standing, takeNews())
    if let failure = state.withLock({ $0.failure }) { throw failure }
    if Signals.isInterrupted { throw Interruption() }
  }

  private func takeNews() -> [String] {
    state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
  }

  private var standing: Standing {
    state.withLock { state in
      var standing = Standing(complete: state.complete.count, count: count)
      standing.running = state.running.map { ($0.training.name, Double($0.images) / Double($0.training.images)) }
      let left =
        state.waiting.reduce(0) { $0 + $1.images }
        + state.running.reduce(0) { $0 + $1.training.images - $1.images }
      let elapsed = seconds(.now - start)
      if elapsed > 5, state.images > 0 { standing.secondsLeft = Double(left) * elapsed / Double(state.images) }
      return standing
    }
  }

  // MARK: Workers

  private enum Assignment {
    case training(PlannedTraining)
    case wait
    case end
  }

  private func work() {
    defer { state.withLock { $0.workers -= 1 } }
    while true {
      switch next() {
      case .end: return
      case .wait: Thread.sleep(forTimeInterval: 0.1)
      case .training(let training):
        do {
          try train(training)
        } catch {
          state.withLock { state in
            state.running.removeAll { $0.training == training }
            if state.failure == nil, !(error is Interruption) { state.failure = error }
          }
          return
        }
      }
    }
  }

  private func next() -> Assignment {
    if Signals.isInterrupted { return .end }
    return state.withLock { state in
      guard state.failure == nil, !state.waiting.isEmpty else { return .end }
      let ready = state.waiting.firstIndex { $0.needs.allSatisfy(state.complete.contains) }
      guard let ready else { return .wait }
      let training = state.waiting.remove(at: ready)
      state.running.append((training, 0))
      return .training(training)
    }
  }

  private func train(_ training: PlannedTraining) throws {
    if try !training.isComplete {
      let begin = ContinuousClock.now
      let command = try training.command
      let prepared = try command.prepare(Team(threads: command.threads))
      var seen = prepared.run.firstStep * prepared.recipe.batchSize
      set(training, images: seen, new: 0)
      let outcome = try prepared.go { event in
        guard case .step(let progress) = event else { return }
        let images = progress.step * prepared.recipe.batchSize
        set(training, images: images, new: images - seen)
        seen = images
      }
      guard outcome == .finished else { throw Interruption() }
      let duration = Int(seconds(.now - begin).rounded())
      state.withLock { $0.news.append("trained \(training.name) in \(duration / 60) min \(duration % 60) s") }
    }
    state.withLock { state in
      state.running.removeAll { $0.training == training }
      state.complete.insert(training.name)
    }
  }

  private func set(_ training: PlannedTraining, images: Int, new: Int) {
    state.withLock { state in
      state.images += new
      guard let index = state.running.firstIndex(where: { $0.training == training }) else { return }
      state.running[index].images = images
    }
  }
}

extension PlannedTraining {
  /// The command, which goes on with a run that has begun.
  fileprivate var command: PretrainCommand {
    get throws {
      let hasBegun = try TrainingFolder.recipe(in: folder) != nil
      return try PretrainCommand.parse(arguments.dropFirst() + (hasBegun ? ["--resume"] : []))
    }
  }

  /// Whether its last checkpoint is there, of this recipe.
  ///
  /// - Throws: `PretrainingError.damaged` for a recipe that cannot be read.
  var isComplete: Bool {
    get throws {
      guard FileManager.default.fileExists(atPath: checkpoint), var stored = try TrainingFolder.recipe(in: folder)
      else { return false }
      // These two are noted when a run begins.
      stored.data.found = nil
      stored.teacher?.digest = nil
      return try stored == PretrainCommand.parse(Array(arguments.dropFirst())).recipe()
    }
  }
}
