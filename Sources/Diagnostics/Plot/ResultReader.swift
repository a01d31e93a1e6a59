public import Figures
internal import Foundation

/// Results of one command read from their files, ready to be drawn together.
public struct PlottedResults: Sendable {
  /// The command that computed them.
  public let command: String
  /// The figure.
  public let figure: Figure
  /// The settings that the figure was made with, and how to render it.
  public let settings: DrawingSettings
  /// The words below the figure where it was made without them.
  public let caption: String?
  /// The numbers as comma-separated values.
  public let csv: String
  /// What the figure's file says about itself.
  public let metadata: [(String, String)]
  /// What a reader should know.
  public let remarks: [String]
}

/// Reads results, told apart by their `command`.
public enum ResultReader {
  /// Every kind of result that has a figure.
  private static let kinds: [any DrawableResult.Type] = [
    FrequencyResult.self, WeightsResult.self, ReconstructionResult.self, HessianResult.self,
  ]

  /// Reads results and makes their figure.
  ///
  /// A single result is drawn as its command drew it, where `settings` leave that open.
  ///
  /// - Parameters:
  ///   - files: The results' JSON files; `-` is standard input.
  ///   - settings: Title, axis and size.
  ///   - names: What the first, second, … checkpoint or run is called instead.
  ///   - arguments: The command line, for the metadata of a joint figure.
  /// - Returns: The figure with everything that is written beside it.
  /// - Throws: `PlotError` for files that hold no results, or such as cannot share a figure.
  public static func plot(
    _ files: [String], settings: DrawingSettings, names: [String] = [], arguments: [String]
  ) throws(PlotError) -> PlottedResults {
    var documents: [(file: String, data: Data, command: String)] = []
    for file in files {
      let data = try contents(of: file)
      let command = try command(in: data, file)
      if let first = documents.first, first.command != command {
        throw .mixedCommands(file: file, command: command, first: first.file, firstCommand: first.command)
      }
      documents.append((file, data, command))
    }
    guard let first = documents.first else { throw .unreadable(file: "-", reason: "no file is named") }
    guard let kind = kinds.first(where: { $0.commandName == first.command }) else {
      throw .notDrawable(file: first.file, command: first.command, drawable: kinds.map { $0.commandName })
    }
    return try plot(kind, documents.map { ($0.file, $0.data) }, settings, names, arguments)
  }

  private static func plot<Result: DrawableResult>(
    _: Result.Type, _ documents: [(file: String, data: Data)], _ settings: DrawingSettings, _ names: [String],
    _ arguments: [String]
  ) throws(PlotError) -> PlottedResults {
    var results: [(file: String, result: Result)] = []
    for (file, data) in documents { results.append((file, try decode(data, file))) }
    var joint = try Result.joining(results)
    guard names.count <= joint.names.count else {
      throw .tooManyNames(given: names.count, things: joint.names)
    }
    joint.names = names + joint.names.dropFirst(names.count)
    let remarks = Result.remarks(on: results)
    let settings = settings.filled(from: common(results.map(\.result.drawing)))
    let (figure, caption) = try joint.drawn(settings)
    return PlottedResults(
      command: Result.commandName, figure: figure, settings: settings, caption: caption, csv: joint.csv,
      metadata: results.count == 1 ? joint.metadata : Result.metadata(of: results.map(\.result), arguments: arguments),
      remarks: remarks)
  }

  /// What the results' own figures have in common: everything for one, the axis for several that agree on it.
  private static func common(_ drawings: [DrawingSettings?]) -> DrawingSettings? {
    guard drawings.count > 1 else { return drawings.first ?? nil }
    let axes = Set(drawings.map { $0?.against ?? .frequency })
    let trainingAxes = Set(drawings.map { $0?.by })
    return DrawingSettings(
      against: axes.count == 1 ? axes.first : nil, by: trainingAxes.count == 1 ? trainingAxes.first ?? nil : nil)
  }

  // MARK: Reading

  private static func contents(of file: String) throws(PlotError) -> Data {
    do {
      if file == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
      return try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      let isMissing = !FileManager.default.fileExists(atPath: file)
      throw .unreadable(file: file, reason: isMissing ? "there is no such file" : error.localizedDescription)
    }
  }

  private struct Header: Decodable {
    let command: String
  }

  private static func command(in data: Data, _ file: String) throws(PlotError) -> String {
    do {
      return try JSONDecoder().decode(Header.self, from: data).command
    } catch {
      throw .notAResult(file: file, reason: words(for: error))
    }
  }

  private static func decode<Result: DrawableResult>(_ data: Data, _ file: String) throws(PlotError) -> Result {
    let result: Result
    do {
      result = try JSONDecoder().decode(Result.self, from: data)
    } catch {
      throw .notAResult(file: file, reason: words(for: error))
    }
    if let what = result.inconsistency { throw .inconsistent(file: file, what: what) }
    return result
  }

  private static func words(for error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    func place(_ path: [any CodingKey], _ last: String? = nil) -> String {
      (path.map { $0.intValue.map(String.init) ?? $0.stringValue } + [last].compactMap(\.self)).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context): return "it has no \(place(context.codingPath, key.stringValue))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let path = place(context.codingPath)
      return path.isEmpty ? "it is no object" : "\(path) is of another type"
    case .dataCorrupted(let context):
      let path = place(context.codingPath)
      return path.isEmpty ? "no valid JSON" : "\(path): \(context.debugDescription)"
    @unknown default: return "no valid JSON"
    }
  }
}
