import CCairo

/// Draws pixels on a cairo surface of any kind.
struct CairoPicture {
  private let picture: Picture

  init(_ picture: Picture) { self.picture = picture }

  /// Stretches the picture over `box`, in the units of the context.
  @unsafe func draw(in box: Rectangle, _ context: OpaquePointer) throws(FigureError) {
    let pixels = try Cairo.opaquePixels(width: Int32(picture.width), height: Int32(picture.height))
    try fill(pixels)
    let (across, down) = (box.width / Double(picture.width), box.height / Double(picture.height))
    unsafe cairo_save(context)
    unsafe cairo_translate(context, box.x, box.y)
    unsafe cairo_scale(context, across, down)
    unsafe cairo_set_source_surface(context, pixels.surface, 0, 0)
    let pattern = unsafe cairo_get_source(context)
    var (x, y) = (1.0, 1.0)
    unsafe cairo_user_to_device_distance(context, &x, &y)
    // Pixels that grow stay squares; of those that shrink the mean is shown, none is left out.
    unsafe cairo_pattern_set_filter(pattern, min(abs(x), abs(y)) >= 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD)
    // Without it the rim would be mixed with what lies around.
    unsafe cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD)
    unsafe cairo_rectangle(context, 0, 0, Double(picture.width), Double(picture.height))
    unsafe cairo_fill(context)
    unsafe cairo_restore(context)
  }

  /// Writes the samples as cairo keeps them: a native 32-bit word for each pixel, red in its third byte.
  private func fill(_ pixels: borrowing Cairo) throws(FigureError) {
    unsafe cairo_surface_flush(pixels.surface)
    guard let data = unsafe cairo_image_surface_get_data(pixels.surface) else {
      throw .cairo(doing: "drawing a picture", message: "no pixels")
    }
    let stride = unsafe Int(cairo_image_surface_get_stride(pixels.surface))
    for row in 0..<picture.height {
      let line = unsafe UnsafeMutableRawPointer(data + row * stride)
      for column in 0..<picture.width {
        let from = 3 * (row * picture.width + column)
        let (red, green, blue) = (picture.samples[from], picture.samples[from + 1], picture.samples[from + 2])
        let word = 0xFF00_0000 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
        unsafe line.storeBytes(of: word, toByteOffset: 4 * column, as: UInt32.self)
      }
    }
    unsafe cairo_surface_mark_dirty(pixels.surface)
  }
}
