/// One claim: what is simulated, and how often it should come out right.
struct Row: Sendable {
  /// What a share counts.
  enum Measure: String, Sendable {
    /// Intervals that contain the truth.
    case contains = "truth inside"
    /// Verdicts where there is nothing to find.
    case finds = "said wrongly"
    /// Verdicts where there is something to find.
    case settles = "settled rightly"
  }

  /// The part of the program whose claim it is.
  let claim: String
  /// How many values go into one simulation.
  let count: Int
  /// What they are drawn from.
  let distribution: String
  /// What the claim assumes, and whether that is met.
  let assumption: String
  let measure: Measure
  /// The shares of simulations between which the measured one must lie; nil where the assumption is not met and the figure is told alone.
  let promised: ClosedRange<Double>?
  /// One simulation: whether it was counted.
  let simulate: @Sendable (inout Generator) -> Bool

  /// 93 to 97 %: intervals whose assumptions are met.
  static let usual = 0.93...0.97
  /// 90 to 97 %: intervals that allow for dependence between records, of which a short run tells little.
  static let dependent = 0.90...0.97

  /// The share of simulations that were counted.
  ///
  /// - Parameters:
  ///   - simulations: How many.
  ///   - seed: Decides all of them, together with the row's number.
  ///   - number: The row's.
  /// - Returns: The share, in 0 … 1.
  func measured(simulations: Int, seed: UInt64, number: Int) -> Double {
    var generator = Generator(seed: seed, stream: number)
    let counted = (0..<simulations).reduce(0) { count, _ in simulate(&generator) ? count + 1 : count }
    return Double(counted) / Double(simulations)
  }
}
