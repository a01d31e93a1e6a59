/// What the container of a WebP file tells before anything is decoded.
///
/// - Source: The WebP container specification: `RIFF`, a length, `WEBP`, then chunks; `VP8X` holds the flags.
struct WebPStructure {
  /// Bytes that tell a WebP file.
  static let signatureLength = 12
  /// Whether all bytes are there that the container claims.
  let isComplete: Bool
  /// Whether it holds several pictures.
  let isAnimated: Bool

  /// The structure of a file that begins as WebP does; nil for any other.
  init?(_ content: Span<UInt8>) {
    guard content.count >= Self.signatureLength, content.begins(with: Array("RIFF".utf8)),
      Array("WEBP".utf8).enumerated().allSatisfy({ content[8 + $0.offset] == $0.element })
    else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(content[4 + $1]) << (8 * $1) }
    isComplete = length >= 4 && content.count >= 8 + length
    let isExtended =
      content.count > 20 && Array("VP8X".utf8).enumerated().allSatisfy { content[12 + $0.offset] == $0.element }
    isAnimated = isExtended && content[20] & 0b10 != 0
  }
}
