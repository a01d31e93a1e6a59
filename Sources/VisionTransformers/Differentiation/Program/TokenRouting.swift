/// Which row of which matrix each token of a part of the batch goes to.
struct TokenRouting: Sendable {
  /// Rows of the encoder's position embedding, and the encoder tokens they are added to.
  var encoderPositions: (rows: [Int], at: [Int]) = ([], [])
  /// Encoder tokens that are patches.
  var encoderPatches: [Int] = []
  /// Encoder tokens of each place in front of the patches.
  var encoderPrefix: [[Int]] = []
  /// Visible tokens: rows of the embedded encoder output, and the decoder tokens they become.
  var decoderVisible: (rows: [Int], at: [Int]) = ([], [])
  /// Decoder tokens that are mask tokens.
  var decoderMasked: [Int] = []
  /// Decoder tokens that are patches, by image and position.
  var decoderPatches: [Int] = []
  /// Rows of the decoder's position embedding, one for each decoder token.
  var decoderPositions: [Int] = []

  /// The routing of images whose visible patches are given, each ascending and all of one count.
  init(_ a: Architecture, visible: [[Int]]) {
    let prefix = a.prefix.count
    let positioned = a.positionPrefixCount
    encoderPrefix = Array(repeating: [], count: prefix)
    for (image, patches) in visible.enumerated() {
      let (encoder, decoder) = (image * (prefix + patches.count), image * a.tokens)
      for i in 0..<prefix {
        encoderPrefix[i].append(encoder + i)
        if i < positioned { add(position: i, at: encoder + i) }
        addVisible(encoder + i, at: decoder + i)
        decoderPositions.append(i)
      }
      let visible = Set(patches)
      for (i, patch) in patches.enumerated() {
        encoderPatches.append(encoder + prefix + i)
        add(position: positioned + patch, at: encoder + prefix + i)
        addVisible(encoder + prefix + i, at: decoder + prefix + patch)
      }
      for patch in 0..<a.patches {
        decoderPatches.append(decoder + prefix + patch)
        decoderPositions.append(prefix + patch)
        if !visible.contains(patch) { decoderMasked.append(decoder + prefix + patch) }
      }
    }
  }

  private mutating func add(position: Int, at row: Int) {
    encoderPositions.rows.append(position)
    encoderPositions.at.append(row)
  }

  private mutating func addVisible(_ row: Int, at decoder: Int) {
    decoderVisible.rows.append(row)
    decoderVisible.at.append(decoder)
  }
}
