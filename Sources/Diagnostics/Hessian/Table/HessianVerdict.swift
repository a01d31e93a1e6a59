internal import Foundation
internal import Hessian

extension HessianResult {
  /// Two checkpoints compared: the differences with their intervals, and which is flatter; nil unless there are two.
  var verdict: String? {
    if let incomparable { return incomparable }
    guard let comparison, models.count == 2 else { return nil }
    let names = models.map(\.printableName)
    let batches = comparison.batches == 1 ? "1 batch" : "\(comparison.batches) batches, paired"
    let heads = [
      "\(names[1]) − \(names[0]), \(batches)", "difference", "95 % interval", "median", "sign test", "signed rank",
      "settled",
    ]
    let rows = comparison.rows.map { name, pair in
      [
        name, Self.signed(pair.difference), Self.interval(pair.interval, signed: true),
        pair.medianDifference.map { Self.signed($0) } ?? "–", Self.pValue(pair.signTest), Self.pValue(pair.signedRank),
        pair.settled ? "yes" : "no",
      ]
    }
    return Self.aligned([heads] + rows) + "\nSettled: Student's t and the signed-rank test both below 5 %.\n"
      + flatterLine(comparison, names)
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
    let heads = ["block", "\(names[1]) − \(names[0]), mean |λ|", "95 % interval", "signed rank", "settled"]
    let rows = blockComparisons.map { block in
      let pair = block.comparison.magnitude
      return [
        "\(block.block)", Self.signed(pair.difference), Self.interval(pair.interval, signed: true),
        Self.pValue(pair.signedRank), block.isSettled ? "yes" : "no",
      ]
    }
    return Self.aligned([heads] + rows)
      + "\nIntervals and signed rank: of each block by itself. Settled: of all together.\n"
      + (blockSentence ?? "")
  }

  /// The blocks in which either of two checkpoints is flatter.
  private var blockSentence: String? {
    guard joined == nil, let blockComparisons, models.count == 2, !blockComparisons.isEmpty else { return nil }
    let names = models.map(\.printableName)
    func blocks(_ isWanted: (HessianBlockComparison) -> Bool) -> [Int] {
      blockComparisons.filter(isWanted).map(\.block).sorted()
    }
    func flatter(_ sign: Double) -> [Int] {
      blocks { $0.isSettled && $0.comparison.magnitude.difference * sign < 0 }
    }
    let parts = [
      ("\(names[1]) is flatter in", flatter(1)), ("\(names[0]) is flatter in", flatter(-1)),
      ("not settled in", blocks { !$0.isSettled }),
    ]
    let words = parts.filter { !$0.1.isEmpty }.map { "\($0.0) \(Self.blockWords($0.1))" }.joined(separator: "; ")
    return words + blockRemark(blockComparisons)
  }

  /// That several blocks are judged together, and how many batches that takes.
  private func blockRemark(_ blocks: [HessianBlockComparison]) -> String {
    let count = blocks.count
    let least = PairedDifferences.leastBatches(for: count)
    let batches = blocks.map(\.comparison.batches).max() ?? 0
    var words =
      count > 1 ? " (Student's t and signed rank at 5 % for \(count) blocks together, by Holm's correction)" : ""
    if batches < least { words += "; that takes at least \(least) batches (--batches \(least))" }
    if blocks.contains(where: { $0.comparison.sharesImages ?? false }) {
      words += "; batches that share images settle nothing"
    }
    return words
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

  /// Which is flatter, or why that is open and what would settle it.
  private func flatterLine(_ comparison: HessianComparison, _ names: [String]) -> String {
    let (pair, batches) = (comparison.magnitude, comparison.batches)
    if pair.settled {
      return "\(names[pair.difference < 0 ? 1 : 0]) is flatter: its mean |λ| \(topWords)is smaller by "
        + "\(Self.digits(abs(pair.difference))), and \(batches) batches settle that (Student's t p = \(Self.pValue(pair.tTest)), "
        + "signed rank p = \(Self.pValue(pair.signedRank)))"
    }
    let opening = "Which is flatter is not settled by \(batches == 1 ? "a single batch" : "\(batches) batches"): "
    if comparison.isZero {
      return
        "\(names[0]) and \(names[1]) have the same eigenvalues on \(batches == 1 ? "the batch" : "every batch"): neither is flatter"
    }
    if comparison.sharesImages ?? false {
      return opening + "some of them share images, so that they are not independent"
    }
    if batches > 1, let obstacle = solversInTheWay(pair) { return opening + obstacle }
    let missing = PairedDifferences.leastBatches - batches
    let least = missing > 0 ? "it takes \(PairedDifferences.leastBatches) at least, \(missing) more" : nil
    return opening
      + [least, batches > 1 ? forecast(pair, batches, names) : nil].compactMap(\.self).joined(separator: "; ")
  }

  /// How many fresh batches would settle a difference that looks as this one.
  private func forecast(_ pair: HessianComparison.PairedDifference, _ batches: Int, _ names: [String]) -> String {
    guard let count = pair.batchesNeeded(after: batches, solverError: solverError) else {
      return "the two differ by too little for any reasonable number of them"
    }
    return
      "if \(names[pair.difference < 0 ? 1 : 0])'s mean |λ| \(topWords)is smaller by \(Self.digits(abs(pair.difference))), as it "
      + "seems, about \(count) fresh batches would do in 80 % of cases (--batches \(count), other images). Who adds batches and "
      + "looks again until something is settled finds differences that do not exist in more than 5 % of cases: decide on a number, "
      + "and look once"
  }

  /// That the solvers' errors hide the difference, and what can be done; nil where they do not.
  private func solversInTheWay(_ pair: HessianComparison.PairedDifference) -> String? {
    let error = solverError
    let isSettledWithoutThem = [pair.tTest, pair.signedRank].allSatisfy {
      $0.map { $0 <= PairedDifferences.level } ?? false
    }
    let isSettled = pair.pValue.map { $0 <= PairedDifferences.level } ?? false
    guard abs(pair.difference) <= error || (isSettledWithoutThem && !isSettled) else { return nil }
    let words = "the solvers' own errors, up to \(Self.short(error)) together, are in the way; "
    if abs(pair.difference) <= roundingError {
      return words + "\(Self.short(roundingError)) of it is rounding, which no --tolerance makes smaller"
    }
    return words + (settings.solver == .power ? "--solver lanczos or " : "")
      + "a smaller --tolerance makes them smaller"
  }

  /// By how much both solvers together may move the difference of means.
  private var solverError: Double { models.reduce(0) { $0 + ($1.details.summary?.solverError ?? 0) } }

  /// The part of it that does not come from residuals.
  private var roundingError: Double {
    models.reduce(0) { sum, model in
      let all = (model.details.batches ?? []).flatMap(\.eigenvalues)
      return sum + (all.isEmpty ? 0 : all.map { max(0, $0.bound - $0.residual) }.mean)
    }
  }

  /// A probability in two digits that count.
  static func pValue(_ value: Double?) -> String { value.map { String(format: "%.2g", $0) } ?? "–" }
}

extension HessianBlockComparison {
  /// Whether the block's difference is settled together with those of all blocks.
  var isSettled: Bool { settled ?? false }
}

extension HessianComparison {
  /// The quantities compared, with their names.
  public var rows: [(name: String, difference: PairedDifference)] {
    [("mean λ", mean), ("mean |λ|", magnitude), ("largest λ", largest)]
  }

  private var mean: PairedDifference {
    PairedDifference(
      difference: difference, interval: interval, medianDifference: medianDifference, tTest: tTest, signTest: signTest,
      signedRank: signedRank, pValue: pValue, settled: settled, influential: influential)
  }

  /// Whether nothing differs on any batch.
  fileprivate var isZero: Bool {
    rows.allSatisfy { $0.difference.difference == 0 && ($0.difference.interval ?? [0, 0]) == [0, 0] }
  }
}

extension HessianComparison.PairedDifference {
  /// About how many fresh batches settle the difference in 80 % of cases, if mean and deviation are as they seem.
  ///
  /// - Parameters:
  ///   - batches: How many the interval rests on.
  ///   - solverError: What must be left out beside 0.
  /// - Returns: nil where it would take more than 10,000, and without an interval.
  func batchesNeeded(after batches: Int, solverError: Double) -> Int? {
    guard let interval, batches > 1 else { return nil }
    let room = abs(difference) - solverError
    // The interval's half width is t · deviation / √batches.
    let deviation =
      (interval[1] - interval[0]) / 2 * Double(batches).squareRoot()
      / StudentT.quantile(0.975, degreesOfFreedom: batches - 1)
    return deviation > 0
      ? FreshBatches.needed(effect: room / deviation) : room > 0 ? PairedDifferences.leastBatches : nil
  }
}
