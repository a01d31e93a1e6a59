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
  ///     6.8 a page. The height follows.
  ///   - metadata: What the file says about itself, such as ("Software", "…"): text chunks of a PNG (keys of 1 to 79
  ///     ASCII characters), properties and keywords of a PDF, the `metadata` element of an SVG.
  /// - Returns: The file's content.
  /// - Throws: `FigureError` for values that have no place in a figure, for a page too narrow for its words, and for
  ///   what cairo or libpng report.
  public func render(
    as format: FigureFormat, width: Double? = nil, metadata: [(String, String)] = []
  ) throws(FigureError) -> [UInt8] {
    let drawing = try drawing(width: width)
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
  /// - Parameter width: The page width in inches, or `nil` for the width that suits the content.
  /// - Returns: Operations in points.
  /// - Throws: `FigureError` for values that have no place in a figure, and for a page too narrow for its words.
  public func drawing(width: Double? = nil) throws(FigureError) -> DrawingList {
    if let width, !(width.isFinite && width >= 1 && width <= 100) {
      throw .badSize(what: "width", value: width, allowed: "1 to 100 inches")
    }
    return try exclusively { () throws(FigureError) in
      try FigureLayout.drawing(of: self, width: width.map { $0 * 72 })
    }
  }
}
