/// A figure as an element of an HTML page.
///
/// Marks stand in groups of the class `series` with their name in `data-name`, what they show in `data-fields` (words with line breaks
/// between them) and their values in `data-readings` (a line for each: x, y and a word for each field, tabs between them; x and y in the
/// units of the view box). Entries of legends and steps of colour bars stand in groups of the class `key` with the name they explain in
/// `data-name`. Colours are attributes (`fill`, `stroke`), which the page's style sheet may replace, for example on dark paper.
public struct PageDrawing: Sendable, Hashable {
  /// The `svg` element.
  public let element: String
  /// The width in points.
  public let width: Double
  /// The height in points.
  public let height: Double
  /// Every colour in it, opaque, in a fixed order.
  public let colors: [Color]
}

extension Figure {
  /// Lines with more points than this are thinned in pages.
  static let longestPageLine = 600

  /// The figure as an element of an HTML page.
  ///
  /// - Parameters:
  ///   - width: The width in inches, or `nil` for the width that suits the content.
  ///   - prefix: What the names of its clip paths begin with; it must differ from those of other drawings on the page.
  /// - Returns: The element; long lines are thinned to the resolution of a screen, with every extreme kept.
  /// - Throws: `FigureError` for values that have no place in a figure, and for a page too narrow for its words.
  public func pageDrawing(width: Double? = nil, prefix: String) throws(FigureError) -> PageDrawing {
    let drawing = try drawing(width: width)
    return try exclusively { () throws(FigureError) in try drawing.pageDrawing(prefix: prefix) }
  }
}

extension DrawingList {
  /// The drawing as an element of an HTML page.
  func pageDrawing(prefix: String) throws(FigureError) -> PageDrawing {
    var writer = SVGWriter(isEmbedded: true)
    try writer.write(Self.thinned(operations))
    let body = writer.body.split(separator: SVGWriter.prefixMark, omittingEmptySubsequences: false).joined(
      separator: prefix)
    let clips = writer.clips.map { "<clipPath id=\"\(prefix)-\($0.key)\">\($0.shape)</clipPath>" }
    let (width, height) = (Decimal.coordinate(width), Decimal.coordinate(height))
    let element = """
      <svg width="\(width)pt" height="\(height)pt" viewBox="0 0 \(width) \(height)" role="img" \
      font-family="\(Typeface.fallbacks)">
      <title>\(SVGWriter.escaped(title))</title>
      <desc>\(SVGWriter.escaped(summary))</desc>
      \(clips.isEmpty ? "" : "<defs>\(clips.joined())</defs>\n")\(body)</svg>
      """
    return PageDrawing(
      element: element, width: self.width, height: self.height,
      colors: writer.colors.sorted { $0.hexadecimal < $1.hexadecimal })
  }

  /// Fewer points where a screen shows no more.
  private static func thinned(_ operations: [DrawingOperation]) -> [DrawingOperation] {
    operations.map { operation in
      switch operation {
      case .polyline(let points, let stroke):
        .polyline(Thinning.thinned(points, over: Figure.longestPageLine, cell: 0.75), stroke)
      case .clipped(let box, let inner): .clipped(to: box, thinned(inner))
      case .tagged(let tag, let inner): .tagged(tag, thinned(inner))
      default: operation
      }
    }
  }
}

extension SVGWriter {
  /// The beginning of a tag's group.
  static func opening(_ tag: DrawingTag) -> String {
    switch tag {
    case .key(let name): return "<g class=\"key\" data-name=\"\(escaped(name))\">\n"
    case .series(let series):
      var text = "<g class=\"series\" data-name=\"\(escaped(series.name))\""
      if !series.readings.isEmpty {
        let rows = series.readings.map { reading in
          let place = [reading.place.x, reading.place.y].map { Decimal.text($0, decimals: 1, minus: "-") }
          return (place + reading.values.map(line)).joined(separator: "\t")
        }
        text += " data-fields=\"\(escaped(series.fields.map(line).joined(separator: "\n")))\""
        text += " data-readings=\"\(escaped(rows.joined(separator: "\n")))\""
      }
      return text + ">\n"
    }
  }

  /// The words without what separates them.
  private static func line(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }
}
