import Foundation
import PNGCodec

/// What libpng says.
struct PNGFailure: Error { var message: String }

/// A PNG file of square pictures, shape [side, side, 3].
func encodedPNG(_ pixels: [UInt8], width: Int, height: Int) throws -> [UInt8] {
  var message = [CChar](repeating: 0, count: Int(PNG_CODEC_MESSAGE_SIZE))
  return try pixels.withUnsafeBufferPointer { buffer in
    var picture = png_codec_picture()
    picture.pixels = buffer.baseAddress
    (picture.width, picture.height) = (UInt32(width), UInt32(height))
    picture.stride = 3 * width
    picture.channels = 3
    var data: UnsafeMutablePointer<UInt8>?
    var size = 0
    guard png_codec_encode(&picture, &data, &size, &message) == PNG_CODEC_OK, let data else {
      throw PNGFailure(message: message.map { String(UnicodeScalar(UInt8(bitPattern: $0))) }.joined())
    }
    defer { png_codec_free(data) }
    return Array(UnsafeBufferPointer(start: data, count: size))
  }
}

/// A PNG file of a square picture, shape [side, side, 3].
func encodedPNG(_ pixels: [UInt8], side: Int) throws -> [UInt8] {
  try encodedPNG(pixels, width: side, height: side)
}
