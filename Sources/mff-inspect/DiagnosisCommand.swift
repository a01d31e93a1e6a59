import ArgumentParser
import Diagnostics

/// A command that computes a result with a figure: run from the command line, or asked by another command that says it in
/// the words of a command line.
protocol DiagnosisCommand: ParsableCommand {
  associatedtype Result: DrawableResult

  /// Computes the result, ready to be drawn.
  ///
  /// - Parameters:
  ///   - arguments: The command line after the program's name, kept in the result.
  ///   - journal: Where a command that can be resumed notes what is done; nil for nowhere.
  ///   - console: Where remarks and progress go.
  /// - Returns: The result with the settings of its figure.
  /// - Throws: What the diagnosis throws; `Interruption`.
  func result(arguments: [String], journal: String?, _ console: Console) throws -> Result
}

extension DiagnosisCommand {
  /// The command of a command line such as `["frequency", "ckpt.bin"]`, checked as if it had been typed.
  static func parsed(_ arguments: [String]) throws -> Self {
    precondition(arguments.first == configuration.commandName, "the command line is of another command")
    return try parse(Array(arguments.dropFirst()))
  }
}
