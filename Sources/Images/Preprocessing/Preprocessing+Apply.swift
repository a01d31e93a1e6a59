extension Preprocessing {
  /// Resizes, crops and normalises an image.
  ///
  /// - Parameters:
  ///   - image: The decoded image.
  ///   - pixels: Receives the values, shape [3, `imageSize`, `imageSize`].
  func apply(to image: Raster, into pixels: inout MutableSpan<Float>) {
    let geometry = CropGeometry(width: image.width, height: image.height, preprocessing: self)
    let part = image.resized(
      width: geometry.resizedWidth, height: geometry.resizedHeight, columns: geometry.columns, rows: geometry.rows,
      interpolation: interpolation)
    let table = normalization.table
    let side = imageSize
    let isPadded = part.width < side || part.height < side
    for channel in 0..<3 {
      let values = table.span.extracting(channel * 256..<(channel + 1) * 256)
      let plane = channel * side * side
      if isPadded {
        for i in plane..<plane + side * side { pixels[i] = values[0] }
      }
      for y in 0..<part.height {
        let row = part.samples.span.extracting(y * part.width * 4..<(y + 1) * part.width * 4)
        let start = plane + (geometry.top + y) * side + geometry.left
        for x in 0..<part.width { pixels[start + x] = values[Int(row[4 * x + channel])] }
      }
    }
  }
}
