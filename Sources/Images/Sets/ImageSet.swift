public import Digests

/// The images chosen for a run.
///
/// They are files found below folders (recursively, sorted by path in byte order, hidden ones left out, links
/// followed), single files, or rows of `.safetensors` batches whose tensor `images` of shape (N, 3, H, W) is already
/// normalised and used as it is. Nothing is decoded before `load`. A value of this type can be shared by any number of
/// threads.
public struct ImageSet: Sendable {
  private enum Source: Sendable {
    case files([FilePath])
    case batches(ImageBatches)
  }

  private let source: Source
  private let chosen: [Int]
  /// What the choice goes on with where more images are needed.
  private let reserve: [Int]

  /// How many images there were to choose from.
  public let candidateCount: Int

  /// Finds images and chooses some of them.
  ///
  /// Paths keep their order; a file that is found twice is taken once. When there are more than `count` images, the first `count` steps of a Fisher–Yates shuffle
  /// choose, driven by SplitMix64 from `seed`; the images then stand in the order drawn, and a smaller count gives the
  /// beginning of a larger one.
  ///
  /// - Parameters:
  ///   - paths: Folders and image files, or `.safetensors` batches; not both.
  ///   - count: At most so many images; nil for all.
  ///   - seed: Decides which.
  /// - Throws: `ImageError` when a path does not exist or cannot be read, when no image is found, and when files and
  ///   batches are mixed. An image file that turns out to be unusable is reported by `load` alone.
  public init(paths: [String], count: Int? = nil, seed: UInt64 = 0) throws(ImageError) {
    var files: [FilePath] = []
    var batches: [String] = []
    var other: String?
    for text in paths {
      let path = FilePath(text)
      let status = try path.status()
      if status.isFolder {
        files += try ImageSearch.images(below: path)
        other = other ?? text
      } else if !status.isRegularFile {
        throw .notAFile(path: text)
      } else if ImageBatches.isBatch(path) {
        batches.append(text)
      } else {
        files.append(path)
        other = other ?? text
      }
    }
    if let batch = batches.first, let other { throw .mixedSources(batch: batch, other: other) }
    if batches.isEmpty {
      guard !files.isEmpty else { throw .noImages(paths: paths) }
      // Paths may overlap; an image counted twice would make standard errors too small.
      var seen: Set<String> = []
      files = files.filter { seen.insert($0.text).inserted }
      source = .files(files)
      candidateCount = files.count
    } else {
      let batches = try ImageBatches(opening: batches)
      source = .batches(batches)
      candidateCount = batches.count
    }
    let drawn = chosenIndices(count: count, of: candidateCount, seed: seed)
    chosen = drawn
    reserve =
      drawn.count < candidateCount
      ? Array(drawnIndices(steps: candidateCount, of: candidateCount, seed: seed).dropFirst(drawn.count)) : []
  }

  private init(_ source: Source, candidateCount: Int, chosen: [Int]) {
    (self.source, self.candidateCount, self.chosen, reserve) = (source, candidateCount, chosen, [])
  }

  /// All candidates: the chosen images first, then the others in the order in which the seed would draw them.
  ///
  /// For those who have to replace images that cannot be read.
  package var withReserve: ImageSet {
    ImageSet(source, candidateCount: candidateCount, chosen: chosen + reserve)
  }

  /// How many images were chosen.
  public var count: Int { chosen.count }

  /// Whether the images come from a `.safetensors` batch and are used as they are.
  public var isPreprocessed: Bool { preprocessedSize != nil }

  /// Height and width of preprocessed images, so that a caller can compare them with what the model needs; nil for
  /// image files, which take any size.
  public var preprocessedSize: (height: Int, width: Int)? {
    guard case .batches(let batches) = source else { return nil }
    return (batches.height, batches.width)
  }

  /// The path of an image, or the batch and row, as in `batch.safetensors[17]`.
  public func name(of index: Int) -> String { candidateName(chosen[index]) }

  /// The same for one of all `candidateCount` images, in the order given, chosen or not.
  public func candidateName(_ candidate: Int) -> String {
    switch source {
    case .files(let files): files[candidate].text
    case .batches(let batches): batches.name(of: candidate)
    }
  }

  /// Where an image stands among all candidates, in the order given: what belongs to an image follows it whatever was chosen.
  public func candidateIndex(of index: Int) -> Int { chosen[index] }

  /// Loads an image: reads, decodes, resizes, crops and normalises it.
  ///
  /// May be called from many threads at once; each call takes memory for one decoded image.
  ///
  /// - Parameters:
  ///   - index: Which of the `count` images.
  ///   - preprocessing: What image files go through; a preprocessed batch ignores it.
  ///   - pixels: Receives the values, shape [3, S, S] with S = `preprocessing.imageSize`, or [3, height, width] of
  ///     `preprocessedSize`.
  /// - Returns: The SHA-256 of the file's bytes, or of the row's values as little-endian `Float`.
  /// - Throws: `ImageError`, which names the image; `pixels` may then hold anything.
  public func load(
    _ index: Int, preprocessing: Preprocessing, into pixels: inout MutableSpan<Float>
  ) throws(ImageError) -> SHA256Digest {
    switch source {
    case .files(let files):
      try preprocessing.validate()
      precondition(pixels.count == preprocessing.valueCount, "pixels must hold 3 · imageSize² values")
      let (image, digest) = try Self.decode(files[chosen[index]])
      preprocessing.apply(to: image, into: &pixels)
      return digest
    case .batches(let batches):
      return try batches.load(chosen[index], into: &pixels)
    }
  }

  /// Reads and decodes an image, and does nothing else to it.
  ///
  /// May be called from many threads at once. A preprocessed batch has no such images: ask `isPreprocessed` first.
  package func raster(_ index: Int) throws(ImageError) -> Raster { try decoded(index).image }

  /// As `raster`, with the SHA-256 of the file's bytes.
  package func decoded(_ index: Int) throws(ImageError) -> (image: Raster, digest: SHA256Digest) {
    guard case .files(let files) = source else {
      preconditionFailure("the images of a batch are preprocessed already")
    }
    return try Self.decode(files[chosen[index]])
  }

  private static func decode(_ path: FilePath) throws(ImageError) -> (image: Raster, digest: SHA256Digest) {
    let (bytes, digest) = try ImageFile(opening: path).contents()
    return (try Raster(decoding: bytes.span, path: path.text), digest)
  }

  /// A digest of the chosen images' names in their order, as hexadecimal digits; what the files hold is not read.
  public var listDigest: String {
    var hash = SHA256()
    for index in 0..<count { hash.update(unsafe Array((name(of: index) + "\0").utf8).span.bytes) }
    return hash.finish().hex
  }

  /// One digest for a set of images: the SHA-256 of their digests, one after the other in the order used, as
  /// hexadecimal digits.
  public static func digest(combining digests: [SHA256Digest]) -> String {
    var hash = SHA256()
    for digest in digests { hash.update(unsafe digest.bytes.span.bytes) }
    return hash.finish().hex
  }
}
