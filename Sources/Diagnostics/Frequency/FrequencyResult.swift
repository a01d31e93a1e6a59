public import Spectra
internal import VisionTransformers

/// What `frequency` found: the Fourier log-amplitude of every layer of every checkpoint.
public struct FrequencyResult: Sendable, Hashable, Codable {
  /// Always `frequency`.
  public var command = "frequency"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The seed that chose the images.
  public var seed: UInt64
  /// The matrix kernel that multiplied, by OpenBLAS' name; absent for features, which are multiplied by nothing.
  public var kernel: String?
  /// The images; absent for features, which do not tell theirs.
  public var images: ImagesUsed?
  /// How the numbers were made.
  public var settings: FrequencySettings
  /// A result for each checkpoint, in the order given.
  public var models: [FrequencyModel]
  /// For two checkpoints with the same grid, or two files of features with as many images: the second's last block minus the
  /// first's, paired by image.
  public var comparison: FrequencyComparison?
  /// What neither files nor options told, and changes the numbers; absent for nothing.
  public var assumed: [AssumedValue]?
  /// How the command drew it.
  public var drawing: DrawingSettings?
}

/// What besides checkpoints and images decides the numbers.
public struct FrequencySettings: Sendable, Hashable, Codable {
  /// Which cells make up a band.
  public var path: ProfilePath
  /// Whether the places inside blocks are shown too.
  public var positions: FrequencyPositions
  /// Share of the resized short side that the centre crop keeps; absent for images that came normalised.
  public var cropPct: Double?
  /// Images a batch; absent for features.
  public var batchSize: Int?
  /// Processor cores used, by each rank.
  public var threads: Int
  /// How many processes divided the images among them; absent for one.
  public var ranks: Int?
}

/// Which places of a block are analysed.
public enum FrequencyPositions: String, Sendable, Hashable, Codable, CaseIterable {
  /// After the block.
  case block
  /// After the block's attention, too.
  case subblock
}

/// The spectra of one checkpoint, or of one file of features.
public struct FrequencyModel: Sendable, Hashable, Codable {
  /// Which checkpoint.
  public var checkpoint: CheckpointIdentity
  /// Wall time from the first forward pass to the last spectrum.
  public var seconds: Double
  /// Features: how many images they are of.
  public var count: Int?
  /// The normalisation of pixels, by name; absent for images that came normalised, and for features.
  public var normalize: String?
  /// Height and width of the images as the model saw them; absent for features.
  public var imageSize: [Int]?
  /// Rows and columns of patches: of every layer that has no grid of its own; where each has one, of the first.
  public var grid: [Int]
  /// The bands of `grid` in units of π, k = 0 first.
  public var frequencies: [BandFrequency]
  /// Radial profile: cells of higher frequency than the last band, which no band holds.
  public var cellsLeftOut: Int?
  /// The layers, in the order of computation.
  public var layers: [FrequencyLayer]
  /// The images used, in their order: paths, rows of batches, or indices in a file of features; absent unless values for each were asked for.
  public var imageNames: [String]?
}

/// The profile of one layer: mean over images and channels of ln(|F| + 1e-6), and its standard error over images.
public struct FrequencyLayer: Sendable, Hashable, Codable {
  /// `embedding`, `0` … `N−1`, `norm`, `fused`, `fused-norm`; `0.attention` … with subblocks; the tensor's name for features.
  public var layer: String
  /// Features: C, how many channels.
  public var channels: Int?
  /// Rows and columns, where the model's layers have different grids.
  public var grid: [Int]?
  /// The bands of that grid, in units of π.
  public var frequencies: [BandFrequency]?
  /// As the model's, for that grid.
  public var cellsLeftOut: Int?
  /// A value for each band.
  public var logAmplitude: [Double]
  /// `logAmplitude` minus its first value.
  public var relativeLogAmplitude: [Double]
  /// Standard error of each value over per-image means; absent for a single image.
  public var standardError: [Double]?
  /// The same of the relative values.
  public var relativeStandardError: [Double]?
  /// `logAmplitude` of each image, by image and band, in the order of the model's `imageNames`; absent unless asked for.
  public var imageLogAmplitude: [[Double]]?
}

/// Band by band, how much a layer of the second checkpoint exceeds the first's on the same images.
public struct FrequencyComparison: Sendable, Hashable, Codable {
  /// The layer compared in each of the two.
  public var layers: [String]
  /// Mean over images of the second's log amplitude minus the first's.
  public var difference: [Double]
  /// Half the width of the 95 % interval of each difference by itself (Student's t over images); absent for a single image.
  public var halfInterval: [Double]?
  /// The two-sided p of each difference by itself; absent for a single image.
  public var pValue: [Double]?
  /// The same by Holm's correction over all bands, by which sentences go; absent for a single image.
  public var adjustedPValue: [Double]?
}

extension FrequencyModel {
  /// The bands of one of its layers.
  func frequencies(of layer: FrequencyLayer) -> [BandFrequency] { layer.frequencies ?? frequencies }

  /// The number of blocks; nil for features whose names do not tell.
  var blockCount: Int? { checkpoint.architecture?.depth ?? FeatureNames.blockCount(of: layers.map(\.layer)) }
}

extension FrequencyModel {
  private enum Key: String, CodingKey {
    case seconds, count, normalize, imageSize, grid, frequencies, cellsLeftOut, layers, imageNames
  }

  /// Writes the checkpoint's fields beside the others, as one object.
  public func encode(to encoder: any Encoder) throws {
    try checkpoint.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(seconds, forKey: .seconds)
    try container.encodeIfPresent(count, forKey: .count)
    try container.encodeIfPresent(normalize, forKey: .normalize)
    try container.encodeIfPresent(imageSize, forKey: .imageSize)
    try container.encode(grid, forKey: .grid)
    try container.encode(frequencies, forKey: .frequencies)
    try container.encodeIfPresent(cellsLeftOut, forKey: .cellsLeftOut)
    try container.encode(layers, forKey: .layers)
    try container.encodeIfPresent(imageNames, forKey: .imageNames)
  }

  /// Reads what `encode` writes.
  public init(from decoder: any Decoder) throws {
    checkpoint = try CheckpointIdentity(from: decoder)
    let container = try decoder.container(keyedBy: Key.self)
    seconds = try container.decode(Double.self, forKey: .seconds)
    count = try container.decodeIfPresent(Int.self, forKey: .count)
    normalize = try container.decodeIfPresent(String.self, forKey: .normalize)
    imageSize = try container.decodeIfPresent([Int].self, forKey: .imageSize)
    grid = try container.decode([Int].self, forKey: .grid)
    frequencies = try container.decode([BandFrequency].self, forKey: .frequencies)
    cellsLeftOut = try container.decodeIfPresent(Int.self, forKey: .cellsLeftOut)
    layers = try container.decode([FrequencyLayer].self, forKey: .layers)
    imageNames = try container.decodeIfPresent([String].self, forKey: .imageNames)
  }
}
