public import Figures
internal import Foundation

/// Where a result's figure and numbers go.
public struct ResultFiles: Sendable {
  /// The figure; its ending picks the format.
  public let figure: String
  /// The numbers; nil for standard output.
  public let json: String?
  /// The numbers as comma-separated values; nil for none.
  public let csv: String?
  private let format: FigureFormat

  /// Works out the paths and checks that they can be written, before anything is computed.
  ///
  /// - Parameters:
  ///   - figure: Path of the figure.
  ///   - json: Path of the numbers, `-` for standard output; nil for beside the figure.
  ///   - csv: Whether to write comma-separated values beside the figure.
  ///   - dpi: Dots an inch of a PNG.
  public init(figure: String, json: String?, csv: Bool, dpi: Double) throws(OutputError) {
    let url = URL(fileURLWithPath: figure)
    switch url.pathExtension.lowercased() {
    case "png": format = .png(dpi: dpi)
    case "pdf": format = .pdf
    case "svg": format = .svg
    default: throw .unknownFormat(path: figure)
    }
    let stem = String(figure.dropLast(url.pathExtension.count + 1))
    self.figure = figure
    self.json = json == "-" ? nil : json ?? stem + ".json"
    self.csv = csv ? stem + ".csv" : nil
    for path in [figure, self.json, self.csv].compactMap(\.self) { try AtomicFile.check(path) }
  }

  /// Draws the figure and writes everything; each file appears whole or not at all, the numbers first.
  ///
  /// - Parameters:
  ///   - width: Inches; nil for what fits the content.
  ///   - metadata: What the figure's file says about itself.
  public func write(
    json numbers: [UInt8], csv values: String, figure drawing: Figure, width: Double?, metadata: [(String, String)]
  ) throws {
    let picture = try drawing.render(as: format, width: width, metadata: metadata)
    if let json { try AtomicFile.write(numbers, to: json) }
    if let csv { try AtomicFile.write(Array(values.utf8), to: csv) }
    try AtomicFile.write(picture, to: figure)
  }
}

/// Results as JSON: UTF-8, one object, keys sorted, doubles with every digit.
public func encodeResult(_ result: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return Array(try encoder.encode(result)) + [UInt8(ascii: "\n")]
}
