internal import Digests
internal import Images

/// Goes through a stream of batches once, forwards, and remembers what it has passed.
///
/// An image that cannot be read shifts all later batches, so that a batch is only known when those before it have been read.
final class BatchCursor {
  private var stream: BatchStream
  /// The digests of the batches passed.
  private(set) var digests: [String] = []
  private var imageDigests: [SHA256Digest] = []
  private var seen: Set<SHA256Digest> = []
  /// How many of them hold images that an earlier one had, too, or copies of them.
  private(set) var sharing = 0

  init(_ stream: BatchStream) { self.stream = stream }

  /// Why images were left out so far.
  var skipped: [String] { stream.skipped }

  /// The batch at an index behind those asked for before.
  ///
  /// - Throws: `LossInputError.fewImages`.
  func batch(at index: Int) throws(LossInputError) -> BatchStream.Batch {
    precondition(index >= digests.count, "batches are passed once")
    var batch = try next()
    while digests.count <= index { batch = try next() }
    return batch
  }

  /// Passes all batches before an index.
  ///
  /// - Throws: `LossInputError.fewImages`.
  func pass(to index: Int) throws(LossInputError) {
    while digests.count < index { _ = try next() }
  }

  /// The images of all batches passed.
  var used: ImagesUsed {
    let copies = stream.used.count - seen.count
    return ImagesUsed(
      count: stream.used.count, digest: ImageSet.digest(combining: imageDigests),
      skipped: skipped.isEmpty ? nil : skipped, copies: copies > 0 ? copies : nil)
  }

  private func next() throws(LossInputError) -> BatchStream.Batch {
    var batch = try stream.next()
    // A copy under another name is the same image.
    if !seen.isDisjoint(with: batch.digests) { batch.sharesImages = true }
    seen.formUnion(batch.digests)
    if batch.sharesImages { sharing += 1 }
    imageDigests += batch.digests
    digests.append(ImageSet.digest(combining: batch.digests))
    return batch
  }
}
