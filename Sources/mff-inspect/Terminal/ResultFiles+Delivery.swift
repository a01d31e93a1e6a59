import Diagnostics

extension ResultFiles {
  /// Writes a result's files; standard output gets the table, or the numbers where no file takes them, and a caption that the
  /// figure is without.
  ///
  /// - Returns: The files written.
  func deliver(_ result: some DrawableResult) throws -> [String] {
    let numbers = try encodeResult(result)
    // A history of a million steps makes a large table: only where it is wanted.
    let values = csv == nil ? "" : result.csv
    let settings = result.drawing ?? DrawingSettings()
    let (drawing, caption) = try result.drawn(settings)
    try write(
      json: numbers, csv: values, figure: drawing, width: settings.width, height: settings.height,
      metadata: result.metadata)
    if json == nil {
      try printResult(numbers)
      if let caption { writeMessage(caption) }
    } else {
      try printResult(Array((([result.table] + [caption].compactMap(\.self)).joined(separator: "\n\n") + "\n").utf8))
    }
    return [figure, json, csv].compactMap(\.self)
  }
}
