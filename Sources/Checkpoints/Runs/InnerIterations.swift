/// A counter of iterations that begins anew each epoch, as in logs of MMCV 1.x.
///
/// Where iterations are counted over the whole run, no record of an earlier epoch has more of them than one of a later epoch, restarts
/// included. Where it is otherwise, the counter is one inside epochs.
struct InnerIterations {
  /// Iterations of an epoch.
  let length: Int
  /// The number of the first epoch.
  private let first: Int
  /// Whether the length is the largest iteration that was logged, or that and the distance to the next.
  private let rule: String

  /// - Parameter records: Epoch and step where a record has them, and the file it is from.
  init?(_ records: [(epoch: Double?, step: Int?, origin: Int)]) {
    let counted = records.compactMap { record -> (epoch: Int, step: Int, origin: Int)? in
      guard let epoch = record.epoch.flatMap({ Int(exactly: $0) }), let step = record.step else { return nil }
      return (epoch, step, record.origin)
    }
    // Fractions of epochs are written beside global steps.
    guard counted.count == records.count, Set(counted.map(\.epoch)).count > 1,
      Dictionary(grouping: counted, by: \.origin).values.contains(where: Self.beginsAnew)
    else { return nil }
    let steps = Set(counted.map(\.step)).sorted()
    let (least, most) = (steps[0], steps[steps.count - 1])
    let distances = Dictionary(grouping: zip(steps.dropFirst(), steps).map { $0 - $1 }) { $0 }
    let usual = distances.max { ($0.value.count, -$0.key) < ($1.value.count, -$1.key) }?.key ?? 0
    // 50, 100, …, 200 end with the epoch as far as the log tells; 0, 50, …, 150 and 1, 51, …, 151 do not.
    let isOffset = least < usual && least <= 1
    let whole = isOffset ? most + usual - least : most
    guard whole > 0, (counted.map(\.epoch).max() ?? 0).multipliedReportingOverflow(by: whole).overflow == false else {
      return nil
    }
    length = whole
    first = min(counted.map(\.epoch).min() ?? 1, 1)
    rule = isOffset ? "the last iteration that was logged and the usual distance" : "the last iteration that was logged"
  }

  /// Whether in one file an earlier epoch goes beyond a later one, or all have the same single iteration.
  private static func beginsAnew(_ records: [(epoch: Int, step: Int, origin: Int)]) -> Bool {
    let epochs = Dictionary(grouping: records, by: \.epoch).sorted { $0.key < $1.key }
    guard epochs.count > 1 else { return false }
    var most = Int.min
    for (_, members) in epochs {
      let steps = members.map(\.step)
      if most > steps.min() ?? most { return true }
      most = max(most, steps.max() ?? most)
    }
    return Set(records.map(\.step)).count == 1
  }

  /// The step of the whole run.
  func step(_ epoch: Double?, _ iteration: Int?) -> Int? {
    guard let epoch = epoch.flatMap({ Int(exactly: $0) }), let iteration else { return nil }
    return (epoch - first) * length + iteration
  }

  var remark: String {
    "iterations begin anew each epoch: steps are counted with \(length) iterations an epoch, \(rule)"
  }
}
