internal import Checkpoints
internal import Digests

/// Images that are normalised already: the rows of the tensors `images`, shape (N, 3, H, W), of `.safetensors` files.
///
/// Rows are read when asked for; a batch of any length takes no memory.
struct ImageBatches: Sendable {
  private struct Batch: Sendable {
    let path: String
    let checkpoint: Checkpoint
    /// Which images of all batches are in this one.
    let images: Range<Int>
  }

  private static let tensorName = "images"

  private let batches: [Batch]
  let height: Int
  let width: Int

  /// Images in all batches.
  var count: Int { batches.last?.images.upperBound ?? 0 }

  /// Opens batches, whose images must be of one size.
  init(opening paths: [String]) throws(ImageError) {
    var batches: [Batch] = []
    var size: [Int] = []
    for path in paths {
      let (checkpoint, shape) = try Self.open(path)
      let imageSize = Array(shape.suffix(2))
      if let first = batches.first, imageSize != size {
        throw .batchesDiffer(path: path, size: imageSize, other: first.path, otherSize: size)
      }
      size = imageSize
      let start = batches.last?.images.upperBound ?? 0
      batches.append(Batch(path: path, checkpoint: checkpoint, images: start..<start + shape[0]))
    }
    guard size.count == 2 else { throw .noImages(paths: paths) }
    self.batches = batches
    (height, width) = (size[0], size[1])
  }

  private static func open(_ path: String) throws(ImageError) -> (Checkpoint, shape: [Int]) {
    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(opening: path) } catch {
      throw .unreadableBatch(path: path, reason: "\(error)")
    }
    guard let info = checkpoint.tensor(named: tensorName) else {
      throw .batchWithoutImages(path: path, found: checkpoint.tensors.map(\.name))
    }
    guard info.shape.count == 4, info.shape[1] == 3, !info.shape.contains(0) else {
      throw .batchShape(path: path, shape: info.shape)
    }
    guard [.f32, .f16, .bf16, .f64].contains(info.elementType) else {
      throw .batchElementType(path: path, type: "\(info.elementType)")
    }
    return (checkpoint, info.shape)
  }

  /// Whether a file is to be read as a batch: it begins as safetensors files do, or its name says so.
  ///
  /// A file that cannot be opened is taken for an image, which loading then reports.
  static func isBatch(_ path: FilePath) -> Bool {
    if path.lowercasedExtension == "safetensors" { return true }
    guard let file = try? ImageFile(opening: path), let start = try? file.beginning(9) else { return false }
    // A header length below 2³² and the brace that opens the header.
    return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
  }

  /// The file and row of an image.
  func name(of index: Int) -> String {
    let batch = batch(of: index)
    return "\(batch.path)[\(index - batch.images.lowerBound)]"
  }

  /// Reads an image, shape [3, height, width].
  ///
  /// - Returns: The SHA-256 of the values as little-endian `Float`.
  func load(_ index: Int, into pixels: inout MutableSpan<Float>) throws(ImageError) -> SHA256Digest {
    precondition(pixels.count == 3 * height * width, "pixels must hold 3 · height · width values")
    let batch = batch(of: index)
    let row = index - batch.images.lowerBound
    do {
      try batch.checkpoint.read(Self.tensorName, rows: row..<row + 1, into: &pixels)
    } catch {
      throw .unreadableBatch(path: name(of: index), reason: "\(error)")
    }
    for i in pixels.indices where !pixels[i].isFinite { throw .notFinite(path: name(of: index)) }
    var hash = SHA256()
    hash.update(unsafe pixels.bytes)
    return hash.finish()
  }

  private func batch(of index: Int) -> Batch {
    guard let batch = batches.first(where: { $0.images.contains(index) }) else {
      preconditionFailure("image \(index) of \(count)")
    }
    return batch
  }
}
