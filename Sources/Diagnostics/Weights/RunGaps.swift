/// What is uneven in the order of a run's points.
enum RunGaps {
  static func remarks(_ points: [WeightsPoint]) -> [String] {
    let epochs = points.compactMap(\.epoch)
    let steps = points.compactMap { $0.step.map(Double.init) }
    var remarks: [String] = []
    // A log has many records in an epoch: there the steps count.
    let epochsCount = epochs.count == points.count && Set(epochs).count * 2 > points.count
    if epochsCount {
      remarks += duplicates(points, epochs, "epoch") + gaps(epochs, "epoch")
    } else if steps.count == points.count {
      remarks += duplicates(points, steps, "step") + gaps(steps, "step")
    }
    let (noEpoch, noStep) = (points.count - epochs.count, points.count - steps.count)
    if noEpoch > 0, noStep > 0 {
      let unplaced = points.filter { $0.epoch == nil && $0.step == nil }
      if !unplaced.isEmpty, unplaced.count < points.count {
        remarks.append("\(unplaced[0].source): neither epoch nor step is known (\(unplaced.count) such points)")
      }
    }
    return remarks
  }

  private static func duplicates(_ points: [WeightsPoint], _ values: [Double], _ unit: String) -> [String] {
    let repeated = Dictionary(grouping: points.indices) { values[$0] }.filter { $0.value.count > 1 }
    guard !repeated.isEmpty else { return [] }
    let words = repeated.sorted { $0.key < $1.key }.prefix(3).map { value, members in
      "\(unit) \(text(value)) (\(members.map { points[$0].source.lastComponent }.joined(separator: ", ")))"
    }
    let more = repeated.count > 3 ? ", and \(repeated.count - 3) more" : ""
    return ["several points of the same \(unit): \(words.joined(separator: ", "))\(more); all are kept"]
  }

  /// Distances over 1.5 times the usual one, where there is a usual one.
  private static func gaps(_ values: [Double], _ unit: String) -> [String] {
    let sorted = Set(values).sorted()
    let distances = zip(sorted.dropFirst(), sorted).map { $0 - $1 }
    let counts = Dictionary(grouping: distances) { $0 }.mapValues(\.count)
    guard let usual = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }), distances.count >= 3,
      usual.value * 2 >= distances.count
    else { return [] }
    let places = distances.indices.filter { distances[$0] > 1.5 * usual.key }
    guard !places.isEmpty else { return [] }
    let words = places.prefix(3).map { "\(text(sorted[$0])) and \(text(sorted[$0 + 1]))" }
    let more = places.count > 3 ? ", and \(places.count - 3) more" : ""
    return [
      "gap between \(unit)s \(words.joined(separator: ", "))\(more): the usual distance is \(text(usual.key))"
    ]
  }

  static func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
