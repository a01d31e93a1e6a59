public import VisionTransformers

/// What `describe` found.
public struct DescribeResult: Sendable, Hashable, Codable {
  /// Always `describe`.
  public var command = "describe"
  /// The program's version.
  public var version: String
  /// The command line after the program's name.
  public var arguments: [String]
  /// The seed, which nothing here depends on.
  public var seed: UInt64
  /// A report for each checkpoint, in the order given.
  public var models: [ModelReport]
  /// What the diagnoses would assume of them, in the same order; absent for nothing.
  public var assumed: [AssumedValue]?

  /// Collects reports.
  public init(arguments: [String], seed: UInt64, models: [ModelReport]) {
    version = ToolVersion.current
    self.arguments = arguments
    self.seed = seed
    self.models = models
    let values = models.flatMap { $0.assumed ?? [] }
    assumed = values.isEmpty ? nil : values
  }
}

/// What a checkpoint is: its container, network, tensors, and the diagnoses that it allows.
public struct ModelReport: Sendable, Hashable, Codable {
  /// The label.
  public var name: String
  /// The path as given.
  public var path: String
  /// SHA-256 over the tensors that were read: the fusion logits; absent where there are none.
  public var digest: String?
  /// How the file is laid out.
  public var container: String
  /// The files behind it.
  public var files: [String]
  /// Where in the file the described weights lie; empty for the outermost dictionary.
  public var stateDictionary: String
  /// The other weights in the file.
  public var otherStateDictionaries: [String]
  /// Whose naming it uses; absent when no Vision Transformer in a known naming is in the file.
  public var dialect: String?
  /// What stands before the encoder's names.
  public var prefix: String?
  /// The network; absent when the encoder cannot be computed with.
  public var architecture: Architecture?
  /// The values of the architecture that are known, each with its source.
  public var values: [SourcedValue]
  /// Why the encoder cannot be computed with.
  public var problem: String?
  /// Why the decoder cannot be computed with, where there is one.
  public var decoderProblem: String?
  /// What the file holds instead of a network, where its tensors seem to be features.
  public var features: FeatureReport?
  /// How many numbers the tensors hold.
  public var parameters: ParameterCounts
  /// Every tensor once: those of the file in the order of their names, then those missing.
  public var tensors: [TensorReport]
  /// The fusion weights of MFF.
  public var fusion: FusionReport?
  /// What the file tells of its training, each value with its source.
  public var training: [SourcedValue]
  /// What else is in the file: each outermost key with a summary.
  public var contents: [ContentReport]
  /// Which diagnoses the file allows.
  public var diagnoses: [DiagnosisReport]
  /// What these diagnoses would assume for image files of the size that it was trained at; absent for nothing.
  public var assumed: [AssumedValue]?
}

/// A value in words with where it came from.
public struct SourcedValue: Sendable, Hashable, Codable {
  /// What it is.
  public var name: String
  /// The value in words.
  public var value: String
  /// Where it came from, in words.
  public var source: String
}

/// Elements of a file's tensors, by what uses them.
public struct ParameterCounts: Sendable, Hashable, Codable {
  /// Those of the encoder, without fusion; position embeddings count, learned or not.
  public var encoder = 0
  /// Those of the decoder, with the mask token.
  public var decoder = 0
  /// Fusion logits and projections.
  public var fusion = 0
  /// Those that nothing uses.
  public var other = 0
  /// All.
  public var total = 0
}

/// What a tensor is for.
public struct TensorReport: Sendable, Hashable, Codable {
  /// What becomes of a tensor.
  public enum Status: String, Sendable, Hashable, Codable {
    /// A part of the model holds it.
    case used
    /// Nothing uses it.
    case ignored
    /// A part of the model needs it and the file lacks it.
    case missing
  }

  /// The name in the file, or that to be expected there.
  public var name: String
  /// The element type as stored; absent for a missing tensor.
  public var type: String?
  /// The extents; for a missing tensor those needed, absent when unknown.
  public var shape: [Int]?
  /// What becomes of it.
  public var status: Status
  /// The part that uses or needs it.
  public var part: ModelPart?
  /// Our name of the parameter that it is or is a part of.
  public var parameter: String?
  /// Why nothing uses it.
  public var reason: String?
}

/// Features that another program computed.
public struct FeatureReport: Sendable, Hashable, Codable {
  /// N.
  public var images: Int
  /// The layers in natural order of their names.
  public var layers: [FeatureLayerReport]
}

/// One layer of a file of features.
public struct FeatureLayerReport: Sendable, Hashable, Codable {
  /// The tensor's name.
  public var layer: String
  /// C.
  public var channels: Int
  /// Rows and columns.
  public var grid: [Int]
}

/// The fusion weights of a checkpoint.
public struct FusionReport: Sendable, Hashable, Codable {
  /// Softmax of the logits, from the shallowest fused layer to the last block.
  public var weights: [Double]
  /// Before the softmax.
  public var logits: [Double]
  /// Indices of the fused blocks; absent when unknown.
  public var layers: [Int]?
}

/// A key of the file that holds no described tensor.
public struct ContentReport: Sendable, Hashable, Codable {
  /// The key.
  public var key: String
  /// What is there, in a few words.
  public var summary: String
}

/// Whether a file allows a diagnosis.
public struct DiagnosisReport: Sendable, Hashable, Codable {
  /// The command that makes it.
  public var command: String
  /// Whether it can be made with this file.
  public var allowed: Bool
  /// Why it cannot.
  public var reason: String?
  /// What has to be given or kept in mind.
  public var note: String?
}
