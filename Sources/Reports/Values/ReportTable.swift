internal import Foundation

/// A small table of words and numbers.
public struct ReportTable: Sendable, Hashable {
  /// What the table shows.
  public var caption: String
  /// The heads of the columns.
  public var columns: [String]
  /// The rows, each with a cell for each column; the first cell names the row.
  public var rows: [[ReportCell]]
  /// Words below the table, such as how many rows were left out.
  public var note: String?

  /// A table.
  public init(caption: String, columns: [String], rows: [[ReportCell]], note: String? = nil) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
    self.note = note
  }
}

/// What stands in a place of a table.
public struct ReportCell: Sendable, Hashable {
  /// A piece of a cell.
  public enum Part: Sendable, Hashable {
    /// Words.
    case text(String)
    /// A number, printed, and where the figure's JSON has it in full (a JSON pointer, RFC 6901), if it stands there.
    case number(String, source: String?)
  }

  /// The pieces, next to each other.
  public var parts: [Part]

  /// A cell of several pieces.
  public init(_ parts: [Part]) { self.parts = parts }

  /// Words.
  public static func text(_ words: String) -> ReportCell { ReportCell([.text(words)]) }

  /// A place without a value.
  public static let none = text("–")

  /// A number; a dash where there is none.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - format: How it is printed.
  ///   - source: Where the figure's JSON has it, as a JSON pointer such as `/models/0/seconds`.
  /// - Returns: The cell.
  public static func number(_ value: Double?, _ format: ReportNumber = .digits(4), source: String? = nil) -> ReportCell
  {
    guard let value else { return .none }
    return ReportCell([.number(format.text(value), source: source)])
  }

  /// A whole number.
  public static func count(_ value: Int, source: String? = nil) -> ReportCell {
    ReportCell([.number(String(value), source: source)])
  }

  /// A number and the error of it; the number alone where the error is not known.
  public static func number(
    _ value: Double, error: Double?, _ format: ReportNumber = .digits(4), source: String? = nil,
    errorSource: String? = nil
  ) -> ReportCell {
    let own = ReportCell.number(value, format, source: source)
    guard let error else { return own }
    return ReportCell(own.parts + [.text(" ± "), .number(format.unsigned.text(error), source: errorSource)])
  }

  /// The two ends of an interval; a dash where there is none.
  ///
  /// - Parameters:
  ///   - ends: Lower and upper end.
  ///   - format: How each is printed.
  ///   - source: Where the figure's JSON has the two, as a JSON pointer to an array.
  /// - Returns: The cell.
  public static func interval(_ ends: [Double]?, _ format: ReportNumber = .digits(4), source: String? = nil)
    -> ReportCell
  {
    guard let ends, ends.count == 2 else { return .none }
    let numbers = ends.enumerated().map { index, end in
      Part.number(format.text(end), source: source.map { "\($0)/\(index)" })
    }
    return ReportCell([.text("["), numbers[0], .text(", "), numbers[1], .text("]")])
  }
}

/// How a number is printed; the sign is a true minus.
public enum ReportNumber: Sendable, Hashable {
  /// So many digits after the point.
  case decimals(Int)
  /// So many digits that count.
  case digits(Int)
  /// So many digits that count, a plus sign before positive numbers.
  case signed(Int)

  /// The same without a plus sign.
  var unsigned: ReportNumber { if case .signed(let digits) = self { .digits(digits) } else { self } }

  /// The number's text.
  public func text(_ value: Double) -> String {
    var text: String
    switch self {
    case .decimals(let count): text = String(format: "%.\(count)f", value)
    case .digits(let count): text = String(format: "%#.\(count)g", value)
    case .signed(let count): text = String(format: "%+#.\(count)g", value)
    }
    if text.hasSuffix(".") { text.removeLast() }
    return text.replacingOccurrences(of: "-", with: "\u{2212}")
  }
}
