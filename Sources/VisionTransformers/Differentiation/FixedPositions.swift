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
}

extension VisionTransformer {
  /// The position embeddings that are fixed tables of sines and cosines, and so no trainable parameters.
  public var fixedParameters: Set<ParameterName> {
    Set(["position", "decoder.position"].filter { layout.contains($0) && isFixed($0) })
  }

  private func isFixed(_ name: ParameterName) -> Bool {
    let (values, width) = (values(of: name), layout[name].shape[1])
    guard width.isMultiple(of: 4) else { return false }
    return [true, false].contains { columnFirst in
      let table = architecture.fixedPositions(width: width, columnFirst: columnFirst)
      // 1e-3: half precision keeps values near 1 to 5e-4. The prefix rows may be anything small or zero in some files.
      return zip(values, table).dropFirst(architecture.positionPrefixCount * width).allSatisfy { abs($0 - $1) < 1e-3 }
    }
  }
}
