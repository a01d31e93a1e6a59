/// How the share on the first third of the fused layers changes in several runs, taken together.
///
/// Runs are independent of each other, records of one run are not: this is what decides for runs of that kind.
public struct ChangeOverRuns: Sendable, Hashable, Codable {
  /// How many runs.
  public var runs: Int
  /// The mean over runs of `firstThird.change`.
  public var change: Double
  /// The runs' deviation / √runs.
  public var standardError: Double
  /// Its 95 % interval, by Student's t over runs.
  public var interval: [Double]
  /// Whether the interval leaves out 0.
  public var settled: Bool

  /// What runs show together; nil below two, for runs that fuse different numbers of layers, for runs of a single point, and where
  /// two have the same weights throughout or are series of the same logs, for these are not independent.
  init?(_ runs: [WeightsRun]) {
    let changes = runs.compactMap(\.firstThird.change)
    guard runs.count > 1, changes.count == runs.count, Set(runs.map(\.positions.count)).count == 1,
      Self.repeated(runs) == nil, Self.ofOneLog(runs) == nil
    else { return nil }
    let means = BatchMeans(changes.map(\.value))
    guard let standardError = means.standardError, let interval = means.interval(around: means.mean) else { return nil }
    self.runs = runs.count
    change = means.mean
    self.standardError = standardError
    self.interval = interval
    settled = interval[0] > 0 || interval[1] < 0
  }

  /// The names of the first two runs that are series of the same logs.
  static func ofOneLog(_ runs: [WeightsRun]) -> [String]? {
    let names = Dictionary(grouping: runs.indices) { runs[$0].path }.values.filter { members in
      Set(members.map { runs[$0].series }).count > 1
    }
    return names.min { $0[0] < $1[0] }.map { $0.prefix(2).map { runs[$0].name } }
  }

  /// The names of the first two runs with the same weights throughout.
  static func repeated(_ runs: [WeightsRun]) -> [String]? {
    let names = Dictionary(grouping: runs.indices) { runs[$0].points.map(\.weights) }.values.filter { $0.count > 1 }
    return names.min { $0[0] < $1[0] }.map { $0.prefix(2).map { runs[$0].name } }
  }
}
