public import Figures
internal import Foundation
public import OutputFiles

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
  /// - Throws: `OutputError` for an unknown ending, a missing folder, or a place that cannot be written.
  public init(figure: String, json: String?, csv: Bool, dpi: Double) throws(OutputError) {
    let url = URL(fileURLWithPath: figure)
    guard let format = FigureFormat(pathOf: figure, dpi: dpi) else { throw .unknownFormat(path: figure) }
    self.format = format
    let stem = String(figure.dropLast(url.pathExtension.count + 1))
    self.figure = figure
    self.json = json == "-" ? nil : json ?? stem + ".json"
    self.csv = csv ? stem + ".csv" : nil
    for path in [figure, self.json, self.csv].compactMap(\.self) { try AtomicFile.check(path) }
  }

  /// A path like the figure's with another ending.
  public func besideFigure(_ ending: String) -> String {
    String(figure.dropLast(URL(fileURLWithPath: figure).pathExtension.count)) + ending
  }

  /// Whether the path's ending picks a figure format.
  public static func canDraw(_ path: String) -> Bool { FigureFormat(pathOf: path, dpi: 150) != nil }

  /// Draws the figure and writes everything: all files or none, each whole.
  ///
  /// - Parameters:
  ///   - numbers: Goes to `json`, or nowhere when that is nil.
  ///   - values: Goes to `csv`, or nowhere when that is nil.
  ///   - drawing: The figure.
  ///   - width: Inches; nil for what fits the content.
  ///   - height: Inches; nil for what suits the width.
  ///   - metadata: What the figure's file says about itself.
  /// - Throws: `FigureError` or `OutputError`; the files that were there before are then unchanged.
  public func write(
    json numbers: [UInt8], csv values: String, figure drawing: Figure, width: Double?, height: Double? = nil,
    metadata: [(String, String)]
  ) throws {
    var files: [AtomicFile.Content] = []
    if let json { files.append(AtomicFile.Content(path: json, bytes: numbers)) }
    if let csv { files.append(AtomicFile.Content(path: csv, bytes: Array(values.utf8))) }
    let picture = try drawing.render(as: format, width: width, height: height, metadata: metadata)
    files.append(AtomicFile.Content(path: figure, bytes: picture))
    try AtomicFile.write(files)
  }
}

extension FigureFormat {
  /// The format that a path's ending picks; nil for an unknown one.
  fileprivate init?(pathOf path: String, dpi: Double) {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "png": self = .png(dpi: dpi)
    case "pdf": self = .pdf
    case "svg": self = .svg
    default: return nil
    }
  }
}

/// Results as JSON: UTF-8, one object, keys sorted, doubles with every digit.
public func encodeResult(_ result: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return Array(try encoder.encode(result)) + [UInt8(ascii: "\n")]
}
