/// The formats of image files, told apart by their first bytes.
enum ImageFormat: String {
  case png = "PNG"
  case jpeg = "JPEG"
  case webP = "WebP"

  /// The format of a file that begins with these bytes.
  init?(content: Span<UInt8>) {
    if content.begins(with: Self.pngSignature) {
      self = .png
    } else if content.begins(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if WebPStructure(content) != nil {
      self = .webP
    } else {
      return nil
    }
  }

  static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// What else a file may be, in words for a message.
  static func describe(_ content: Span<UInt8>) -> String {
    if content.isEmpty { return "the file is empty" }
    let signatures: [([UInt8], String)] = [
      (Array("GIF8".utf8), "a GIF image"), (Array("BM".utf8), "a BMP image"),
      ([0x49, 0x49, 0x2A, 0x00], "a TIFF image"), ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF image"),
    ]
    for (signature, name) in signatures where content.begins(with: signature) { return name }
    return "the content is of an unknown kind"
  }
}

extension Raster {
  /// Decodes a PNG, JPEG or WebP file to the pixels that `PIL.Image.open(path).convert("RGB")` has, which is how
  /// `torchvision.datasets.folder` reads images.
  ///
  /// In particular: the orientation in EXIF is not applied, alpha and transparent colours are dropped without a
  /// background, gamma and colour profiles are ignored, 16-bit grey is clipped at 255 and other 16-bit samples keep
  /// their high byte. Unlike Pillow, a PNG is refused unless its checksums hold and it ends with IEND.
  ///
  /// - Throws: `ImageError`; memory stays below the limits of `PixelLimit`.
  init(decoding content: Span<UInt8>, path: String) throws(ImageError) {
    switch ImageFormat(content: content) {
    case .png: self = try .init(png: content, path: path)
    case .jpeg: self = try .init(jpeg: content, path: path)
    case .webP: self = try .init(webP: content, path: path)
    case nil: throw .unknownFormat(path: path, found: ImageFormat.describe(content))
    }
  }
}

extension Span<UInt8> {
  /// Whether the first bytes are these.
  func begins(with prefix: [UInt8]) -> Bool {
    count >= prefix.count && prefix.indices.allSatisfy { i in self[i] == prefix[i] }
  }
}
