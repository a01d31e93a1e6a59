/// A kind of picture file.
public enum FigureFormat: Sendable, Hashable {
  /// Pixels, `dpi` of them to the inch.
  case png(dpi: Double)
  /// Vectors, fonts embedded.
  case pdf
  /// Vectors, words as words.
  case svg
}

extension Figure {
  /// The figure as the bytes of a file.
  ///
  /// The same figure gives the same bytes.
  ///
  /// - Parameters:
  ///   - format: The kind of file.
  ///   - width: The page width in inches, or `nil` for the width that suits the content. 3.3 is a column of a paper,
  ///     6.8 a page.
  ///   - height: The page height in inches, or `nil` for the one that suits the width.
  ///   - metadata: What the file says about itself, such as ("Software", "…"): text chunks of a PNG (keys of 1 to 79
  ///     ASCII characters), properties and keywords of a PDF, the `metadata` element of an SVG.
  /// - Returns: The file's content.
  /// - Throws: `FigureError` for values that have no place in a figure, for a page too narrow or too low for its words, and
  ///   for what cairo or libpng report.
  public func render(
    as format: FigureFormat, width: Double? = nil, height: Double? = nil,
    metadata: [(String, String)] = []
  ) throws(FigureError) -> [UInt8] {
    let drawing = try drawing(width: width, height: height)
    return try exclusively { () throws(FigureError) in
      switch format {
      case .png(let dpi): try PNGRenderer(drawing: drawing, dpi: dpi, metadata: metadata).bytes()
      case .pdf: try PDFRenderer(drawing: drawing, metadata: metadata).bytes()
      case .svg: try SVGRenderer(drawing: drawing, metadata: metadata).bytes()
      }
    }
  }

  /// The drawing that all formats are written from.
  ///
  /// - Parameters:
  ///   - width: The page width in inches, or `nil` for the width that suits the content.
  ///   - height: The page height in inches, or `nil` for the one that suits the width. Plots become lower or higher; words keep
  ///     their size.
  /// - Returns: Operations in points.
  /// - Throws: `FigureError` for values that have no place in a figure, and for a page too narrow or too low for its words.
  /// - Complexity: One layout; with a height some twenty.
  public func drawing(width: Double? = nil, height: Double? = nil) throws(FigureError) -> DrawingList {
    for (value, what) in [(width, "width"), (height, "height")] {
      if let value, !(value.isFinite && value >= 1 && value <= 100) {
        throw .badSize(what: what, value: value, allowed: "1 to 100 inches")
      }
    }
    return try exclusively { () throws(FigureError) in
      guard let height else { return try FigureLayout.drawing(of: self, width: width.map { $0 * 72 }) }
      return try drawing(width: width.map { $0 * 72 }, exactHeight: height * 72)
    }
  }
}
