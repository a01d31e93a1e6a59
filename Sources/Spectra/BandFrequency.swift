/// The spatial frequency of a band, in units of π per token: 1 is the highest that a grid can hold.
///
/// Encoded as one number, or as the pair [row, column] where the two differ.
public enum BandFrequency: Sendable, Hashable {
  /// The same frequency along rows and columns (diagonal of a square grid), or a radius ρ = √(f_y² + f_x²).
  case single(Double)
  /// A cell of the diagonal of a grid that is not square: 2k/rows down the rows, 2k/columns along them.
  case pair(row: Double, column: Double)

  /// Where the band stands on a single axis, in units of π: the number itself, or the pair's root mean square.
  ///
  /// The root mean square of two equal frequencies is that frequency, so square grids and others share an axis.
  public var axisValue: Double {
    switch self {
    case .single(let frequency): frequency
    case .pair(let row, let column): ((row * row + column * column) / 2).squareRoot()
    }
  }
}

extension BandFrequency: Codable {
  /// Reads a number or a pair of numbers.
  public init(from decoder: any Decoder) throws {
    if let frequency = try? decoder.singleValueContainer().decode(Double.self) {
      self = .single(frequency)
    } else {
      var pair = try decoder.unkeyedContainer()
      self = .pair(row: try pair.decode(Double.self), column: try pair.decode(Double.self))
    }
  }

  /// Writes a number or a pair of numbers.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .single(let frequency):
      var container = encoder.singleValueContainer()
      try container.encode(frequency)
    case .pair(let row, let column):
      var container = encoder.unkeyedContainer()
      try container.encode(row)
      try container.encode(column)
    }
  }
}
