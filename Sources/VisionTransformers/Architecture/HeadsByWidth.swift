/// Attention heads where neither tensors nor a configuration tell: by width, as far as published files agree.
enum HeadsByWidth {
  /// Widths whose heads are not 64 wide, in every published code base.
  private static let unusual = [1152: 16, 1280: 16, 1408: 16, 1664: 16, 1792: 16]
  /// Widths at which all published files have heads of 64, for networks with at least so many blocks.
  private static let agreed = [320: 1, 448: 1, 512: 1, 640: 1, 768: 12, 832: 1, 896: 1, 1024: 1, 1536: 1]

  /// Widths of which published networks have a class token or registers.
  static let ofClassTokens: Set<Int> = [192, 256, 384]

  /// Whether networks of that width have been published.
  static func isPublished(_ width: Int) -> Bool {
    unusual[width] != nil || agreed[width] != nil || ofClassTokens.contains(width)
  }

  /// The number and why it is that.
  ///
  /// - Throws: `ModelError.unknownHeads` for a width that does not divide by 64.
  static func heads(width: Int, depth: Int, _ names: NameResolution) throws(ModelError) -> (Int, ValueSource) {
    // SigLIP's largest, which has no class token; DINOv2 giant of the same width has heads of 64.
    if width == 1536, names.shape(of: "class") == nil { return (16, .usual("SigLIP of width 1536")) }
    if let heads = unusual[width] { return (heads, .usual("ViT of width \(width)")) }
    if width == 384, names.isMoCo { return (12, .usual("MoCo v3 of width 384, told by its two encoders")) }
    guard width.isMultiple(of: 64) else { throw .unknownHeads(file: names.file, width: width) }
    let heads = width / 64
    if let blocks = agreed[width], depth >= blocks { return (heads, .usual("64 values a head")) }
    return (heads, .assumed(reason(width, depth), option: "--heads"))
  }

  private static func reason(_ width: Int, _ depth: Int) -> String {
    switch width {
    case 192: "64 values a head, as DeiT's tiny; MAE-Lite's and TinyMIM's have 12 heads"
    case 384: "64 values a head, as DeiT's small; MoCo v3's has 12 heads"
    case 768: "64 values a head; published networks of \(depth) blocks of this width have 8 heads, too"
    default: "64 values a head; no published family settles it for width \(width)"
    }
  }
}

extension NameResolution {
  /// MoCo v3's training keeps two encoders under these names.
  fileprivate var isMoCo: Bool { prefix.contains("base_encoder.") || prefix.contains("momentum_encoder.") }
}
