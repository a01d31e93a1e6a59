import CCairo

/// Writes a drawing list as a PNG.
struct PNGRenderer {
  let drawing: DrawingList
  let dpi: Double
  let metadata: [(String, String)]

  /// Cairo draws no larger pictures.
  private static let mostPixels = 32_767.0

  func bytes() throws(FigureError) -> [UInt8] {
    guard dpi.isFinite, dpi >= 10, dpi <= 10_000 else {
      throw .badSize(what: "resolution", value: dpi, allowed: "10 to 10000 dots per inch")
    }
    let scale = dpi / 72
    let (width, height) = ((drawing.width * scale).rounded(), (drawing.height * scale).rounded())
    guard width <= Self.mostPixels, height <= Self.mostPixels, width * height <= 4e8 else {
      throw .tooManyPixels(width: Int(width), height: Int(height))
    }
    let pixels = try pixels(width: Int(width), height: Int(height))
    return try PNGEncoder.encode(
      Picture(width: Int(width), height: Int(height), samples: pixels),
      dotsPerMetre: UInt32((dpi / 0.0254).rounded()), metadata: metadata)
  }

  /// The page as R G B, 8 bit each, row by row.
  func pixels(width: Int, height: Int) throws(FigureError) -> [UInt8] {
    let cairo = try Cairo.pixels(width: Int32(width), height: Int32(height))
    // The page may be a fraction of a pixel off; stretching it by that much keeps the rim white on all sides.
    unsafe cairo_scale(cairo.context, Double(width) / drawing.width, Double(height) / drawing.height)
    try CairoRenderer(drawing: drawing).draw(on: cairo)
    unsafe cairo_surface_flush(cairo.surface)
    try cairo.check("reading the picture")
    return try opaquePixels(of: cairo, width: width, height: height)
  }

  /// R G B of each pixel: the page is white and covers everything, so nothing is transparent.
  private func opaquePixels(
    of cairo: borrowing Cairo, width: Int, height: Int
  ) throws(FigureError) -> [UInt8] {
    guard let data = unsafe cairo_image_surface_get_data(cairo.surface) else {
      throw .cairo(doing: "reading the picture", message: "no pixels")
    }
    let stride = unsafe Int(cairo_image_surface_get_stride(cairo.surface))
    return unsafe [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
      var next = 0
      for row in 0..<height {
        let line = unsafe UnsafeRawPointer(data + row * stride)
        for column in 0..<width {
          let pixel = unsafe line.load(fromByteOffset: 4 * column, as: UInt32.self)
          unsafe buffer[next] = UInt8(truncatingIfNeeded: pixel >> 16)
          unsafe buffer[next + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
          unsafe buffer[next + 2] = UInt8(truncatingIfNeeded: pixel)
          next += 3
        }
      }
      count = next
    }
  }
}
