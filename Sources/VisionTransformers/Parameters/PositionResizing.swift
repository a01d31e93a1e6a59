internal import Foundation

extension Architecture.PositionResizing {
  /// The rows of a position embedding for another grid; rows of prefix tokens stay as they are.
  ///
  /// - Parameters:
  ///   - position: Shape [prefix + grid rows · grid columns, D].
  ///   - prefix: Rows in front of the grid.
  ///   - width: D.
  ///   - grid: Rows and columns now.
  ///   - target: Rows and columns wanted.
  /// - Returns: Shape [prefix + target rows · target columns, D].
  func resize(_ position: [Float], prefix: Int, width: Int, from grid: [Int], to target: [Int]) -> [Float] {
    let down = weights(from: grid[0], to: target[0])
    let across = weights(from: grid[1], to: target[1])
    var resized = Array(position[..<(prefix * width)])
    resized.reserveCapacity((prefix + target[0] * target[1]) * width)
    for row in 0..<target[0] {
      for column in 0..<target[1] {
        var sum = [Double](repeating: 0, count: width)
        for (i, rowWeight) in down[row] {
          for (j, columnWeight) in across[column] {
            let start = (prefix + i * grid[1] + j) * width
            for k in 0..<width { sum[k] += rowWeight * columnWeight * Double(position[start + k]) }
          }
        }
        resized += sum.map { Float($0) }
      }
    }
    return resized
  }

  /// For each position along an axis of `target` the positions of `count` that it is mixed from, with their weights.
  private func weights(from count: Int, to target: Int) -> [[(Int, Double)]] {
    let ratio = Double(count) / Double(target)
    return (0..<target).map { i in
      let x = Double(i)
      return switch self {
      case .bicubic: Self.clamped(at: (x + 0.5) * ratio - 0.5, count)
      // DINO hands PyTorch a factor a little too large, and PyTorch samples by the factor.
      case .bicubicByFactor: Self.clamped(at: (x + 0.5) * Double(count) / (Double(target) + 0.1) - 0.5, count)
      case .bicubicAlignedCorners:
        Self.clamped(at: target == 1 ? 0 : x * Double(count - 1) / Double(target - 1), count)
      case .bilinear: Self.linear(at: (x + 0.5) * ratio - 0.5, count)
      case .bilinearAlignedCorners:
        Self.linear(at: target == 1 ? 0 : x * Double(count - 1) / Double(target - 1), count)
      case .antialiasedBicubic: Self.antialiased(at: (x + 0.5) * ratio, max(ratio, 1), count)
      }
    }
  }

  /// Two neighbours; beyond the border the border itself.
  private static func linear(at source: Double, _ count: Int) -> [(Int, Double)] {
    let inside = min(max(source, 0), Double(count - 1))
    let low = min(Int(inside), max(0, count - 2))
    let share = inside - Double(low)
    return share == 0 ? [(low, 1)] : [(low, 1 - share), (low + 1, share)]
  }

  /// Four neighbours with Keys' weights, a = −0.75; neighbours beyond the border are the border itself.
  private static func clamped(at source: Double, _ count: Int) -> [(Int, Double)] {
    let first = source.rounded(.down)
    return (-1...2).map { offset in
      let position = Int(first) + offset
      return (min(max(position, 0), count - 1), keys(source - first - Double(offset), a: -0.75))
    }
  }

  /// Keys' kernel, a = −0.5, as wide as `scale`; weights beyond the border are left out and the rest brought to sum 1.
  private static func antialiased(at centre: Double, _ scale: Double, _ count: Int) -> [(Int, Double)] {
    let start = max(Int(centre - 2 * scale + 0.5), 0)
    let end = min(Int(centre + 2 * scale + 0.5), count)
    let weights = (start..<end).map { keys((Double($0) + 0.5 - centre) / scale, a: -0.5) }
    let sum = weights.reduce(0, +)
    return zip(start..<end, weights).map { ($0, $1 / sum) }
  }

  /// The cubic kernel of Keys 1981, equation 4, with a free.
  private static func keys(_ x: Double, a: Double) -> Double {
    let d = abs(x)
    if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    if d < 2 { return a * (((d - 5) * d + 8) * d - 4) }
    return 0
  }
}
