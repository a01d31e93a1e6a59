import ArgumentParser
import Diagnostics
import OutputFiles
import Ranks
import Synchronization
import Tensors

/// The processes that `mpirun` started together; this one alone in every other case.
enum Job {
  private static let joined = Mutex<any RankGroup>(SingleRank())

  /// The ranks that divide the work.
  static var ranks: any RankGroup { joined.withLock(\.self) }

  /// Joins the other processes, before anything is said or written.
  ///
  /// - Throws: `RankError` where they were started together, but cannot see each other.
  static func join() throws(RankError) {
    let ranks = try joinRanks()
    joined.withLock { $0 = ranks }
  }

  /// The cores that this process computes with.
  ///
  /// Ranks that the launcher bound to cores of their own have those; of cores that several ranks may use each takes its share, so that
  /// there are no more threads than cores.
  ///
  /// - Parameter threads: How many; nil for its part of those that it may use.
  /// - Returns: A team of so many.
  static func team(threads: Int?) -> Team {
    guard threads == nil, ranks.count > 1 else { return Team(threads: threads) }
    return Team(threads: max(1, Team().width / ranks.countOnCores))
  }

  /// The matrix kernel, loaded; says what slows it down, and where ranks have different ones.
  ///
  /// - Throws: Why there is none; what exchanging its name throws.
  @discardableResult
  static func kernel(_ console: Console) throws -> MatrixKernel {
    let kernel = try MatrixKernel.load()
    for line in kernel.warnings { console.warn(line) }
    guard ranks.count > 1 else { return kernel }
    let names = Set(try ranks.collect([kernel.name])).sorted()
    if names.count > 1 {
      console.warn(
        "the ranks' processors have different matrix kernels (\(names.joined(separator: ", "))): results equal those of one process "
          + "within rounding, not bit for bit; OPENBLAS_CORETYPE names one for all")
    }
    return kernel
  }

  /// Refuses what several processes would each do in full, all writing the same files.
  static func check(_ command: any ParsableCommand) throws(UndividedCommand) {
    guard ranks.count > 1, !(command is any DividedCommand) else { return }
    throw UndividedCommand(name: type(of: command).configuration.commandName ?? "this", ranks: ranks.count)
  }

  /// Says what failed and ends the program with status 1: of a job all ranks, wherever they are.
  static func fail(_ message: String) -> Never {
    AtomicFile.abandonDrafts()
    ranks.fail(PrintableText.escaped(message))
  }

  /// Ends the program before it has begun: help, the version, or what is wrong with the usage, said once.
  ///
  /// Every rank was given the same command line and comes here alike.
  static func refuse(_ error: any Error) -> Never {
    ranks.leave()
    guard ranks.isFirst else { MFFInspect.exit(withError: MFFInspect.exitCode(for: error)) }
    MFFInspect.exit(withError: error)
  }

  /// Ends the program with an error that carries its own status, when other ranks may be in the midst of their work.
  static func stop(_ error: any Error) -> Never {
    guard ranks.count > 1 else { MFFInspect.exit(withError: error) }
    let words = MFFInspect.fullMessage(for: error)
    if ranks.isFirst, !words.isEmpty { writeMessage(words) }
    AtomicFile.abandonDrafts()
    ranks.abort(status: MFFInspect.exitCode(for: error).rawValue)
  }
}

/// A command that ranks divide.
protocol DividedCommand: ParsableCommand {}

/// Several processes were started for a command that one does alone.
struct UndividedCommand: Error, CustomStringConvertible {
  let name: String
  let ranks: Int

  var description: String {
    "\(name) was started as \(ranks) ranks, but divides its work over the threads of one process alone; "
      + "start it without mpirun (frequency with checkpoints, hessian and pretrain are what ranks divide)"
  }
}
