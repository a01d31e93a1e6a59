internal import Foundation

/// The per-channel mean and deviation by which pixels are normalised, and the order of the channels that a network sees.
///
/// Published families share four of them, which have names. Another is written `M,M,M/S,S,S`, in the order of the network's channels,
/// with `/bgr` behind it where the first of these is blue.
public struct Normalization: Sendable, Hashable {
  /// What is subtracted, one value for each channel of the network.
  public let mean: [Float]
  /// What the difference is divided by, one value for each channel of the network.
  public let std: [Float]
  /// Whether the network's first channel is blue and its last red.
  public let isBGR: Bool

  /// A normalisation of samples in 0 … 1.
  ///
  /// - Parameters:
  ///   - mean: Three values.
  ///   - std: Three values above 0.
  ///   - isBGR: Whether the network's first channel is blue.
  public init(mean: [Float], std: [Float], isBGR: Bool = false) {
    precondition(mean.count == 3 && std.count == 3, "three channels have a mean and a deviation each")
    (self.mean, self.std, self.isBGR) = (mean, std, isBGR)
  }

  /// Statistics of ImageNet: MAE, MFF, DeiT, DINO, MMPretrain, torchvision.
  public static let imagenet = Normalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
  /// One half for both, so values lie in −1 … 1: ViT of timm's augreg and of Hugging Face.
  public static let inception = Normalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
  /// Statistics of CLIP's training set: CLIP and EVA.
  public static let clip = Normalization(
    mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711])
  /// Values stay in 0 … 1.
  public static let none = Normalization(mean: [0, 0, 0], std: [1, 1, 1])

  private static let names: [(name: String, value: Normalization)] = [
    ("imagenet", .imagenet), ("inception", .inception), ("clip", .clip), ("none", .none),
  ]

  /// The named normalisation that these values are but for rounding to single precision; else themselves.
  public var named: Normalization {
    let known = Self.names.first { candidate in
      let pairs = zip(candidate.value.mean + candidate.value.std, mean + std)
      return pairs.allSatisfy { abs($0 - $1) < 1e-6 }
    }?.value
    return known.map { Normalization(mean: $0.mean, std: $0.std, isBGR: isBGR) } ?? self
  }

  /// Which of an image's red, green and blue a channel of the network is.
  package func colour(of channel: Int) -> Int { isBGR ? 2 - channel : channel }

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

extension Normalization: CaseIterable {
  /// Those that have names.
  public static var allCases: [Normalization] { names.map(\.value) }
}

extension Normalization {
  /// Whether two give the same pixels the same values; compared by values, since the name is found by comparing.
  public static func == (a: Normalization, b: Normalization) -> Bool {
    a.mean == b.mean && a.std == b.std && a.isBGR == b.isBGR
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(mean)
    hasher.combine(std)
    hasher.combine(isBGR)
  }
}

extension Normalization: RawRepresentable {
  /// The name, or `M,M,M/S,S,S`; `/bgr` behind either where blue comes first.
  public var rawValue: String {
    let plain = Normalization(mean: mean, std: std)
    let words = { (values: [Float]) in values.map { "\($0)" }.joined(separator: ",") }
    let name = Self.names.first { $0.value == plain }?.name ?? "\(words(mean))/\(words(std))"
    return isBGR ? name + "/bgr" : name
  }

  /// The normalisation of that name, or of the values written so; nil for anything else, and for deviations that are not above 0.
  public init?(rawValue: String) {
    var parts = rawValue.split(separator: "/", omittingEmptySubsequences: false)
    let isBGR = parts.count > 1 && parts.last == "bgr"
    if isBGR { parts.removeLast() }
    if parts.count == 1, let known = Self.names.first(where: { $0.name == parts[0] }) {
      self.init(mean: known.value.mean, std: known.value.std, isBGR: isBGR)
      return
    }
    guard parts.count == 2 else { return nil }
    let numbers = parts.map { $0.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) } }
    let (mean, std) = (numbers[0].compactMap(\.self), numbers[1].compactMap(\.self))
    guard numbers.allSatisfy({ $0.count == 3 }), mean.count == 3, std.count == 3, (mean + std).allSatisfy(\.isFinite),
      std.allSatisfy({ $0 > 0 })
    else { return nil }
    self.init(mean: mean, std: std, isBGR: isBGR)
  }
}

extension Normalization: Codable {
  /// Reads the name or the values.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Normalization(rawValue: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(text) is no normalisation of pixels"))
    }
    self = value
  }

  /// Writes the name or the values.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
