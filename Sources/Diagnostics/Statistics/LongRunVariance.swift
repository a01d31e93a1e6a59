internal import Foundation

/// The long-run variance of records of which neighbours depend on each other: σ² (1 + 2 ρ₁ + 2 ρ₂ + …), what n times the variance of their
/// mean tends to.
///
/// By equally weighted cosines: constant and line are taken away, the rest is projected on B cosines of low frequency, and the mean of
/// the B squares is the estimate. The quotient of a linear statistic and its error then follows Student's t with B degrees of freedom:
/// exactly, where records are independent and normal and the statistic is orthogonal to the cosines, and nearly, as long as dependence
/// fades within a fraction of the run.
///
/// - Source: Lazarus, Lewis, Stock and Watson, "HAR Inference: Recommendations for Practice", JBES 36, 2018. Two things are chosen
///   otherwise. The cosines are made orthogonal to the line, so that no square is too small for what the line has taken; the first
///   cosine, which over evenly spaced records is nearly a line, drops out. And there are fewer of them, see ``cosines(for:)``.
public struct LongRunVariance: Sendable, Hashable {
  /// Below so many records there is no estimate.
  public static let leastRecords = 12
  /// More cosines would shorten an interval by less than 4 %.
  static let mostCosines = 32

  /// The estimate, in the square of the records' unit.
  public let value: Double
  /// B, how many cosines it rests on.
  public let degreesOfFreedom: Int

  /// B = ⌊n^⅔ / 4⌋, at least 2 and at most 32.
  ///
  /// The source recommends 0.4 n^⅔, which makes shorter intervals: three cosines for 24 records. Where these are autoregressive with
  /// ρ = 0.8, intervals from three contain the slope in 88.5 % of runs, from two in 92.5 % (`make check-coverage`).
  public static func cosines(for records: Int) -> Int {
    min(mostCosines, max(2, Int((pow(Double(records), 2.0 / 3) / 4).rounded(.down))))
  }

  /// The long-run variance of some records; nil below `leastRecords`, and where the places have no spread.
  ///
  /// - Parameters:
  ///   - records: In their order, which is that of the dependence.
  ///   - places: Where on the axis each stands; the line is one over these. They may be uneven: the cosines go by the order.
  /// - Complexity: O(n · B).
  public init?(of records: [Double], at places: [Double]) {
    self.init(of: records, at: places, cosines: Self.cosines(for: records.count))
  }

  /// The same with another number of cosines.
  init?(of records: [Double], at places: [Double], cosines wanted: Int) {
    precondition(records.count == places.count, "a place for each record")
    let x = Self.centred(places)
    let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard records.count >= Self.leastRecords, length > 0 else { return nil }
    let line = x.map { $0 / length }
    let centred = Self.centred(records)
    let rise = zip(line, centred).reduce(0) { $0 + $1.0 * $1.1 }
    let rest = zip(line, centred).map { $1 - rise * $0 }
    // A few more than wanted: those that resemble the line drop out.
    let ofLine = Self.projections(of: line, frequencies: wanted + 4)
    let ofRest = Self.projections(of: rest, frequencies: wanted + 4)

    // Cosines c are orthonormal, and so are not what is left of them without their parts a along the line. The squared length of the
    // rest's projection on the space these span is cᵀ(1 − a aᵀ)⁻¹c = Σ c² + (Σ a c)² / (1 − Σ a²).
    var (kept, squares, cross, room) = (0, 0.0, 0.0, 1.0)
    for (a, c) in zip(ofLine, ofRest) where kept < wanted {
      // Of a cosine that line and those before it explain by half or more, little is left to measure by.
      guard a * a < room / 2 else { continue }
      kept += 1
      squares += c * c
      cross += a * c
      room -= a * a
    }
    guard kept > 0 else { return nil }
    degreesOfFreedom = kept
    value = (squares + cross * cross / room) / Double(kept)
  }

  /// Σ_t v_t √(2/n) cos(π j (t + ½) / n) for j = 1, 2, … .
  private static func projections(of v: [Double], frequencies: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: min(frequencies, v.count - 1))
    for (t, value) in v.enumerated() {
      let angle = cos(.pi * (Double(t) + 0.5) / Double(v.count))
      var (before, this) = (1.0, angle)
      for j in sums.indices {
        sums[j] += value * this
        // cos((j + 1)θ) = 2 cos θ cos jθ − cos((j − 1)θ).
        (before, this) = (this, 2 * angle * this - before)
      }
    }
    let scale = (2 / Double(v.count)).squareRoot()
    return sums.map { $0 * scale }
  }

  /// Values less their mean.
  static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }
}
