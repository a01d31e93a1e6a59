/// What timm's name of a network says of it.
struct TimmArchitecture: Sendable, Hashable {
  /// The published name, without what older versions added to it.
  let name: String
  /// D; 0 where the name alone does not tell.
  let width: Int
  /// Blocks.
  let depth: Int
  /// Side of a patch.
  let patch: Int
  /// Attention heads.
  let heads: Int
  /// What differs from a plain block.
  private let traits: Set<String>

  /// Endings that older versions of timm gave to names, for what is now a tag.
  private static let oldEndings = [
    "in21k", "in22k", "in22ft1k", "in1k", "dino", "mae", "sam", "miil", "openai", "laion2b", "laion400m", "datacomp1b",
    "dfn2b",
    "dfn5b", "metaclip_2pt5b", "webli", "lvd142m", "fb_in1k", "augreg", "mim", "m38m", "ft_in1k",
  ]

  private static let published: [String: TimmArchitecture] = Dictionary(
    TimmTable.text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      let numbers = words.dropFirst().prefix(4).compactMap { Int($0) }
      guard numbers.count == 4 else { return nil }
      return (
        words[0],
        TimmArchitecture(
          name: words[0], width: numbers[0], depth: numbers[1], patch: numbers[2], heads: numbers[3],
          traits: Set(words.dropFirst(5)))
      )
    }
  ) { first, _ in first }

  /// The network of that name; nil for a name that timm has not published.
  static func named(_ name: String) -> TimmArchitecture? {
    // A tag may stand behind a dot.
    var base = String(name.prefix { $0 != "." })
    if let found = published[base] { return found }
    while let ending = oldEndings.first(where: { base.hasSuffix("_" + $0) }) {
      base = String(base.dropLast(ending.utf8.count + 1))
      if let found = published[base] { return found }
    }
    return nil
  }

  /// ε of its layer normalisations.
  var layerNormEpsilon: Double { traits.contains("1e-5") ? 1e-5 : 1e-6 }
  /// Where the norms of a block stand.
  var norms: Architecture.NormPlacement { traits.contains("post") ? .output : .input }
  /// Whether its patches have EVA-02's rotary positions.
  var isRotary: Bool { traits.contains("rot") }
  /// What its MLP computes between linear layers.
  var activation: Architecture.Perceptron {
    traits.contains("quick") ? .quickGELU : traits.contains("tanh") ? .tanhGELU : .gelu
  }

  /// Why it is not computed; nil for one that is.
  var refusal: String? {
    let reasons = [
      "!rotary": "its rotary positions are not supported, and its tensors do not show them",
      "!rms": "its norms are RMSNorm, which is not supported",
      "!parallel": "its blocks compute attention and MLP side by side, which is not supported",
      "!diff": "its differential attention is not supported",
      "!hybrid": "its patch embedding is a convolutional network, which is not supported",
      "!qk": "its normalisation of queries and keys is not supported",
      "!naflex": "its patches of variable grids are not supported",
    ]
    return traits.lazy.compactMap { reasons[$0] }.first
  }
}
