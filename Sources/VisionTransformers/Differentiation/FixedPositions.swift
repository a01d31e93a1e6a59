internal import Foundation

extension Architecture {
  /// The fixed position embedding of MAE: sine and cosine of the column, then of the row; zeros for the tokens in front.
  ///
  /// - Parameter width: Channels, a multiple of four.
  /// - Returns: Shape [prefix rows + L, width].
  /// - Source: He et al. 2022 with their code; Vaswani et al. 2017, section 3.5, for one axis.
  public func fixedPositions(width: Int) -> [Float] { fixedPositions(width: width, columnFirst: true) }

  func fixedPositions(width: Int, columnFirst: Bool) -> [Float] {
    precondition(width.isMultiple(of: 4))
    let quarter = width / 4
    let frequencies = (0..<quarter).map { pow(10_000, -Double($0) / Double(quarter)) }
    func waves(_ position: Int) -> [Float] {
      frequencies.map { Float(sin(Double(position) * $0)) } + frequencies.map { Float(cos(Double(position) * $0)) }
    }
    var positions = [Float](repeating: 0, count: positionPrefixCount * width)
    for row in 0..<grid[0] {
      for column in 0..<grid[1] {
        positions += columnFirst ? waves(column) + waves(row) : waves(row) + waves(column)
      }
    }
    return positions
  }

  /// Whether a position embedding of that width is the fixed table, in either order of row and column.
  func isFixedPositions(_ values: [Float], width: Int) -> Bool {
    guard width.isMultiple(of: 4) else { return false }
    return [true, false].contains { columnFirst in
      let table = fixedPositions(width: width, columnFirst: columnFirst)
      // 3e-3: bfloat16 keeps values near 1 to 2e-3. The prefix rows may be anything small or zero in some files.
      return zip(values, table).dropFirst(positionPrefixCount * width).allSatisfy { abs($0 - $1) < 3e-3 }
    }
  }
}

extension VisionTransformer {
  /// The parameters that are position embeddings.
  static let positions: Set<ParameterName> = ["position", "decoder.position"]

  /// What is no trainable parameter: position embeddings that are fixed tables of sines and cosines, biases that the file lacks.
  public var fixedParameters: Set<ParameterName> {
    let positions =
      knownFixed
      ?? Self.positions.filter {
        layout.contains($0) && architecture.isFixedPositions(values(of: $0), width: layout[$0].shape[1])
      }
    return positions.union(absent)
  }
}
