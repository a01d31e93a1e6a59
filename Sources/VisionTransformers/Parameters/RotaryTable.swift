internal import Foundation

/// The angles by which EVA-02 turns queries and keys of its patches.
///
/// The first half of a head's values turns with the patch's row, the second with its column; neighbours 2j and 2j + 1 of a half of h
/// values turn by position · 10000^(−2j/h), with positions on the scale of the grid of its pre-training.
/// Source: Fang et al. 2023, "EVA-02", and its code.
struct RotaryTable {
  /// Patch rows and columns.
  let grid: [Int]
  /// d, values of a head; divisible by 4.
  let headWidth: Int

  /// Rows and columns of the grid on whose scale positions are counted; EVA-02's are 16 × 16.
  var reference = [16, 16]

  /// `function` of every angle, shape [L, d].
  func values(_ function: (Double) -> Double) -> [Float] {
    let half = headWidth / 2
    let frequencies = (0..<half).map { pow(10_000, -Double($0 / 2 * 2) / Double(half)) }
    var values: [Float] = []
    values.reserveCapacity(grid[0] * grid[1] * headWidth)
    for row in 0..<grid[0] {
      for column in 0..<grid[1] {
        for (axis, position) in [row, column].enumerated() {
          let scaled = Double(position) / Double(grid[axis]) * Double(reference[axis])
          values += frequencies.map { Float(function(scaled * $0)) }
        }
      }
    }
    return values
  }

  /// The table behind a parameter's name.
  func values(of parameter: ParameterName) -> [Float] { values(parameter == "rotary.cos" ? cos : sin) }
}
