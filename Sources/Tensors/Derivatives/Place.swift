/// The vectors that a derivative computation reads and writes.
public enum Store: Int, Sendable, Hashable, CaseIterable {
  /// θ, all parameters of the model; only read.
  case parameters
  /// v = θ̇, the direction of a product; only read.
  case direction
  /// Where a gradient or product is summed.
  case result
  /// Images, targets: what stays the same for a batch; only read.
  case constants
  /// Activations and their adjoints: what stays the same for a batch and parameters.
  case primal
  /// Tangents of activations and adjoints, and scratch.
  case tangent
}

/// Where a row-major matrix without gaps lies: a store, the index of its first value, its size.
public struct Place: Sendable, Hashable {
  /// The vector it lies in.
  public var store: Store
  /// Index of the first value.
  public var offset: Int
  /// Number of rows; 1 for a vector.
  public var rows: Int
  /// Number of columns.
  public var columns: Int

  /// A matrix of `rows` × `columns` values from `offset` on.
  public init(_ store: Store, at offset: Int, rows: Int = 1, columns: Int) {
    precondition(offset >= 0 && rows >= 0 && columns >= 0)
    self.store = store
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// Number of values.
  public var count: Int { rows * columns }
  /// Index after the last value.
  public var end: Int { offset + count }

  /// The rows in `range`.
  public func rows(_ range: Range<Int>) -> Place {
    precondition(range.upperBound <= rows)
    return Place(store, at: offset + range.lowerBound * columns, rows: range.count, columns: columns)
  }

  /// Whether both share a value.
  func overlaps(_ other: Place) -> Bool {
    store == other.store && offset < other.end && other.offset < end
  }
}
