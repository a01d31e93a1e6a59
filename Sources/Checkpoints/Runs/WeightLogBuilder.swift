/// Puts records in order, lets later ones win, and counts what cannot be used.
struct WeightLogBuilder {
  private enum Key: Hashable {
    case step(Int)
    case epoch(Double)
  }

  /// Weights from a file with four digits each still sum to 1 within this.
  private static let sumTolerance = 0.01

  private let format: WeightLog.Format
  private var files: [String] = []
  private var records: [WeightRecord] = []
  /// The file that each record is from.
  private var origins: [Int] = []
  private var places: [Key: Int] = [:]
  private var replaced = 0
  private var recordCount = 0
  private var incomplete = 0
  private var notFinite = 0
  private var noDistribution: (count: Int, sum: Double) = (0, 0)
  private var remarks: [String] = []

  init(_ format: WeightLog.Format) { self.format = format }

  mutating func begin(_ file: String) { files.append(file) }

  mutating func remark(_ text: String) { remarks.append(text) }

  /// Takes what a record says; one without any weight is of no concern.
  mutating func add(_ record: ScalarRecord) {
    guard record.weightCount > 0 else { return }
    let epoch = record.epoch.flatMap { $0.isFinite && abs($0) < 1e12 ? $0 : nil }
    let step = record.step.flatMap { $0.isFinite && abs($0) < 1e15 ? Int($0) : nil }
    add(epoch: epoch, step: step, weights: record.weights)
  }

  mutating func add(epoch: Double?, step: Int?, weights: [Double]) {
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
    let record = WeightRecord(epoch: epoch, step: step, weights: weights, source: files.last ?? "")
    let key = step.map(Key.step) ?? epoch.map(Key.epoch)
    if let key, let place = places[key] {
      // The same record in two files is no restart.
      if records[place].weights != weights { replaced += 1 }
      records[place] = record
      origins[place] = files.count
    } else {
      if let key { places[key] = records.count }
      records.append(record)
      origins.append(files.count)
    }
  }

  consuming func log() -> WeightLog {
    var remarks = remarks
    func say(_ count: Int, _ what: String) {
      if count > 0 { remarks.append("\(count) \(count == 1 ? "record" : "records") \(what)") }
    }
    say(incomplete, "left out: some of their weights are missing or NaN")
    say(notFinite, "left out: their weights are NaN or infinite (the training diverged?)")
    say(
      noDistribution.count,
      "left out: their weights are negative or do not sum to 1 (the last ones sum to \(noDistribution.sum)); "
        + "logits are no weights")
    say(replaced, "of an earlier run replaced by a later one at the same step")
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
    remarks += staleTail(kept)
    return WeightLog(
      format: format, files: files, records: kept.map { records[$0] }, remarks: remarks, recordCount: recordCount)
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
