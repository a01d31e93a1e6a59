/// The per-channel mean and deviation that a family of models was trained with.
public enum Normalization: String, Sendable, Hashable, Codable, CaseIterable {
  /// Statistics of ImageNet: MAE, MFF, DeiT, DINO, MMPretrain, torchvision.
  case imagenet
  /// One half for both, so values lie in −1 … 1: ViT of timm's augreg and of Hugging Face.
  case inception
  /// Statistics of CLIP's training set: CLIP and EVA.
  case clip
  /// Values stay in 0 … 1.
  case none

  /// What is subtracted, one value each for red, green and blue.
  public var mean: [Float] {
    switch self {
    case .imagenet: [0.485, 0.456, 0.406]
    case .inception: [0.5, 0.5, 0.5]
    case .clip: [0.48145466, 0.4578275, 0.40821073]
    case .none: [0, 0, 0]
    }
  }

  /// What the difference is divided by, one value each for red, green and blue.
  public var std: [Float] {
    switch self {
    case .imagenet: [0.229, 0.224, 0.225]
    case .inception: [0.5, 0.5, 0.5]
    case .clip: [0.26862954, 0.26130258, 0.27577711]
    case .none: [1, 1, 1]
    }
  }

  /// The value each of the 256 samples becomes, shape [3, 256].
  ///
  /// `(v / 255 − mean) / std`, each step rounded to `Float` in the order in which torchvision's `ToTensor` and
  /// `Normalize` do it, so equal samples give equal bits.
  package var table: [Float] {
    var values: [Float] = []
    values.reserveCapacity(3 * 256)
    for (mean, std) in zip(mean, std) {
      for sample in 0..<256 { values.append((Float(sample) / 255 - mean) / std) }
    }
    return values
  }
}
