/// Why a diagnosis could not be made of inputs that are each sound.
public enum DiagnosisError: Error, Sendable, Hashable {
  case noCheckpoints
  case imageSizeDiffers(images: [Int], model: String, trained: [Int])
  case imageSizeOption(option: Int, images: [Int])
  case oblongModel(model: String, size: [Int])
  case unknownNormalization(model: String, mean: [Double], deviation: [Double], source: String)
  case noUsableImage(reasons: [String])
  case tooMuchMemory(model: String, imageSize: [Int], needed: Double, available: Double)
  case notFinite(model: String, layer: String, image: String)
}

extension DiagnosisError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .noCheckpoints:
      "no checkpoint to examine; name at least one"
    case .imageSizeDiffers(let images, let model, let trained):
      "the images are \(images[0]) × \(images[1]) pixels, \(model) was trained at \(trained[0]) × \(trained[1]); "
        + "give --image-size \(images[0]) to resize its position embedding, or images of its size"
    case .imageSizeOption(let option, let images):
      "--image-size is \(option), but the images come normalised at \(images[0]) × \(images[1]) pixels and are used as they are"
    case .oblongModel(let model, let size):
      "\(model) was trained at \(size[0]) × \(size[1]) pixels, and image files are cropped to squares; "
        + "give a .safetensors batch of that size, or --image-size"
    case .unknownNormalization(let model, let mean, let deviation, let source):
      "\(model) normalises pixels with mean \(mean) and deviation \(deviation) (\(source)), which has no name here; "
        + "give --normalize, or a .safetensors batch normalised so"
    case .noUsableImage(let reasons):
      "none of the images can be used: " + reasons.prefix(3).joined(separator: "; ")
    case .tooMuchMemory(let model, let size, let needed, let available):
      "\(model) at \(size[0]) × \(size[1]) pixels needs \(Self.gigabytes(needed)) of memory for its activations, this machine has "
        + "\(Self.gigabytes(available)); give a smaller --image-size, --batch-size or --threads"
    case .notFinite(let model, let layer, let image):
      "\(model): layer \(layer) holds NaN or infinite values for \(image), though all weights are finite; "
        + "the activations overflow: check the image's normalisation and the weights' scale"
    }
  }
}

extension DiagnosisError {
  private static func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
}

/// The version of the program.
public enum ToolVersion {
  /// Semantic version.
  public static let current = "0.1.0"
}
