import ArgumentParser

@main
struct MFFInspect: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mff-inspect")
}
