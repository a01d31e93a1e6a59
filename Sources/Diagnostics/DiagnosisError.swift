/// Why a diagnosis could not be made of inputs that are each sound.
public enum DiagnosisError: Error, Sendable, Hashable {
  case noCheckpoints
  case assumed([AssumedValue])
  case imageSizeDiffers(images: [Int], model: String, trained: [Int])
  case imageSizeOption(option: Int, images: [Int])
  case oblongModel(model: String, size: [Int])
  case noUsableImage(reasons: [String])
  case tooMuchMemory(model: String, imageSize: [Int], needed: Double, available: Double)
  case notFinite(model: String, layer: String, image: String)
  case noFusionWeights(file: String, tensors: Int, sought: [String])
  case fusionLogitsNotFinite(file: String, tensor: String)
  case fusedLayersRefused(file: String, reason: String)
  case noWeightsInRun(path: String, seen: String, remarks: [String])
  case axisMissing(run: String, axis: TrainingAxis)
  case noSuchSeries(path: String, series: String, found: [String])
  case manySeries(path: String, found: [String])
}

extension DiagnosisError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .noCheckpoints:
      "no checkpoint to examine; name at least one"
    case .assumed(let values):
      "--strict, and neither files nor options tell: "
        + values.map { "\($0.what) of \($0.model) (\($0.value) would be assumed: \($0.why); give \($0.option))" }
        .joined(separator: "; ")
    case .imageSizeDiffers(let images, let model, let trained):
      "the images are \(images[0]) × \(images[1]) pixels, \(model) was trained at \(trained[0]) × \(trained[1]); "
        + "give --image-size \(images[0]) to resize its position embedding, or images of its size"
    case .imageSizeOption(let option, let images):
      "--image-size is \(option), but the images come normalised at \(images[0]) × \(images[1]) pixels and are used as they are"
    case .oblongModel(let model, let size):
      "\(model) was trained at \(size[0]) × \(size[1]) pixels, and image files are cropped to squares; "
        + "give a .safetensors batch of that size, or --image-size"
    case .noUsableImage(let reasons):
      "none of the images can be used: " + reasons.prefix(3).joined(separator: "; ")
    case .tooMuchMemory(let model, let size, let needed, let available):
      "\(model) at \(size[0]) × \(size[1]) pixels needs \(Self.gigabytes(needed)) of memory for its activations, "
        + "\(Self.gigabytes(available)) are free here; give a smaller --image-size, --batch-size or --threads"
    case .notFinite(let model, let layer, let image):
      "\(model): layer \(layer) holds NaN or infinite values for \(image), though all weights are finite; "
        + "the activations overflow: check the image's normalisation and the weights' scale"
    case .noFusionWeights(let file, let tensors, let sought):
      "\(file): no fusion weights: none of its \(tensors) tensors is named \(sought.joined(separator: " or ")), with any prefix; "
        + "a model that uses its last layer only (MAE, DeiT, …) has none, give one trained with MFF"
    case .fusionLogitsNotFinite(let file, let tensor):
      "\(file): tensor \(tensor) holds NaN or infinite fusion logits: the training diverged; give an earlier checkpoint"
    case .fusedLayersRefused(let file, let reason):
      "\(file): \(reason); correct --fuse"
    case .noWeightsInRun(let path, let seen, let remarks):
      "\(path): no fusion weights in this run: \(seen); looked for tensors proj_weights in checkpoints and for scalars weight_0, "
        + "weight_1, … in JSON lines, TensorBoard event files and tables"
        + (remarks.isEmpty ? "" : " (" + remarks.prefix(3).joined(separator: "; ") + ")")
        + "; give a run trained with MFF"
    case .axisMissing(let run, let axis):
      "\(run): no \(axis.rawValue)s are known of its fusion weights; give --by \(axis == .epoch ? "step" : "epoch"), or none"
    case .noSuchSeries(let path, let series, let found):
      "\(path): no series of its weights is named \(PrintableText.escaped(series)); there are \(Self.listing(found)); give one of these "
        + "as --series, or none for all"
    case .manySeries(let path, let found):
      "\(path): its logs hold \(found.count) series of weights, too many for one figure: \(Self.listing(found)); give one as --series"
    }
  }
}

extension DiagnosisError {
  /// Names of series from a file: few, short, and without what a terminal would obey.
  private static func listing(_ names: [String]) -> String {
    let shown = names.prefix(12).map {
      $0.isEmpty ? "one without a name" : PrintableText.escaped(String($0.prefix(60)))
    }
    return shown.joined(separator: ", ") + (names.count > shown.count ? ", and \(names.count - shown.count) more" : "")
  }

  private static func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
}

/// The version of the program.
public enum ToolVersion {
  /// Semantic version.
  public static let current = "0.1.0"
  /// The diagnoses that are commands of this version; a checkpoint may allow more.
  public static let diagnoses = ["frequency", "hessian", "weights", "reconstruct"]
}
