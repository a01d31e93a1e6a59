/// What can go wrong between a path and a preprocessed image.
public enum ImageError: Error, Sendable, Hashable {
  /// Nothing lies at the path.
  case notFound(path: String)
  /// The system refused to read a file or a folder.
  case unreadable(path: String, reason: String)
  /// Neither a folder nor a regular file: a device, a pipe, a socket.
  case notAFile(path: String)
  /// No image was found at any of the paths.
  case noImages(paths: [String])
  /// A batch of preprocessed images was named together with other sources.
  case mixedSources(batch: String, other: String)
  /// The content is neither PNG, JPEG nor WebP.
  case unknownFormat(path: String, found: String)
  /// The file holds several pictures.
  case animated(path: String, format: String)
  /// The file is cut off or its content contradicts itself.
  case damaged(path: String, format: String, reason: String)
  /// Width or height is zero.
  case emptyImage(path: String, width: Int, height: Int)
  /// More pixels than the limit: a decompression bomb, or an image too large to be of use here.
  case tooLarge(path: String, width: Int, height: Int, limit: Int)
  /// More bytes than a PNG, JPEG or WebP within the pixel limit would need.
  case fileTooLarge(path: String, bytes: Int, limit: Int)
  /// A batch file could not be opened or read.
  case unreadableBatch(path: String, reason: String)
  /// A batch file has no tensor `images`.
  case batchWithoutImages(path: String, found: [String])
  /// The tensor `images` is not of shape (N, 3, H, W).
  case batchShape(path: String, shape: [Int])
  /// The tensor `images` does not hold floating-point numbers.
  case batchElementType(path: String, type: String)
  /// Two batches hold images of different size.
  case batchesDiffer(path: String, size: [Int], other: String, otherSize: [Int])
  /// An image of a batch holds NaN or infinity.
  case notFinite(path: String)
  /// A preprocessing that no image can go through.
  case invalidPreprocessing(reason: String)
}

extension ImageError: CustomStringConvertible {
  /// What is wrong, in which file, and what to do next.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(path): no such file or folder; check the path given with --images"
    case .unreadable(let path, let reason):
      "\(path): cannot be read (\(reason)); check its permissions"
    case .notAFile(let path):
      "\(path): neither a folder nor a regular file; give a folder, a PNG, JPEG or WebP file, or a .safetensors batch"
    case .noImages(let paths):
      "no images found below \(paths.isEmpty ? "(no path given)" : paths.joined(separator: ", ")): looked in every "
        + "folder that is not hidden for PNG, JPEG and WebP files; give a folder that holds some, or a .safetensors batch "
        + "itself"
    case .mixedSources(let batch, let other):
      "\(batch) holds images that are already preprocessed, \(other) images that are not; give only one kind"
    case .unknownFormat(let path, let found):
      "\(path): \(found), neither PNG, JPEG nor WebP; convert it to one of them"
    case .animated(let path, let format):
      "\(path): an animated \(format) image, of which no single picture is meant; save one of its frames by itself"
    case .damaged(let path, let format, let reason):
      "\(path): damaged \(format) file (\(reason)); replace it by an intact copy"
    case .emptyImage(let path, let width, let height):
      "\(path): the image has no pixels (\(width)×\(height)); replace or remove it"
    case .tooLarge(let path, let width, let height, let limit):
      "\(path): \(width)×\(height) pixels are more than the limit of \(limit); scale the image down"
    case .fileTooLarge(let path, let bytes, let limit):
      "\(path): \(bytes) bytes are more than an image file may have here (\(limit)); scale the image down"
    case .unreadableBatch(let path, let reason):
      "\(path): not usable as a batch of images: \(reason)"
    case .batchWithoutImages(let path, let found):
      "\(path): holds no tensor named images (found \(Self.list(found))); a batch needs `images` of shape (N, 3, H, W)"
    case .batchShape(let path, let shape):
      "\(path): tensor images has shape \(shape); a batch of RGB images has shape (N, 3, H, W), none of them zero"
    case .batchElementType(let path, let type):
      "\(path): tensor images is of type \(type); a batch holds normalised floating-point values (f32, f16, bf16, f64)"
    case .batchesDiffer(let path, let size, let other, let otherSize):
      "\(path) holds images of \(size), \(other) of \(otherSize); use batches of one size together"
    case .notFinite(let path):
      "\(path): holds NaN or infinity; write the batch again from finite values"
    case .invalidPreprocessing(let reason):
      reason
    }
  }

  /// At most five names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "no tensor at all" }
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
