internal import Digests

/// Images that are normalised already, in the tensor `images` of `.safetensors` files.
struct ImageBatches: Sendable {
  let count = 0
  let height = 0, width = 0
  init(opening paths: [String]) throws(ImageError) { throw .noImages(paths: paths) }
  static func isBatch(_ path: FilePath) throws(ImageError) -> Bool { path.lowercasedExtension == "safetensors" }
  func name(of index: Int) -> String { "" }
  func load(_ index: Int, into pixels: inout MutableSpan<Float>) throws(ImageError) -> SHA256Digest { throw .noImages(paths: []) }
}
