internal import Diagnostics
internal import Figures

/// A figure drawn twice, for wide and for narrow screens.
struct FigureDrawings {
  /// For the page's column.
  let wide: PageDrawing
  /// For a phone, below each other where the whole is too wide for it.
  let narrow: [PageDrawing]

  /// Inches: the column of the page at the scale of the style sheet.
  private static let column = 8.0
  /// Inches: a phone at about the same scale.
  private static let phone = 3.1

  /// Draws a figure.
  ///
  /// - Parameters:
  ///   - figure: What and how.
  ///   - prefix: Makes names in the drawings differ from those of other figures.
  /// - Throws: `PlotError` or `FigureError`.
  init(_ figure: ReportFigure, prefix: String) throws {
    let whole = try figure.result.figure(figure.settings)
    wide = try Self.draw(whole, upTo: Self.column, prefix: prefix + "w")
    do throws(FigureError) {
      narrow = [try whole.pageDrawing(width: Self.phone, prefix: prefix + "n")]
    } catch .tooNarrow {
      var drawings: [PageDrawing] = []
      for (index, part) in figure.result.parts.enumerated() {
        let drawn = try part.figure(figure.settings)
        drawings.append(try Self.draw(drawn, width: Self.phone, prefix: "\(prefix)n\(index)"))
      }
      narrow = drawings
    }
  }

  /// As wide as suits the content, and at most as wide as the column.
  private static func draw(_ figure: Figure, upTo most: Double, prefix: String) throws(FigureError) -> PageDrawing {
    let natural = try figure.drawing().width / 72
    return natural <= most
      ? try figure.pageDrawing(prefix: prefix) : try draw(figure, width: most, prefix: prefix)
  }

  /// At a width, or where that is too narrow at the least width that is not; the page then scales it down.
  private static func draw(_ figure: Figure, width: Double, prefix: String) throws(FigureError) -> PageDrawing {
    do throws(FigureError) {
      return try figure.pageDrawing(width: width, prefix: prefix)
    } catch .tooNarrow(_, let needed) {
      return try figure.pageDrawing(width: needed / 72 + 0.2, prefix: prefix)
    }
  }
}

extension DrawableResult {
  /// Results that show one checkpoint each, where the figure has columns for each; otherwise the result itself.
  fileprivate var parts: [any DrawableResult] {
    guard let whole = self as? ReconstructionResult, whole.models.count > 1 else { return [self] }
    return whole.models.indices.map { index in
      var part = whole
      part.models = [whole.models[index]]
      // Inputs that a result keeps with its first model only.
      for image in part.models[0].details.images.indices {
        part.models[0].details.images[image].input =
          part.models[0].details.images[image].input ?? whole.models[0].details.images[image].input
      }
      return part
    }
  }
}
