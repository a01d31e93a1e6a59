internal import Tensors

/// The tokens of the first block: patches · Wᵀ + b + position, behind the prefix tokens with theirs.
struct PatchEmbedding {
  let architecture: Architecture
  let team: Team

  /// Writes the tokens of n images.
  ///
  /// - Parameters:
  ///   - pixels: Normalised images, shape [n, 3, height, width].
  ///   - patches: Scratch of as many values.
  ///   - stream: Receives the tokens, shape [n, T, D].
  ///   - parameters: The model's.
  func embed(
    _ pixels: Span<Float>, patches: inout Buffer, into stream: inout Buffer, _ parameters: borrowing ParameterView
  ) {
    let a = architecture
    let count = pixels.count / a.pixels
    var patchSpan = patches.mutableSpan
    gatherPatches(pixels, count, into: &patchSpan)
    let (d, prefix, patchValues) = (a.width, a.prefix.count, 3 * a.patchSize * a.patchSize)
    var stream = stream.mutableSpan
    writePrefix(parameters, images: count, into: &stream)
    for image in 0..<count {
      let start = (image * a.tokens + prefix) * d
      var tokens = stream.part(start..<start + a.patches * d)
      if a.positionCount > 0 {
        let position = parameters["position"]
        for i in 0..<a.patches * d { tokens[i] = position[a.positionPrefixCount * d + i] }
      } else {
        for i in 0..<a.patches * d { tokens[i] = 0 }
      }
      addBias(parameters["patch.bias"], to: &tokens, team: team)
      multiply(
        patchSpan.span, MatrixLayout(a.patches, patchValues, offset: image * a.pixels), .plain,
        parameters["patch.weight"], MatrixLayout(d, patchValues), .transposed,
        into: &tokens, MatrixLayout(a.patches, d), beta: 1, team: team)
    }
  }

  /// Lays the pixels of each patch side by side, ordered colour, row, column as the patch kernel is.
  private func gatherPatches(_ pixels: Span<Float>, _ count: Int, into patches: inout MutableSpan<Float>) {
    let a = architecture
    let (rows, columns, p) = (a.grid[0], a.grid[1], a.patchSize)
    let (height, width) = (rows * p, columns * p)
    var to = 0
    for image in 0..<count {
      for row in 0..<rows {
        for column in 0..<columns {
          for colour in 0..<3 {
            for y in 0..<p {
              let from = ((image * 3 + colour) * height + row * p + y) * width + column * p
              for x in 0..<p {
                patches[to] = pixels[from + x]
                to += 1
              }
            }
          }
        }
      }
    }
  }

  private func writePrefix(
    _ parameters: borrowing ParameterView, images: Int, into stream: inout MutableSpan<Float>
  ) {
    let a = architecture
    let position = a.positionPrefixCount > 0 ? parameters["position"] : Span()
    var registers = 0
    for (index, token) in a.prefix.enumerated() {
      let (values, row) =
        switch token {
        case .class: (parameters["class"], 0)
        case .distillation: (parameters["distillation"], 0)
        case .register: (parameters["registers"], registers)
        }
      if token == .register { registers += 1 }
      for image in 0..<images {
        let start = (image * a.tokens + index) * a.width
        for i in 0..<a.width {
          let positioned = index < a.positionPrefixCount ? position[index * a.width + i] : 0
          stream[start + i] = values[row * a.width + i] + positioned
        }
      }
    }
  }
}
