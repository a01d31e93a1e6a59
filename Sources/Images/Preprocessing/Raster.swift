/// Decoded pixels: red, green, blue and one byte without meaning each, rows from the top, no gaps.
///
/// Four bytes to a pixel let the resampling loops load a pixel as one vector.
package struct Raster: Sendable {
  package let width: Int
  package let height: Int
  /// Shape [height, width, 4].
  package let samples: [UInt8]

  package init(width: Int, height: Int, samples: [UInt8]) {
    precondition(samples.count == width * height * 4)
    self.width = width
    self.height = height
    self.samples = samples
  }

  /// The samples of red, green and blue at a place, for tests and messages.
  package subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let i = (y * width + x) * 4
    return (samples[i], samples[i + 1], samples[i + 2])
  }
}
