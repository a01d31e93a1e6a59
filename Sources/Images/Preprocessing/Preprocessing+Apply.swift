extension Preprocessing {
  /// Resizes, crops and normalises an image.
  ///
  /// - Parameters:
  ///   - image: The decoded image.
  ///   - pixels: Receives the values, shape [3, `imageSize`, `imageSize`].
  package func apply(to image: Raster, into pixels: inout MutableSpan<Float>) {
    let geometry = CropGeometry(width: image.width, height: image.height, preprocessing: self)
    let part = image.resized(
      width: geometry.resizedWidth, height: geometry.resizedHeight, columns: geometry.columns, rows: geometry.rows,
      interpolation: interpolation)
    let table = normalization.table
    if part.width < imageSize || part.height < imageSize { fill(&pixels, table: table) }
    for y in 0..<part.height {
      let row = part.samples.span.extracting(y * part.width * 4..<(y + 1) * part.width * 4)
      normalize(row, with: table, into: &pixels, at: (geometry.top + y) * imageSize + geometry.left)
    }
  }

  /// What lies beside an image smaller than the square: one colour, which is normalised as the image is.
  private func fill(_ pixels: inout MutableSpan<Float>, table: [Float]) {
    let plane = imageSize * imageSize
    let values = (0..<3).map { table[$0 * 256 + Int(border[normalization.colour(of: $0)])] }
    for i in pixels.indices { pixels[i] = values[i / plane] }
  }

  /// Normalises one row of pixels.
  ///
  /// - Parameters:
  ///   - row: Samples, shape [width, 4].
  ///   - table: The value of each sample, shape [3, 256].
  ///   - pixels: Receives the values, shape [3, `imageSize`²].
  ///   - start: Where the row begins in each plane.
  /// - Note: Of a network that sees blue first, the planes are blue, green, red.
  private func normalize(
    _ row: Span<UInt8>, with table: [Float], into pixels: inout MutableSpan<Float>, at start: Int
  ) {
    let plane = imageSize * imageSize
    let width = row.count / 4
    precondition(start >= 0 && start + width <= plane && 3 * plane <= pixels.count && table.count == 768)
    let values = table.span
    let (first, step) = normalization.isBGR ? (2, -1) : (0, 1)
    for x in 0..<width {
      // Within bounds by the line above; a byte is below 256.
      for channel in 0..<3 {
        let sample = unsafe Int(row[unchecked: 4 &* x &+ first &+ step &* channel])
        unsafe pixels[unchecked: channel &* plane &+ start &+ x] = values[unchecked: channel &* 256 &+ sample]
      }
    }
  }
}
