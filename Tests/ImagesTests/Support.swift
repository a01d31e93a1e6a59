import Foundation
import Testing

@testable import Images

/// The folder of golden data, beside this file.
let goldenFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

/// The bytes of a golden file.
func golden(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: goldenFolder.appendingPathComponent(name)))
}

/// Decodes bytes as if they were a file's.
func decode(_ bytes: [UInt8]) throws(ImageError) -> Raster {
  try Raster(decoding: bytes.span, path: "test")
}

/// What a preprocessing makes of an image, shape [3, S, S].
func values(of image: Raster, _ preprocessing: Preprocessing) -> [Float] {
  var pixels = [Float](repeating: .nan, count: preprocessing.valueCount)
  var span = pixels.mutableSpan
  preprocessing.apply(to: image, into: &span)
  return pixels
}

/// Loads an image of a set, shape [3, S, S].
func load(_ set: ImageSet, _ index: Int, _ preprocessing: Preprocessing) throws -> [Float] {
  var pixels = [Float](repeating: .nan, count: preprocessing.valueCount)
  var span = pixels.mutableSpan
  _ = try set.load(index, preprocessing: preprocessing, into: &span)
  return pixels
}

/// An image from a function of the place.
func raster(_ width: Int, _ height: Int, _ pixel: (_ x: Int, _ y: Int) -> (Int, Int, Int)) -> Raster {
  var samples: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      let (red, green, blue) = pixel(x, y)
      samples += [UInt8(red), UInt8(green), UInt8(blue), 0]
    }
  }
  return Raster(width: width, height: height, samples: samples)
}

extension Raster {
  /// Red, green and blue without the spare byte, shape [height, width, 3].
  var colours: [UInt8] { samples.indices.filter { $0 % 4 != 3 }.map { samples[$0] } }

  /// The whole image at another size.
  func resized(_ width: Int, _ height: Int, _ interpolation: Interpolation = .bicubic) -> Raster {
    resized(
      width: width, height: height, columns: 0..<width, rows: 0..<height, interpolation: interpolation)
  }
}

/// A folder that disappears with this value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("images-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  var path: String { url.path }

  /// Writes a file, with the folders on its way, and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}
