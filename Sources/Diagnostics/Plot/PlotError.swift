internal import Checkpoints

/// Why results cannot be drawn.
public enum PlotError: Error, Sendable, Hashable {
  case unreadable(file: String, reason: String)
  case notAResult(file: String, reason: String)
  case notDrawable(file: String, command: String, drawable: [String])
  case mixedCommands(file: String, command: String, first: String, firstCommand: String)
  case inconsistent(file: String, what: String)
  case incompatible(file: String, first: String, what: String)
  case tooFewDepths(model: String, found: Int)
  case tooManyNames(given: Int, things: [String])
  case axisMissing(run: String, axis: TrainingAxis)
}

extension PlotError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String { words.boundedMessage }

  private var words: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); give a result's .json"
    case .notAResult(let file, let reason):
      "\(file): no result of mff-inspect (\(reason)); give the .json that a command wrote beside its figure"
    case .notDrawable(let file, let command, let drawable):
      "\(file): results of `\(command)` have no figure; those of \(drawable.joined(separator: ", ")) do"
    case .mixedCommands(let file, let command, let first, let firstCommand):
      "\(file) is a result of `\(command)`, \(first) one of `\(firstCommand)`; draw results of one command at a time"
    case .inconsistent(let file, let what):
      "\(file): the result contradicts itself: \(what); compute it again"
    case .incompatible(let file, let first, let what):
      "\(file) and \(first) cannot share a figure: \(what); draw them apart, or compute them alike"
    case .tooFewDepths(let model, let found):
      "\(model): a figure against depth needs two places along the network, the result has \(found); "
        + "compute it with --layers all (and --positions subblock for the places inside blocks)"
    case .tooManyNames(let given, let things):
      "--name is given \(given) times, the results show \(things.count): \(things.joined(separator: ", "))"
    case .axisMissing(let run, let axis):
      "\(run): no \(axis.rawValue)s are known of its fusion weights; give --by \(axis == .epoch ? "step" : "epoch"), or none"
    }
  }
}
