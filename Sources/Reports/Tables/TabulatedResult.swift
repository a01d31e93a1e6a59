internal import Diagnostics

/// A result whose numbers a page can show.
protocol TabulatedResult: DrawableResult {
  /// What every reader should see, beside the figure.
  var summaryTables: [ReportTable] { get }
  /// The numbers behind the figure.
  var numberTables: [ReportTable] { get }
  /// What a reader should take from the numbers, in sentences.
  var conclusions: [String] { get }
}

extension TabulatedResult {
  var summaryTables: [ReportTable] { [] }
  var conclusions: [String] { [] }
}

extension ReportTable {
  /// Most rows of a table: the files to download have all.
  static let mostRows = 240

  /// The first rows, or for something that has a course evenly spread ones, and a note where rows were left out.
  static func shown(_ count: Int, spread: Bool = false, most: Int = mostRows) -> (indices: [Int], note: String?) {
    guard count > most else { return (Array(0..<count), nil) }
    let indices = spread ? (0..<most).map { $0 * (count - 1) / (most - 1) } : Array(0..<most)
    return (indices, "\(spread ? "\(most) of" : "The first \(most) of") \(count) rows are shown; the files have all.")
  }
}
