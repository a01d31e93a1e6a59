/// Which part of a text lies at its place.
public enum TextAnchor: Sendable, Hashable {
  /// The beginning.
  case start
  /// The middle.
  case middle
  /// The end.
  case end
}

/// How a line is drawn.
public struct Stroke: Sendable, Hashable {
  /// The colour.
  public var color: Color
  /// The width in points.
  public var width: Double
  /// Lengths of strokes and gaps in points; empty is solid.
  public var dashes: [Double]
  /// Whether ends and corners are round.
  public var isRound: Bool

  /// A stroke.
  public init(_ color: Color, width: Double, dashes: [Double] = [], isRound: Bool = false) {
    self.color = color
    self.width = width
    self.dashes = dashes
    self.isRound = isRound
  }
}

/// A line of words with its place on the page.
public struct TextRun: Sendable, Hashable {
  /// What the words are for.
  public enum Role: Sendable, Hashable {
    /// The figure's title, subtitle or note.
    case heading
    /// The title of a panel.
    case panelTitle
    /// A tick label of an x axis.
    case xTick
    /// A tick label of a y axis.
    case yTick
    /// The label of an axis.
    case axisLabel
    /// A word of a legend or of a colour bar.
    case legend
    /// A word in a plot.
    case annotation
  }

  /// The words, without line breaks or control characters.
  public var text: String
  /// The place of the anchor, on the baseline.
  public var origin: Point
  /// Which part of the words lies at `origin`.
  public var anchor: TextAnchor
  /// Whether the words run upwards instead of rightwards.
  public var isVertical: Bool
  /// The font size in points.
  public var size: Double
  /// Whether the words are bold.
  public var isBold: Bool
  /// The colour.
  public var color: Color
  /// What the words are for.
  public var role: Role
  /// The place the words cover, as measured with the font in use.
  public var box: Rectangle
}

/// A step of drawing.
///
/// Places and lengths are in points from the upper left corner.
public enum DrawingOperation: Sendable, Hashable {
  /// A line through points.
  case polyline([Point], Stroke)
  /// A filled polygon.
  case polygon([Point], Color)
  /// A filled rectangle.
  case rectangle(Rectangle, Color)
  /// A disc, with an outline if given.
  case circle(center: Point, radius: Double, fill: Color, outline: Stroke?)
  /// Words.
  case text(TextRun)
  /// Pixels, stretched over a rectangle.
  case picture(Picture, Rectangle)
  /// Operations that show inside a rectangle only.
  case clipped(to: Rectangle, [DrawingOperation])
  /// Operations that stand for something a reader may ask about; they look as they would without the tag.
  case tagged(DrawingTag, [DrawingOperation])
}

/// A finished drawing: what every file format is written from.
public struct DrawingList: Sendable, Hashable {
  /// The page width in points.
  public var width: Double
  /// The page height in points.
  public var height: Double
  /// The title, for the document's properties.
  public var title: String
  /// What the drawing shows, for readers who cannot see it.
  public var summary: String
  /// The steps, from back to front.
  public var operations: [DrawingOperation]

  /// All words of the drawing, in drawing order.
  public var texts: [TextRun] { Self.texts(in: operations) }

  private static func texts(in operations: [DrawingOperation]) -> [TextRun] {
    operations.flatMap { operation -> [TextRun] in
      switch operation {
      case .text(let run): [run]
      case .clipped(_, let inner), .tagged(_, let inner): texts(in: inner)
      default: []
      }
    }
  }
}
