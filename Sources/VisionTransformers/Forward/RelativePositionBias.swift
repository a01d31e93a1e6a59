internal import Tensors

extension Architecture {
  /// Writes the bias of every pair of tokens: row p, column q of a head is the table's entry for the offset from patch q to patch p.
  ///
  /// Source: Bao et al. 2022, "BEiT", whose code orders offsets by row and column and appends three rows for the class token.
  ///
  /// - Parameters:
  ///   - table: Shape [offsets (+ 3), H].
  ///   - bias: Receives shape [H, T, T].
  func expandRelativePositions(_ table: Span<Float>, into bias: inout MutableSpan<Float>) {
    let (rows, columns, first) = (grid[0], grid[1], prefix.count)
    let last = relativeRows - 1
    precondition(first <= 1 && table.count == relativeRows * heads && bias.count == heads * tokens * tokens)
    for head in 0..<heads {
      var place = head * tokens * tokens
      for p in 0..<tokens {
        let (pRow, pColumn) = (p - first).quotientAndRemainder(dividingBy: columns)
        if first == 1 {
          bias[place] = table[(p == 0 ? last : last - 1) * heads + head]
          place += 1
        }
        for qRow in 0..<rows {
          for qColumn in 0..<columns {
            let offset = (pRow - qRow + rows - 1) * (2 * columns - 1) + pColumn - qColumn + columns - 1
            bias[place] = table[(p < first ? last - 2 : offset) * heads + head]
            place += 1
          }
        }
      }
    }
  }
}
