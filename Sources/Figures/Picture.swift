/// Opaque pixels to be shown in a panel: 8 bits each of red, green and blue, sRGB.
///
/// A small picture is scaled by nearest neighbours, so that its pixels stay squares with sharp edges.
public struct Picture: Sendable, Hashable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Shape [height, width, 3], the top row first.
  public let samples: [UInt8]

  /// A picture from its samples, shape [height, width, 3].
  public init(width: Int, height: Int, samples: [UInt8]) {
    self.width = width
    self.height = height
    self.samples = samples
  }

  /// The picture as the bytes of a PNG file.
  ///
  /// - Returns: The same bytes for the same picture.
  /// - Throws: `FigureError` for a picture without pixels, and for what libpng reports.
  public func png() throws(FigureError) -> [UInt8] {
    try validate(panel: "a picture")
    return try PNGEncoder.encode(self, dotsPerMetre: 0, metadata: [])
  }

  /// The picture with a square of `times` × `times` pixels for each of its pixels.
  func enlarged(_ times: Int) -> Picture {
    guard times > 1 else { return self }
    var samples: [UInt8] = []
    samples.reserveCapacity(self.samples.count * times * times)
    for y in 0..<height {
      var line: [UInt8] = []
      for x in 0..<width {
        let start = 3 * (y * width + x)
        for _ in 0..<times { line += self.samples[start..<start + 3] }
      }
      for _ in 0..<times { samples += line }
    }
    return Picture(width: width * times, height: height * times, samples: samples)
  }

  /// Refuses sizes that do not fit the samples, or that cairo cannot draw.
  func validate(panel: String) throws(FigureError) {
    guard (1...32_767).contains(width), (1...32_767).contains(height) else {
      throw .badPicture(panel: panel, width: width, height: height, samples: samples.count)
    }
    guard samples.count == 3 * width * height else {
      throw .badPicture(panel: panel, width: width, height: height, samples: samples.count)
    }
  }
}

extension Panel {
  /// A panel that shows a picture and no axes: the title above it, the caption below it, the side label left of it.
  ///
  /// Words may hold soft hyphens, at which narrow columns break them.
  public init(title: String? = nil, side: String? = nil, caption: String? = nil, picture: Picture) {
    self.init(
      title: title,
      x: Axis(caption, range: 0...Double(max(picture.width, 1)), ticks: .hidden),
      y: Axis(
        side, range: 0...Double(max(picture.height, 1)), ticks: .hidden, isReversed: true, showsGrid: false),
      marks: [.picture(picture)])
    showsAxes = false
  }

  /// Whether it shows pictures instead of a plot.
  var isPicture: Bool { !showsAxes && marks.contains { if case .picture = $0 { true } else { false } } }
}
