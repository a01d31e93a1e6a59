/// A figure or a table of the reproduction, as the command line that makes it.
public struct PlannedAnalysis: Sendable, Hashable {
  /// The name of its files.
  public let name: String
  /// The command line after the program's name, relative to the reproduction's folder.
  public let arguments: [String]
  /// The checkpoints and run folders it reads.
  public let inputs: [String]

  /// The figure.
  public var figure: String { "figures/\(name).png" }
  /// The numbers.
  public var numbers: String { "figures/\(name).json" }
  /// The command.
  public var command: String { arguments[0] }

  /// An analysis by a command.
  ///
  /// - Parameters:
  ///   - name: The name of its files.
  ///   - command: The command with its flags.
  ///   - inputs: What it reads, each with its name in the figure.
  ///   - options: What else the command line has.
  init(_ name: String, _ command: [String], _ inputs: [(path: String, title: String)], options: [String] = []) {
    self.name = name
    self.inputs = inputs.map(\.path)
    arguments =
      command + inputs.map(\.path) + inputs.flatMap { ["--name", $0.title] } + options
      + ["-o", "figures/\(name).png"]
  }
}
