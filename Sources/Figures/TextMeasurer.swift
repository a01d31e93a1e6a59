import CCairo

/// The font of all words.
enum Typeface {
  /// Debian's package fonts-dejavu-core; where it is missing fontconfig picks another sans face.
  static let family = "DejaVu Sans"
  /// What an SVG asks for; Verdana has nearly the same widths.
  static let fallbacks = "'DejaVu Sans', 'Bitstream Vera Sans', Verdana, Helvetica, Arial, sans-serif"
}

/// The look of a line of words.
struct TextStyle: Hashable {
  var size: Double
  var isBold = false
  var color = Color.ink
}

/// Measures words as they will be drawn.
final class TextMeasurer {
  private let cairo: Cairo
  /// Whether there is no font at all and cairo draws its own strokes, which know ASCII only.
  private let hasOnlyASCII: Bool
  /// Heights as shares of the font size.
  let ascent: Double
  let descent: Double
  let capHeight: Double

  init() throws(FigureError) {
    let cairo = try Cairo.pixels(width: 1, height: 1)
    cairo.selectFont(size: 100, isBold: false)
    let font = unsafe cairo_get_scaled_font(cairo.context)
    hasOnlyASCII = unsafe cairo_scaled_font_get_type(font) == CAIRO_FONT_TYPE_USER
    let (tall, deep) = (Self.extents("bdfhkl", cairo), Self.extents("gpqy", cairo))
    ascent = -tall.y_bearing / 100
    descent = (deep.y_bearing + deep.height) / 100
    capHeight = -Self.extents("HEF", cairo).y_bearing / 100
    try cairo.check("measuring words")
    self.cairo = cairo
  }

  private static func extents(_ text: String, _ cairo: borrowing Cairo) -> cairo_text_extents_t {
    var extents = cairo_text_extents_t()
    unsafe cairo_text_extents(cairo.context, text, &extents)
    return extents
  }

  /// The width in points of a line of words, as it will be drawn.
  func width(_ text: String, _ style: TextStyle) -> Double {
    cairo.selectFont(size: 100, isBold: style.isBold)
    return Self.extents(drawable(text), cairo).x_advance * style.size / 100
  }

  /// The height of a line of words, from the top of an l to the bottom of a g.
  func height(_ style: TextStyle) -> Double { (ascent + descent) * style.size }

  /// The distance of two baselines.
  func lineHeight(_ style: TextStyle) -> Double { 1.25 * style.size }

  /// `text` in one line of characters that can be drawn.
  func drawable(_ text: String) -> String {
    let line = String(text.unicodeScalars.map { Self.isControl($0) ? " " : Character($0) })
    return hasOnlyASCII ? Self.spelled(line) : line
  }

  /// `text` in ASCII: 10⁻³π becomes 10^-3pi.
  static func spelled(_ text: String) -> String {
    let spellings: [Character: String] = ["\u{2212}": "-", "π": "pi", "×": "x", "…": "...", "±": "+-", "–": "-"]
    var result = ""
    var isRaised = false
    let raised = Array("⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    for character in text {
      if let digit = raised.firstIndex(of: character) {
        result += isRaised ? "" : "^"
        result += digit < 10 ? String(digit) : "-"
        isRaised = true
      } else {
        result += spellings[character] ?? (character.isASCII ? String(character) : "?")
        isRaised = false
      }
    }
    return result
  }

  /// Throws what went wrong while measuring.
  func check() throws(FigureError) { try cairo.check("measuring words") }

  /// Characters that no format can hold: C0 and C1 controls, and the two that XML excludes.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0xFFFE || scalar.value == 0xFFFF
  }
}
