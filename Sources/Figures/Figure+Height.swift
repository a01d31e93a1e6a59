extension Figure {
  /// The drawing whose page has a height: plots become lower or higher until it fits.
  ///
  /// - Parameters:
  ///   - width: The page width in points; nil for the one that suits the content.
  ///   - height: The page height in points.
  /// - Returns: The drawing.
  /// - Throws: `FigureError.badHeight` where words or pictures take more or less than that whatever the plots do.
  func drawing(width: Double?, exactHeight height: Double) throws(FigureError) -> DrawingList {
    let natural = try FigureLayout.drawing(of: self, width: width)
    var figure = self
    // Height over width of a plot, between the lowest and the highest that a figure may have.
    var (low, high) = (0.05, 20.0)
    var best = natural
    for _ in 0..<24 {
      let aspect = (low * high).squareRoot()
      figure.aspect = aspect
      let drawing = try FigureLayout.drawing(of: figure, width: natural.width)
      if abs(drawing.height - height) < abs(best.height - height) { best = drawing }
      if drawing.height < height { low = aspect } else { high = aspect }
    }
    // Half a point is less than a dot of a screen; the page is then made as high as was asked for.
    guard abs(best.height - height) <= 0.5 else { throw .badHeight(height: height, nearest: best.height) }
    best.setHeight(height)
    return best
  }
}

extension DrawingList {
  /// Gives the page another height; the white behind everything goes with it.
  fileprivate mutating func setHeight(_ height: Double) {
    self.height = height
    operations[0] = .rectangle(Rectangle(x: 0, y: 0, width: width, height: height), .white)
  }
}
