/// The markers of a JPEG file, as far as they tell whether it is whole.
///
/// libjpeg fills the missing part of a file that is cut off with grey and merely warns. Pillow refuses such a file when
/// the data end before the end-of-image marker, and so do we; damage before that marker is accepted as Pillow does.
struct JPEGStructure {
  /// Bits per sample.
  private(set) var precision = 0
  /// Components per pixel: 1 grey, 3 colour, 4 CMYK.
  private(set) var components = 0
  /// Whether the samples are arithmetic coded, which has no least number of bits.
  private(set) var isArithmetic = false
  /// Whether the frame, a scan and the end of the image were all found.
  private(set) var isComplete = false

  init(_ content: Span<UInt8>) {
    var position = 0
    var hasScan = false
    while let (marker, next) = Self.marker(in: content, from: position) {
      position = next
      switch marker {
      case 0xD9:
        isComplete = hasScan && components > 0
        return
      case 0x01, 0xD0...0xD8:
        continue
      default:
        guard let length = Self.word(in: content, at: position), length >= 2 else { return }
        // C4 (Huffman tables), C8 (reserved) and CC (arithmetic conditioning) are not frames.
        if (0xC0...0xCF).contains(marker), marker != 0xC4, marker != 0xC8, marker != 0xCC {
          guard length >= 8, position + 8 <= content.count else { return }
          precision = Int(content[position + 2])
          components = Int(content[position + 7])
          isArithmetic = marker > 0xC8
        }
        hasScan = hasScan || marker == 0xDA
        position += length
      }
    }
  }

  /// The next marker at or after a position, and the position behind it.
  ///
  /// Between markers lie entropy-coded data, where FF 00 stands for the byte FF, and stray bytes, which libjpeg skips.
  private static func marker(in content: Span<UInt8>, from start: Int) -> (marker: UInt8, next: Int)? {
    var i = start
    while i + 1 < content.count {
      if content[i] == 0xFF {
        let code = content[i + 1]
        // FF FF is padding in front of a marker.
        if code != 0, code != 0xFF { return (code, i + 2) }
      }
      i += 1
    }
    return nil
  }

  private static func word(in content: Span<UInt8>, at position: Int) -> Int? {
    guard position + 2 <= content.count else { return nil }
    return Int(content[position]) << 8 | Int(content[position + 1])
  }
}
