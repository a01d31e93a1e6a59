import CCairo
import Synchronization

private let cairoLock = Mutex(())

/// Calls `body` while no other thread draws or measures text.
///
/// cairo's cache of fonts is shared by the process and does not survive two threads: 1.16 stops at an assertion about a frozen cache
/// now and then.
func exclusively<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  try cairoLock.withLock { _ throws(Failure) in try body() }
}

/// A cairo surface with a context to draw on it; both are released together.
@safe
struct Cairo: ~Copyable {
  let surface: OpaquePointer
  let context: OpaquePointer

  /// Cairo never returns null: what failed carries its status, which `check` reads.
  private init(surface: OpaquePointer, context: OpaquePointer) {
    unsafe self.surface = surface
    unsafe self.context = context
    let options = unsafe cairo_font_options_create()
    // Without hinting letters are as wide at every resolution, so one measurement holds for all formats.
    unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    unsafe cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    unsafe cairo_set_font_options(context, options)
    unsafe cairo_font_options_destroy(options)
  }

  /// Takes over `surface`.
  static func owning(_ surface: OpaquePointer?, doing: String) throws(FigureError) -> Cairo {
    guard let surface = unsafe surface, let context = unsafe cairo_create(surface) else {
      throw .cairo(doing: doing, message: "out of memory")
    }
    let cairo = unsafe Cairo(surface: surface, context: context)
    try cairo.check(doing)
    return cairo
  }

  /// A picture of opaque and transparent pixels, all transparent at first.
  static func pixels(width: Int32, height: Int32) throws(FigureError) -> Cairo {
    try unsafe owning(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height), doing: "making a picture")
  }

  /// A picture of opaque pixels, all black at first.
  static func opaquePixels(width: Int32, height: Int32) throws(FigureError) -> Cairo {
    try unsafe owning(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), doing: "drawing a picture")
  }

  /// Throws what went wrong since the last check.
  func check(_ doing: String) throws(FigureError) {
    for status in unsafe [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw .cairo(doing: doing, message: Self.message(status))
    }
  }

  /// Chooses the font of the next words.
  func selectFont(size: Double, isBold: Bool) {
    let weight = isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    unsafe cairo_select_font_face(context, Typeface.family, CAIRO_FONT_SLANT_NORMAL, weight)
    unsafe cairo_set_font_size(context, size)
  }

  static func message(_ status: cairo_status_t) -> String {
    unsafe cairo_status_to_string(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
  }

  deinit {
    unsafe cairo_destroy(context)
    unsafe cairo_surface_destroy(surface)
  }
}
