import Diagnostics

extension ResultFiles {
  /// Writes a result's files; standard output gets the table, or the numbers where no file takes them.
  ///
  /// - Returns: The files written.
  func deliver(_ result: some DrawableResult, width: Double?) throws -> [String] {
    let numbers = try encodeResult(result)
    // A history of a million steps makes a large table: only where it is wanted.
    let values = csv == nil ? "" : result.csv
    try write(
      json: numbers, csv: values, figure: result.figure(result.drawing ?? DrawingSettings()), width: width,
      metadata: result.metadata)
    if json == nil {
      try printResult(numbers)
    } else {
      try printResult(Array((result.table + "\n").utf8))
    }
    return [figure, json, csv].compactMap(\.self)
  }
}
