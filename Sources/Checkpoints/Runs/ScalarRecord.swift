/// The scalars of one record that matter: a line of a log, or a row of a table.
struct ScalarRecord {
  private var entries: [(key: ScalarKey, value: Double)] = []
  private var labels: [(order: Int, text: String)] = []

  /// A label's text is kept for each series.
  static let labelLimit = 1000

  mutating func set(_ key: ScalarKey, _ value: Double) {
    if case .label(let order) = key.role {
      set(label: order, value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")
    } else {
      entries.append((key, value))
    }
  }

  mutating func set(label order: Int, _ text: String) {
    labels.append((order, String(text.prefix(Self.labelLimit))))
  }

  /// What the record says of each series: of one as a rule, of several where names with other prefixes stand side by side.
  var moments: [(series: String, moment: WeightMoment)] {
    var prefixes: [String] = []
    for (key, _) in entries {
      if case .weight = key.role, !prefixes.contains(key.prefix) { prefixes.append(key.prefix) }
    }
    guard !prefixes.isEmpty else { return [] }
    let words = labels.sorted { $0.order < $1.order }.map(\.text).filter { !$0.isEmpty }
    return prefixes.map { prefix in
      ((words + [prefix]).filter { !$0.isEmpty }.joined(separator: " "), moment(prefix, among: prefixes))
    }
  }

  private func moment(_ prefix: String, among prefixes: [String]) -> WeightMoment {
    var moment = WeightMoment()
    // Epoch and step with the same prefix count most, then those without, then those of no other series (`trainer/global_step`).
    func distance(_ key: ScalarKey) -> Int? {
      key.prefix == prefix ? 0 : key.prefix.isEmpty ? 1 : prefixes.contains(key.prefix) ? nil : 2
    }
    var (epochDistance, stepRank) = (Int.max, (distance: Int.max, rank: Int.max))
    for (key, value) in entries {
      switch key.role {
      case .weight(let position): if key.prefix == prefix { moment.set(position, value) }
      case .epoch:
        guard let distance = distance(key), distance <= epochDistance else { continue }
        (moment.epoch, epochDistance) = (value, distance)
      case .step(let rank):
        guard let distance = distance(key), (distance, rank) <= stepRank else { continue }
        (moment.step, stepRank) = (value, (distance, rank))
      case .label: break
      }
    }
    return moment
  }
}

/// Fusion weights of one series at one moment, as a record has them.
struct WeightMoment {
  var epoch: Double?
  var step: Double?
  /// As they came: a record of one weight at a far position takes no room for those before it.
  private var entries: [(position: Int, value: Double)] = []

  /// How many positions there are, up to the last that was set.
  var weightCount: Int { entries.reduce(0) { max($0, $1.position + 1) } }

  /// By position; NaN where the record has none.
  var weights: [Double] {
    var weights = [Double](repeating: .nan, count: weightCount)
    for entry in entries { weights[entry.position] = entry.value }
    return weights
  }

  mutating func set(_ position: Int, _ value: Double) { entries.append((position, value)) }

  func has(_ position: Int) -> Bool { entries.contains { $0.position == position } }
}
