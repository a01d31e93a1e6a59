extension WeightLog {
  /// The histories that MMEngine keeps in a checkpoint's `message_hub`, a log for each series.
  ///
  /// - Parameters:
  ///   - checkpoint: The open file.
  ///   - place: When the file was written; the last value is of that step.
  /// - Returns: Logs with records; none where the file keeps no weights.
  public static func histories(in checkpoint: Checkpoint, at place: TrainingPlace) -> [WeightLog] {
    guard let hub = checkpoint.metadata["message_hub"], let scalars = hub["log_scalars"] else { return [] }
    var buffers: [String: [Int: MetadataValue]] = [:]
    var count = 0
    for name in scalars.keys {
      guard let key = ScalarKey(name), case .weight(let position) = key.role, let buffer = scalars[name],
        buffers[key.prefix] != nil || buffers.count < WeightLogBuilder.seriesLimit
      else { continue }
      buffers[key.prefix, default: [:]][position] = buffer
      count += 1
    }
    // Every key may name the same long buffer.
    let most = min(valueLimit / max(count, 1), entryLimit)
    var builder = WeightLogBuilder(.history)
    builder.begin(checkpoint.path)
    for (series, buffers) in buffers.sorted(by: { $0.key.precedesInBytes($1.key) }) {
      let histories = (0..<buffers.count).map { buffers[$0].flatMap(values).map { Array($0.suffix(most)) } ?? [] }
      add(histories, of: series, most, hub, place, to: &builder)
    }
    return builder.logs().filter { !$0.records.isEmpty }
  }

  private static func add(
    _ columns: [[Double]], of series: String, _ most: Int, _ hub: MetadataValue, _ place: TrainingPlace,
    to builder: inout WeightLogBuilder
  ) {
    guard let length = columns.map(\.count).min(), length > 0 else { return }
    if let longest = columns.map(\.count).max(), longest != length {
      builder.remark(
        "its histories have \(length) to \(longest) entries; the last \(length) of each are used", on: series)
    }
    if length == most { builder.remark("of its histories only the last \(most) entries of each are read", on: series) }
    let isValidation = WeightSeries(series).isValidation
    // Buffers forget what is older than their length: the last entry belongs to the step of the checkpoint.
    let last = place.step.flatMap { $0 >= length ? $0 : nil } ?? length
    let perEpoch = stepsPerEpoch(hub["runtime_info"], place)
    for index in 0..<length {
      let step = last - length + index + 1
      // Validations are no steps; as many as epochs are one after each.
      let epoch =
        isValidation
        ? (place.epoch == Double(length) ? Double(index + 1) : nil) : perEpoch.map { Double((step - 1) / $0 + 1) }
      builder.add(
        epoch: epoch, step: isValidation ? nil : step, weights: columns.map { $0[$0.count - length + index] },
        to: series)
    }
  }

  /// Entries of one history: more steps than any run of these models has.
  static let entryLimit = 2_000_000
  /// Values of all histories together: 12 layers for as many steps.
  static let valueLimit = 24_000_000

  /// A HistoryBuffer's values: what was added, by how often it counts.
  fileprivate static func values(_ buffer: MetadataValue) -> [Double]? {
    guard let sums = buffer["_log_history"]?.doubles else { return nil }
    guard let counts = buffer["_count_history"]?.doubles, counts.count == sums.count else { return sums }
    return zip(sums, counts).map { $1 == 1 ? $0 : $0 / $1 }
  }

  /// Known where epochs are what the run counts.
  private static func stepsPerEpoch(_ info: MetadataValue?, _ place: TrainingPlace) -> Int? {
    guard let epochs = info?["max_epochs"]?.int, let steps = info?["max_iters"]?.int, epochs > 0, steps > 0,
      steps.isMultiple(of: epochs), let epoch = place.epoch, epoch > 0
    else { return nil }
    return steps / epochs
  }
}
