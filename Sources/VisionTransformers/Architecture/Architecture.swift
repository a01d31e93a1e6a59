/// What has to be known of a Vision Transformer to compute with its tensors.
///
/// Sizes that tensors show are read off them; the rest is inferred by `ArchitectureInference`, which says where each value is from.
public struct Architecture: Sendable, Hashable, Codable {
  /// Height and width of the training images, in pixels.
  public var imageSize: [Int]
  /// Side of a square patch, in pixels.
  public var patchSize: Int
  /// Patch rows and columns of an image: `imageSize` / `patchSize`.
  public var grid: [Int]
  /// D, the width of the residual stream.
  public var width: Int
  /// N, the number of blocks.
  public var depth: Int
  /// H, attention heads a block.
  public var heads: Int
  /// F, the hidden width of the perceptron.
  public var hiddenWidth: Int
  /// ε of every layer normalisation.
  public var layerNormEpsilon: Double
  /// What precedes the patches in the token sequence, in order.
  public var prefix: [PrefixToken]
  /// Which tokens the position embedding has rows for.
  public var positions: PositionRows
  /// How the family's own code resizes the position embedding to another grid.
  public var positionResizing: PositionResizing
  /// Whether each branch of a block is scaled by a learned vector (LayerScale).
  public var layerScale: Bool
  /// Whether the file holds the normalisation of the last block's tokens (a fine-tuned MAE normalises their mean instead).
  public var finalNorm: Bool
  /// What it computes otherwise than a plain Vision Transformer.
  public var variant = Variant()
  /// Multi-level feature fusion, where the model has it.
  public var fusion: Fusion?
  /// The MAE decoder, where the file holds it.
  public var decoder: Decoder?

  /// Number of patch tokens.
  public var patches: Int { grid.reduce(1, *) }
  /// T, number of all tokens.
  public var tokens: Int { prefix.count + patches }
  /// Values of one image, 3 · height · width.
  public var pixels: Int { 3 * patches * patchSize * patchSize }

  /// The same network on images of another size, whose sides divide by the patch's.
  func resized(to imageSize: [Int]) -> Architecture {
    var copy = self
    copy.imageSize = imageSize
    copy.grid = imageSize.map { $0 / patchSize }
    return copy
  }

  /// A token in front of the patches.
  public enum PrefixToken: String, Sendable, Hashable, Codable {
    case `class`
    case distillation
    case register
  }

  /// Which rows the position embedding has.
  public enum PositionRows: String, Sendable, Hashable, Codable {
    /// Class (and distillation) token, then patches; register tokens have none.
    case classAndPatches
    /// Every token: class, registers, patches.
    case allTokens
    /// Patches only.
    case patches
    /// There is no position embedding.
    case absent
  }

  /// Ways to resize a position embedding.
  public enum PositionResizing: String, Sendable, Hashable, Codable, CaseIterable {
    /// PyTorch's bicubic by size, a = −0.75, no antialiasing (MAE, DeiT, MMPretrain, Hugging Face).
    case bicubic
    /// Antialiased bicubic, a = −0.5 (timm).
    case antialiasedBicubic = "bicubic-antialiased"
    /// PyTorch's bicubic by a scale factor of (n + 0.1) / N (DINO).
    case bicubicByFactor = "bicubic-by-factor"
    /// PyTorch's bicubic with the corners aligned (torchvision).
    case bicubicAlignedCorners = "bicubic-aligned-corners"
    /// PyTorch's bilinear by size, no antialiasing (timm, for files of Flax).
    case bilinear
    /// Bilinear with the corners aligned (google-research/vision_transformer and big_vision, by SciPy's `zoom`).
    case bilinearAlignedCorners = "bilinear-aligned-corners"
  }

  /// The fused layers of MFF, equation 4 of the paper.
  public struct Fusion: Sendable, Hashable, Codable {
    /// Indices of the fused blocks, ascending, the last block last; absent where neither the file nor the user tells.
    public var layers: [Int]?
    /// K, the number of fused layers.
    public var count: Int
    /// What each fused layer but the last passes through.
    public var projection: Projection
    /// How the fused layers become one.
    public var combination = Combination.average
    /// Whether training keeps gradients from flowing through the fusion into the shallow layers (A.8 of the paper).
    public var detach = false

    /// Ways to put fused layers together.
    public enum Combination: String, Sendable, Hashable, Codable, CaseIterable {
      /// The average with softmax weights (Eq. 4).
      case average
      /// Self-attention over the layers at each token position; the last layer's entry is kept.
      case attention
    }

    /// P of equation 4.
    public enum Projection: String, Sendable, Hashable, Codable, CaseIterable {
      case none
      case linear
      case mlp
    }
  }

  /// The decoder of MAE.
  public struct Decoder: Sendable, Hashable, Codable {
    /// Width of the decoder's residual stream.
    public var width: Int
    /// Number of decoder blocks.
    public var depth: Int
    /// Attention heads a decoder block; absent where neither the file nor the user tells.
    public var heads: Int?
    /// Hidden width of the decoder's perceptrons.
    public var hiddenWidth: Int
    /// Values predicted for each patch.
    public var outputs: Int
  }
}
