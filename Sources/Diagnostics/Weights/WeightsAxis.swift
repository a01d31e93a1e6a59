extension WeightsResult {
  /// The axis to draw against: the one asked for, else epochs where all runs know them, else steps; nil for the order alone.
  ///
  /// - Throws: `DiagnosisError.axisMissing` where a run knows nothing of the axis asked for.
  func axis(_ wanted: TrainingAxis?) throws(DiagnosisError) -> TrainingAxis? {
    if let wanted {
      for run in runs where overTraining && !run.knows(wanted) { throw .axisMissing(run: run.name, axis: wanted) }
      return wanted
    }
    if runs.allSatisfy({ $0.knows(.epoch) && !$0.hasOneEpoch }) { return .epoch }
    return runs.allSatisfy { $0.knows(.step) } ? .step : runs.allSatisfy { $0.knows(.epoch) } ? .epoch : nil
  }
}

extension WeightsRun {
  func knows(_ axis: TrainingAxis) -> Bool {
    points.contains { axis == .epoch ? $0.epoch != nil : $0.step != nil }
  }

  /// Files of runs that count steps only say epoch 0 throughout.
  var hasOneEpoch: Bool { points.count > 1 && Set(points.map(\.epoch)).count == 1 }

  /// Each point's place along an axis, for figure and slope; nil where it is unknown.
  ///
  /// Many points of one epoch stand inside it, the last at its end: by their steps where these fit epochs of one length, else
  /// evenly. Epochs count from 1 then, as MMEngine's logs do.
  func abscissa(_ axis: TrainingAxis) -> [Double?] {
    guard axis == .epoch else { return points.map { $0.step.map(Double.init) } }
    let epochs = points.map(\.epoch)
    let isSpread = Set(epochs).count * 2 <= points.count && epochs.allSatisfy { $0 != nil && $0 == $0?.rounded() }
    guard isSpread else { return epochs }
    if let length = epochLength { return points.map { $0.step.map { Double($0) / length } } }
    let groups = Dictionary(grouping: points.indices) { epochs[$0] }
    var places = epochs
    for (epoch, members) in groups {
      guard let epoch else { continue }
      for (index, member) in members.enumerated() {
        places[member] = epoch - 1 + Double(index + 1) / Double(members.count)
      }
    }
    return places
  }

  /// Steps an epoch, where (e − 1) · length < step ≤ e · length holds for every point.
  private var epochLength: Double? {
    var (least, most) = (0.0, Double.infinity)
    for point in points {
      guard let epoch = point.epoch, let step = point.step, epoch >= 1 else { return nil }
      least = max(least, Double(step) / epoch)
      if epoch > 1 { most = min(most, Double(step) / (epoch - 1)) }
    }
    return least > 0 && least < most ? least : nil
  }
}
