internal import Foundation

extension HessianResult {
  /// Two checkpoints compared: the differences with their intervals, and which is flatter; nil unless there are two.
  var verdict: String? {
    if let incomparable { return incomparable }
    guard let comparison, models.count == 2 else { return nil }
    let names = models.map(\.printableName)
    let pairs: [(String, Double, [Double]?, Bool)] = [
      ("mean λ", comparison.difference, comparison.interval, comparison.settled),
      (
        "mean |λ|", comparison.magnitude.difference, comparison.magnitude.interval, comparison.magnitude.settled
      ),
      ("largest λ", comparison.largest.difference, comparison.largest.interval, comparison.largest.settled),
    ]
    let batches = comparison.batches == 1 ? "1 batch" : "\(comparison.batches) batches, paired"
    let heads = ["\(names[1]) − \(names[0]), \(batches)", "difference", "95 % interval", "settled"]
    let rows = pairs.map {
      [$0, Self.signed($1), Self.interval($2, signed: true), $3 ? "yes" : "no"]
    }
    return Self.aligned([heads] + rows) + "\n" + flatterLine(comparison, names)
  }

  /// Which of two checkpoints is flatter, or why that is not settled, in a sentence or two; nil unless there are two.
  public var verdictSentence: String? {
    if let incomparable { return incomparable }
    if isByBlock { return blockSentence }
    guard let comparison, models.count == 2 else { return nil }
    return flatterLine(comparison, models.map(\.printableName))
  }

  /// Two checkpoints compared block by block; nil unless one run computed two by blocks.
  var blockVerdict: String? {
    guard joined == nil, let blockComparisons, models.count == 2, !blockComparisons.isEmpty else { return nil }
    let names = models.map(\.printableName)
    let comparisons = blockComparisons.map { ($0.block, $0.comparison) }
    let heads = ["block", "\(names[1]) − \(names[0]), mean |λ|", "95 % interval", "settled"]
    let rows = comparisons.map { block, comparison in
      let pair = comparison.magnitude
      return [
        "\(block)", Self.signed(pair.difference), Self.interval(pair.interval, signed: true),
        pair.settled ? "yes" : "no",
      ]
    }
    return Self.aligned([heads] + rows) + "\n" + (blockSentence ?? "")
  }

  /// The blocks in which either of two checkpoints is flatter.
  private var blockSentence: String? {
    guard joined == nil, let blockComparisons, models.count == 2, !blockComparisons.isEmpty else { return nil }
    let names = models.map(\.printableName)
    let comparisons = blockComparisons.map { ($0.block, $0.comparison) }
    func blocks(_ isWanted: (HessianComparison) -> Bool) -> [Int] {
      comparisons.filter { isWanted($0.1) }.map(\.0).sorted()
    }
    func flatter(_ sign: Double) -> [Int] { blocks { $0.magnitude.settled && $0.magnitude.difference * sign < 0 } }
    let parts = [
      ("\(names[1]) is flatter in", flatter(1)), ("\(names[0]) is flatter in", flatter(-1)),
      ("not settled in", blocks { !$0.magnitude.settled }),
    ]
    return parts.filter { !$0.1.isEmpty }.map { "\($0.0) \(Self.blockWords($0.1))" }.joined(separator: "; ")
  }

  /// Ascending indices as “block 3”, “blocks 0–4, 7”.
  private static func blockWords(_ indices: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for index in indices {
      if let last = runs.last, last.upperBound == index - 1 {
        runs[runs.count - 1] = last.lowerBound...index
      } else {
        runs.append(index...index)
      }
    }
    let words = runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
    return (indices.count == 1 ? "block " : "blocks ") + words.joined(separator: ", ")
  }

  /// Why two checkpoints are not compared: curvatures of different losses have no common scale.
  private var incomparable: String? {
    guard models.count == 2, models[0].loss != models[1].loss else { return nil }
    let losses = models.map { "\($0.printableName)'s is \($0.loss)" }.joined(separator: ", ")
    return "Which is flatter cannot be said: their losses differ (\(losses)), and so do the scales of their eigenvalues"
  }

  /// How many eigenvalues of each batch the means are over.
  private var topWords: String { settings.top == 1 ? "" : "of the top \(settings.top) " }

  private func flatterLine(_ comparison: HessianComparison, _ names: [String]) -> String {
    let (difference, batches) = (comparison.magnitude.difference, comparison.batches)
    let flatter = names[difference < 0 ? 1 : 0]
    if comparison.magnitude.settled {
      return "\(flatter) is flatter: its mean |λ| \(topWords)is smaller by \(Self.digits(abs(difference))), "
        + "and \(batches) batches settle that"
    }
    guard let interval = comparison.magnitude.interval else {
      return "Which is flatter is not settled by a single batch: --batches 2 or more gives an interval"
    }
    let error = models.reduce(0) { $0 + ($1.details.summary?.solverError ?? 0) }
    let opening = "Which is flatter is not settled by \(batches) batches"
    if abs(difference) <= error || interval[0] > 0 || interval[1] < 0 {
      return "\(opening): the solvers' own errors, up to \(Self.short(error)) together, are in the way; "
        + (settings.solver == .power ? "--solver lanczos or " : "") + "a smaller --tolerance makes them smaller"
    }
    let needed = comparison.magnitude.batchesNeeded(after: batches, solverError: error)
    return opening + ": "
      + (needed.map {
        "if \(flatter)'s mean |λ| \(topWords)is smaller by \(Self.digits(abs(difference))), as it seems, about \($0) would do "
          + "(--batches \($0))"
      } ?? "the two differ by too little for any reasonable number of them")
  }
}

extension HessianComparison.PairedDifference {
  /// About how many batches make the interval leave out 0, if difference and spread stay as they are.
  ///
  /// The interval's half width is t(n − 1) · s / √n with s the deviation of the differences.
  ///
  /// - Parameters:
  ///   - batches: How many the interval rests on.
  ///   - solverError: What the interval must leave out beside 0.
  /// - Returns: nil where it would take more than 10,000, and without an interval.
  func batchesNeeded(after batches: Int, solverError: Double) -> Int? {
    guard let interval, batches > 1 else { return nil }
    let room = abs(difference) - solverError
    guard room > 0 else { return nil }
    func quantile(_ n: Int) -> Double { StudentT.quantile(0.975, degreesOfFreedom: n - 1) }
    let deviation = (interval[1] - interval[0]) / 2 * Double(batches).squareRoot() / quantile(batches)
    func isEnough(_ n: Int) -> Bool { quantile(n) * deviation / Double(n).squareRoot() < room }
    var (low, high) = (1, 10_000)
    guard isEnough(high) else { return nil }
    // Half widths fall with n.
    while high - low > 1 {
      let middle = (low + high) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
