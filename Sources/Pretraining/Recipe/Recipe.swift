public import VisionTransformers

/// Everything that decides a training run and what it leaves behind: with the same recipe, data, number of threads, number of ranks and
/// BLAS kernel the same weights come out, bit for bit.
///
/// Its JSON is the `config.json` of a run folder.
public struct Recipe: Sendable, Hashable, Codable {
  /// What is learned.
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    /// Reconstruction of removed patches (He et al. 2022).
    case mae
    /// The same of their low frequencies (Liu et al. 2023).
    case pixmim
    /// A teacher's features at removed patches, in the manner of EVA (Fang et al. 2023).
    case eva
    /// A teacher's features at all patches, in the manner of MILAN (Hou et al. 2022), with random masks.
    case milan
    /// Classes.
    case supervised

    /// Whether a teacher's features are the target.
    public var needsTeacher: Bool { self == .eva || self == .milan }
    /// Whether patches are removed and a decoder fills them in.
    public var masks: Bool { self != .supervised }
  }

  /// Sizes of the network.
  public struct Network: Sendable, Hashable, Codable {
    /// Side of the images in pixels.
    public var imageSize: Int
    /// Side of a patch in pixels.
    public var patchSize: Int
    /// D.
    public var width: Int
    /// Number of blocks.
    public var depth: Int
    /// Attention heads.
    public var heads: Int
    /// The decoder's width.
    public var decoderWidth: Int
    /// The decoder's blocks.
    public var decoderDepth: Int
    /// The decoder's attention heads.
    public var decoderHeads: Int

    /// A network of these sizes.
    public init(
      imageSize: Int, patchSize: Int, width: Int, depth: Int, heads: Int, decoderWidth: Int, decoderDepth: Int,
      decoderHeads: Int
    ) {
      self.imageSize = imageSize
      self.patchSize = patchSize
      self.width = width
      self.depth = depth
      self.heads = heads
      self.decoderWidth = decoderWidth
      self.decoderDepth = decoderDepth
      self.decoderHeads = decoderHeads
    }
  }

  /// Where the images come from.
  public struct Source: Sendable, Hashable, Codable {
    /// The kind of generated images; nil for files.
    public var synthetic: String?
    /// Folders and files.
    public var images: [String] = []
    /// Generated images of an epoch, or the most files that are used; nil for all.
    public var count: Int?
    /// How many images an epoch has; nil until they have been looked for.
    public var found: Int?

    /// Images from nowhere yet.
    public init(synthetic: String? = nil, images: [String] = [], count: Int? = nil) {
      self.synthetic = synthetic
      self.images = images
      self.count = count
    }
  }

  /// The network whose features are the target.
  public struct Teacher: Sendable, Hashable, Codable {
    /// Its checkpoint.
    public var path: String
    /// SHA-256 of the tensors that were read; nil until the checkpoint has been opened.
    public var digest: String?
    /// Its attention heads, where the checkpoint cannot tell.
    public var heads: Int?

    /// The teacher in a checkpoint.
    public init(path: String, digest: String? = nil, heads: Int? = nil) {
      self.path = path
      self.digest = digest
      self.heads = heads
    }
  }

  /// What is learned.
  public var method: Method
  /// Sizes of the network.
  public var network: Network
  /// Indices of the fused blocks, ascending, the last block last; nil without fusion.
  public var fuse: [Int]?
  /// What each fused layer but the last passes through.
  public var projection: Architecture.Fusion.Projection = .linear
  /// How the fused layers become one.
  public var fusion: Architecture.Fusion.Combination = .average
  /// Whether gradients are kept from flowing through the fusion into the shallow layers (A.8 of the paper).
  public var detach = false
  /// The optimiser.
  public var optimizer = AdamW.Settings()
  /// The learning rate for batches of 256 images (Table 5: 1.5e-4).
  public var learningRate = 1.5e-4
  /// Epochs of linear warm-up; nil for a twentieth of all (Table 5: 40 of 800).
  public var warmupEpochs: Double?
  /// Epochs in all.
  public var epochs = 100
  /// Images in a batch.
  public var batchSize = 64
  /// The share of patches that is removed.
  public var maskRatio = 0.75
  /// Whether each patch's target is normalised by its own mean and deviation.
  public var normPixels = true
  /// ε of label smoothing.
  public var labelSmoothing = 0.0
  /// The name of the augmentation; nil for the method's own.
  public var augmentation: String?
  /// Where the images come from.
  public var data = Source()
  /// A checkpoint after so many epochs, and after the last.
  public var epochsPerCheckpoint = 5
  /// Whether checkpoints hold half precision: half as large, rounded to three digits.
  ///
  /// The state is always exact.
  public var halfPrecision = false
  /// A line of the log after so many steps.
  public var stepsPerLine = 10
  /// Decides everything random.
  public var seed: UInt64 = 0
  /// The network whose features are the target.
  public var teacher: Teacher?

  /// A recipe with the values of Table 5 where it has some.
  public init(method: Method = .mae, network: Network = .micro, fuse: [Int]? = nil) {
    self.method = method
    self.network = network
    self.fuse = fuse
  }
}

extension Recipe.Network {
  /// 64 wide, 12 blocks, on 14 × 14 patches of 4 pixels: minutes on a laptop, and the grid of a ViT-B/16.
  public static let micro = Recipe.Network(
    imageSize: 56, patchSize: 4, width: 64, depth: 12, heads: 2, decoderWidth: 48, decoderDepth: 2, decoderHeads: 2)
  /// ViT-Ti/16.
  public static let tiny = Recipe.Network(
    imageSize: 224, patchSize: 16, width: 192, depth: 12, heads: 3, decoderWidth: 96, decoderDepth: 4, decoderHeads: 3)
  /// ViT-S/16.
  public static let small = Recipe.Network(
    imageSize: 224, patchSize: 16, width: 384, depth: 12, heads: 6, decoderWidth: 256, decoderDepth: 4,
    decoderHeads: 8)
  /// ViT-B/16 with the decoder of MAE.
  public static let base = Recipe.Network(
    imageSize: 224, patchSize: 16, width: 768, depth: 12, heads: 12, decoderWidth: 512, decoderDepth: 8,
    decoderHeads: 16)
  /// The presets by their names.
  public static let presets: KeyValuePairs<String, Recipe.Network> = [
    "micro": .micro, "tiny": .tiny, "small": .small, "base": .base,
  ]

  /// Patches of an image.
  public var patches: Int { (imageSize / patchSize) * (imageSize / patchSize) }
}
