/// Bilinear resizing of a map as PyTorch's `interpolate` without aligned corners and without antialiasing.
struct BilinearResizing {
  /// Height and width now.
  let from: [Int]
  /// Height and width wanted.
  let to: [Int]
  private let rows: [Tap]
  private let columns: [Tap]

  /// Two neighbours along an axis, and the second one's share.
  private typealias Tap = (low: Int, high: Int, share: Double)

  init(from: [Int], to: [Int]) {
    self.from = from
    self.to = to
    rows = Self.taps(from: from[0], to: to[0])
    columns = Self.taps(from: from[1], to: to[1])
  }

  private static func taps(from: Int, to: Int) -> [Tap] {
    (0..<to).map { i in
      let x = max(0, (Double(i) + 0.5) * Double(from) / Double(to) - 0.5)
      let low = min(Int(x), from - 1)
      return (low, min(low + 1, from - 1), x - Double(low))
    }
  }

  /// Whether nothing changes.
  var isIdentity: Bool { from == to }

  /// A map at the other size.
  ///
  /// - Parameter map: Shape [height, width], row-major.
  /// - Returns: The same of the size wanted, in the arithmetic of its values.
  func apply<E: BinaryFloatingPoint>(_ map: ArraySlice<E>) -> [E] {
    guard !isIdentity else { return Array(map) }
    let start = map.startIndex
    var result: [E] = []
    result.reserveCapacity(to[0] * to[1])
    for row in rows {
      let (a, b) = (start + row.low * from[1], start + row.high * from[1])
      for column in columns {
        let share = E(column.share)
        let top = map[a + column.low] + share * (map[a + column.high] - map[a + column.low])
        let bottom = map[b + column.low] + share * (map[b + column.high] - map[b + column.low])
        result.append(top + E(row.share) * (bottom - top))
      }
    }
    return result
  }
}
