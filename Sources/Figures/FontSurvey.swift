internal import CCairo

/// Whether words can be drawn as figures need them: what font there is on this machine.
public struct FontSurvey: Sendable, Hashable {
  /// The font that figures ask for.
  public let family: String
  /// Whether letters are as wide as that font's; otherwise the system has put another in its place.
  public let isTheRightOne: Bool
  /// Whether there is no font at all, so that letters are made of plain strokes.
  public let hasOnlyStrokes: Bool
  /// Characters of figures that the font lacks: boxes stand in their place.
  public let missing: [String]

  /// What figures write beside letters and digits.
  static let characters = "π−×…±–|λθ⁰¹²³⁴⁵⁶⁷⁸⁹⁻·ü"

  /// Draws and measures a few words.
  ///
  /// - Throws: `FigureError` where cairo fails.
  public init() throws(FigureError) {
    self = try exclusively { () throws(FigureError) in try FontSurvey(asking: Typeface.family) }
  }

  /// For tests, which ask for a font that no system has.
  init(asking family: String) throws(FigureError) {
    let cairo = try Cairo.pixels(width: 1, height: 1)
    unsafe cairo_select_font_face(cairo.context, family, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    unsafe cairo_set_font_size(cairo.context, 100)
    let font = unsafe cairo_get_scaled_font(cairo.context)
    self.family = Typeface.family
    hasOnlyStrokes = unsafe cairo_scaled_font_get_type(font) == CAIRO_FONT_TYPE_USER
    missing = Self.characters.map(String.init).filter { unsafe !Self.hasGlyph($0, font) }
    // Units of DejaVu Sans, 2048 to the font size; other sans faces are narrower.
    let widths: [(String, Double)] = [("m", 1995), ("i", 569), ("0", 1303), ("W", 2025)]
    isTheRightOne = widths.allSatisfy { text, units in
      var extents = cairo_text_extents_t()
      unsafe cairo_text_extents(cairo.context, text, &extents)
      return abs(extents.x_advance - units / 20.48) < 0.2
    }
    try cairo.check("measuring words")
  }

  /// Whether the font has a shape of its own for a character: number 0 is the box for what it lacks.
  private static func hasGlyph(_ character: String, _ font: OpaquePointer?) -> Bool {
    var glyphs: UnsafeMutablePointer<cairo_glyph_t>?
    var count: Int32 = 0
    let status = unsafe cairo_scaled_font_text_to_glyphs(
      font, 0, 0, character, Int32(character.utf8.count), &glyphs, &count, nil, nil, nil)
    defer { unsafe cairo_glyph_free(glyphs) }
    guard status == CAIRO_STATUS_SUCCESS, count > 0, let glyphs = unsafe glyphs else { return false }
    return (0..<Int(count)).allSatisfy { unsafe glyphs[$0].index != 0 }
  }
}
