extension WeightLog {
  /// The history of every iteration that MMEngine keeps in a checkpoint's `message_hub`; nil where there is none.
  ///
  /// - Parameters:
  ///   - checkpoint: The open file.
  ///   - place: When the file was written; the last value is of that step.
  public init?(historyIn checkpoint: Checkpoint, at place: TrainingPlace) {
    guard let hub = checkpoint.metadata["message_hub"], let scalars = hub["log_scalars"] else { return nil }
    var histories: [Int: [Double]] = [:]
    let positions = scalars.keys.compactMap { key in
      if case .weight(let position)? = ScalarRole(key) { (key, position) } else { nil }
    }
    // Every key may name the same long buffer.
    let most = min(Self.valueLimit / max(positions.count, 1), Self.entryLimit)
    for (key, position) in positions {
      guard let buffer = scalars[key] else { continue }
      histories[position] = Self.values(buffer).map { Array($0.suffix(most)) }
    }
    let count = histories.count
    guard count > 0, (0..<count).allSatisfy({ histories[$0] != nil }) else { return nil }
    let columns = (0..<count).map { histories[$0] ?? [] }
    let length = columns.map(\.count).min() ?? 0
    guard length > 0 else { return nil }
    var builder = WeightLogBuilder(.history)
    builder.begin(checkpoint.path)
    if let longest = columns.map(\.count).max(), longest != length {
      builder.remark(
        "\(checkpoint.path): its histories have \(length) to \(longest) entries; the last \(length) of each are used")
    }
    if length == most {
      builder.remark("\(checkpoint.path): of its histories only the last \(most) entries of each are read")
    }
    // Buffers forget what is older than their length: the last entry belongs to the step of the checkpoint.
    let last = place.step.flatMap { $0 >= length ? $0 : nil } ?? length
    let perEpoch = Self.stepsPerEpoch(hub["runtime_info"], place)
    for index in 0..<length {
      let step = last - length + index + 1
      builder.add(
        epoch: perEpoch.map { Double((step - 1) / $0 + 1) }, step: step,
        weights: columns.map { $0[$0.count - length + index] })
    }
    self = builder.log()
  }

  /// Entries of one history: more steps than any run of these models has.
  static let entryLimit = 2_000_000
  /// Values of all histories together: 12 layers for as many steps.
  static let valueLimit = 24_000_000

  /// A HistoryBuffer's values: what was added, by how often it counts.
  private static func values(_ buffer: MetadataValue) -> [Double]? {
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
