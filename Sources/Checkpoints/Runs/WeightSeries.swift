/// The records of one series of a log: puts them in order, lets later ones win, and counts what cannot be used.
struct WeightSeries {
  private enum Key: Hashable {
    case step(Int)
    case epoch(Double)
  }

  /// Weights from a file with four digits each still sum to 1 within this.
  private static let sumTolerance = 0.01

  /// What stands beside the name of its weights; empty for nothing.
  let label: String
  private(set) var records: [WeightRecord] = []
  /// The file that each record is from.
  private(set) var origins: [Int] = []
  private var recordCount = 0
  private var incomplete = 0
  private var notFinite = 0
  private var noDistribution: (count: Int, sum: Double) = (0, 0)
  private var remarks: [String] = []

  init(_ label: String) { self.label = label }

  mutating func remark(_ text: String) { remarks.append(text) }

  /// Takes a record: its epoch and step where it has them, its weights, the file and the file's number.
  mutating func add(epoch: Double?, step: Int?, weights: [Double], source: String, origin: Int) {
    recordCount += 1
    guard weights.allSatisfy(\.isFinite) else {
      let isPartial = weights.contains { $0.isNaN } && weights.contains { $0.isFinite }
      if isPartial { incomplete += 1 } else { notFinite += 1 }
      return
    }
    let sum = weights.reduce(0, +)
    guard abs(sum - 1) <= Self.sumTolerance, weights.allSatisfy({ $0 >= 0 }) else {
      noDistribution = (noDistribution.count + 1, sum)
      return
    }
    records.append(WeightRecord(epoch: epoch, step: step, weights: weights, source: source))
    origins.append(origin)
  }

  /// Whether its lines are of validation, by a word of its label.
  var isValidation: Bool {
    let words = label.lowercased().split { !$0.isLetter }
    return words.contains { ["val", "valid", "validation", "test", "eval", "evaluation", "dev"].contains($0) }
  }

  // MARK: Iterations that begin anew each epoch

  /// The counter of its records, where that begins anew each epoch.
  var innerIterations: InnerIterations? {
    InnerIterations(records.indices.map { (records[$0].epoch, records[$0].step, origins[$0]) })
  }

  /// Counts the steps of the whole run in place of those inside an epoch.
  mutating func count(_ inner: InnerIterations) {
    for index in records.indices { records[index].step = inner.step(records[index].epoch, records[index].step) }
    remark(inner.remark)
  }

  /// Forgets what is counted in batches of validation.
  mutating func forgetSteps() {
    guard records.contains(where: { $0.epoch != nil && $0.step != nil }) else { return }
    for index in records.indices where records[index].epoch != nil { records[index].step = nil }
    remark("the iterations of validation lines are no steps of training; their epochs count")
  }

  // MARK: The log

  consuming func log(_ format: WeightLog.Format, files: [String], remarks common: [String]) -> WeightLog {
    var remarks = common + remarks
    func say(_ count: Int, _ what: String) {
      if count > 0 { remarks.append("\(count) \(count == 1 ? "record" : "records") \(what)") }
    }
    say(incomplete, "left out: some of their weights are missing or NaN")
    say(notFinite, "left out: their weights are NaN or infinite (the training diverged?)")
    say(
      noDistribution.count,
      "left out: their weights are negative or do not sum to 1 (the last ones sum to \(noDistribution.sum)); "
        + "logits are no weights")
    say(mergeRestarts(), "of an earlier run replaced by a later one at the same step")
    var kept = Array(records.indices)
    let counts = Dictionary(grouping: kept) { records[$0].weights.count }
    if counts.count > 1 {
      // Most records decide; of equally many the later ones.
      let most = counts.max { ($0.value.count, $0.value.last ?? 0) < ($1.value.count, $1.value.last ?? 0) }?.key ?? 0
      for (count, members) in counts.sorted(by: { $0.key < $1.key }) where count != most {
        say(members.count, "left out: \(count) weights instead of \(most), another set of layers")
      }
      kept = kept.filter { records[$0].weights.count == most }
    }
    if kept.allSatisfy({ records[$0].step != nil }) {
      kept.sort { (records[$0].step ?? 0, $0) < (records[$1].step ?? 0, $1) }
    } else if kept.allSatisfy({ records[$0].epoch != nil }) {
      kept.sort { (records[$0].epoch ?? 0, $0) < (records[$1].epoch ?? 0, $1) }
    }
    if kept.count > 1, kept.allSatisfy({ records[$0].step == nil && records[$0].epoch == nil }) {
      remarks.append("its records have neither step nor epoch: their order in the file is taken for that of training")
    }
    remarks += staleTail(kept)
    return WeightLog(
      format: format, series: label, files: files, records: kept.map { records[$0] }, remarks: remarks,
      recordCount: recordCount)
  }

  /// Lets a later record win at the same step, or epoch where there is none.
  ///
  /// - Returns: How many earlier ones said something else: the same record in two files is no restart.
  private mutating func mergeRestarts() -> Int {
    var places: [Key: Int] = [:]
    var merged: [Int] = []
    var replaced = 0
    for index in records.indices {
      let key = records[index].step.map(Key.step) ?? records[index].epoch.map(Key.epoch)
      if let key, let place = places[key] {
        if records[merged[place]].weights != records[index].weights { replaced += 1 }
        merged[place] = index
      } else {
        if let key { places[key] = merged.count }
        merged.append(index)
      }
    }
    (records, origins) = (merged.map { records[$0] }, merged.map { origins[$0] })
    return replaced
  }

  /// A restart that has not yet come as far as the run before it.
  private func staleTail(_ order: [Int]) -> [String] {
    guard let newest = order.map({ origins[$0] }).max(),
      let lastOfNewest = order.lastIndex(where: { origins[$0] == newest }), lastOfNewest < order.count - 1,
      let step = records[order[lastOfNewest]].step
    else { return [] }
    let stale = order.count - 1 - lastOfNewest
    return [
      "the \(stale == 1 ? "record" : "\(stale) records") after step \(step) \(stale == 1 ? "is" : "are") of an earlier run: "
        + "the latest restart has not come that far"
    ]
  }
}
