internal import Checkpoints
internal import Foundation
internal import Tensors
internal import VisionTransformers

/// Reads one run, whatever it is kept in.
struct RunReader {
  let team: Team
  /// The one series to take of logs that hold several; nil for all.
  var series: String?

  static func folder(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  static func isCheckpointFile(_ path: String) -> Bool {
    // `try?` flattens: a file that cannot be read and a checkpoint would both be nil.
    do {
      return try !isFolder(path) && WeightLog.format(of: path) == nil
    } catch {
      return false
    }
  }

  /// The run at a path, or a run for each series of its logs.
  ///
  /// - Parameters:
  ///   - request: The path and what the user says of it.
  ///   - overTraining: Whether a checkpoint's history counts, or the checkpoint itself.
  /// - Returns: The runs with all their points, that of training first.
  /// - Throws: `CheckpointError`, `ModelError`, `DiagnosisError`.
  func runs(_ request: CheckpointRequest, overTraining: Bool) throws -> [WeightsRun] {
    if Self.isFolder(request.path) {
      if !overTraining,
        let checkpoint = try? Checkpoint(opening: request.path, weights: request.weights, checksStorages: false)
      {
        return [try run(checkpoint, request)]
      }
      return try runs(folder: request)
    }
    guard let format = try WeightLog.format(of: request.path) else {
      let checkpoint = try Checkpoint(opening: request.path, weights: request.weights, checksStorages: false)
      let place = TrainingPlace(of: checkpoint, name: request.path.lastComponent)
      let histories = overTraining ? WeightLog.histories(in: checkpoint, at: place) : []
      guard !histories.isEmpty else { return [try run(checkpoint, request)] }
      let logits = try FusionLogits(in: checkpoint, options: request.options)
      return try runs(histories, request) { LayersFact(logits, count: $0) }
    }
    return try runs(logs: try WeightLog.series(reading: [request.path], format: format), request)
  }

  // MARK: One checkpoint

  private func run(_ checkpoint: Checkpoint, _ request: CheckpointRequest) throws -> WeightsRun {
    let member = RunFolder.Member(
      path: request.path, name: request.path.lastComponent, isFolder: Self.isFolder(request.path))
    let reading = try CheckpointReading(checkpoint, member, request.options)
    if request.options.fuse != nil, let refused = reading.layers.refused {
      throw DiagnosisError.fusedLayersRefused(file: request.path, reason: refused)
    }
    // Knowing more of the network is welcome, and never needed.
    let architecture = (try? ModelDescription(checkpoint, options: request.options))?.architecture
    return WeightsRun(
      name: request.name, path: request.path, source: .checkpoint, digest: reading.point.digest,
      architecture: architecture,
      points: [reading.point], layers: reading.layers,
      remarks: [reading.remark, reading.layers.refused].compactMap(\.self))
  }

  // MARK: Logs

  private func runs(logs: [WeightLog], _ request: CheckpointRequest) throws -> [WeightsRun] {
    guard logs.contains(where: { !$0.records.isEmpty }) else {
      throw DiagnosisError.noWeightsInRun(
        path: request.path, seen: "no record has usable ones", remarks: logs.flatMap(\.remarks))
    }
    let folder = Self.folder(of: request.path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let configurations = names.filter { $0.hasSuffix(".py") || $0 == "config.json" }
      .sorted { $0.precedesNaturally($1) }.map { "\(folder)/\($0)" }
    return try runs(logs, request) {
      LayersFact(count: $0, configurations: configurations, request.options.fuse)
    }
  }

  /// A run for each series that has records, or for the one that was named.
  private func runs(
    _ logs: [WeightLog], _ request: CheckpointRequest, _ layers: (_ count: Int) throws -> LayersFact
  ) throws -> [WeightsRun] {
    let usable = logs.filter { !$0.records.isEmpty }
    let names = usable.map(\.series)
    if let series {
      guard let log = usable.first(where: { $0.series == series }) else {
        throw DiagnosisError.noSuchSeries(path: request.path, series: series, found: names)
      }
      return [try run(log, request, layers(log.records[0].weights.count))]
    }
    guard usable.count <= Self.seriesLimit else {
      throw DiagnosisError.manySeries(path: request.path, found: names)
    }
    let unusable = logs.filter(\.records.isEmpty).flatMap(\.remarks)
    return try usable.enumerated().map { place, log in
      var run = try run(log, request, layers(log.records[0].weights.count))
      if place == 0 { run.remarks = unusable + run.remarks }
      guard usable.count > 1 else { return run }
      if !log.series.isEmpty { run.name += " (\(log.series))" }
      if place == 0 {
        run.remarks.append(
          "\(usable.count) series are in these logs (\(names.map { $0.isEmpty ? "one without a name" : $0 }.joined(separator: ", "))): "
            + "each is drawn by itself, and --series draws one alone")
      }
      return run
    }
  }

  /// More series of one run are no figure.
  private static let seriesLimit = 12

  private func run(_ log: WeightLog, _ request: CheckpointRequest, _ layers: LayersFact) throws -> WeightsRun {
    if request.options.fuse != nil, let refused = layers.refused {
      throw DiagnosisError.fusedLayersRefused(file: request.path, reason: refused)
    }
    return WeightsRun(
      name: request.name, path: request.path, source: WeightsSource(rawValue: log.format.rawValue) ?? .jsonLines,
      series: log.series.isEmpty ? nil : log.series,
      points: log.records.map {
        WeightsPoint(epoch: $0.epoch, step: $0.step, weights: $0.weights, source: $0.source)
      }, layers: layers, remarks: log.remarks + [layers.refused].compactMap(\.self))
  }

  // MARK: Folders

  private func runs(folder request: CheckpointRequest) throws -> [WeightsRun] {
    let folder = try RunFolder(request.path)
    var logs: [[WeightLog]] = []
    for format in [WeightLog.Format.jsonLines, .events, .csv] {
      guard let files = folder.logs[format] else { continue }
      logs.append(try WeightLog.series(reading: files, format: format))
    }
    func most(_ logs: [WeightLog]) -> Int { logs.map(\.records.count).max() ?? 0 }
    let best = logs.max { most($0) < most($1) }
    // A log knows more moments than the checkpoints that were kept; without weights in it, these must tell.
    if let best, most(best) > 0, most(best) >= folder.checkpoints.count {
      var runs = try runs(best, request) { count in
        let layers = LayersFact(count: count, configurations: folder.configurations, request.options.fuse)
        guard layers.layers == nil, layers.refused == nil else { return layers }
        return layersOfCheckpoints(folder, request, count) ?? layers
      }
      runs[0].remarks = folder.remarks + runs[0].remarks
      return runs
    }
    guard !folder.checkpoints.isEmpty else {
      let seen = logs.isEmpty ? "it holds no checkpoint and no log" : "no record of its logs has usable ones"
      throw DiagnosisError.noWeightsInRun(
        path: request.path, seen: seen, remarks: folder.remarks + logs.joined().flatMap(\.remarks))
    }
    return [try run(folder.checkpoints, request, remarks: folder.remarks)]
  }

  private func layersOfCheckpoints(_ folder: RunFolder, _ request: CheckpointRequest, _ count: Int) -> LayersFact? {
    guard let last = folder.checkpoints.last,
      let checkpoint = try? Checkpoint(opening: last.path, weights: request.weights, checksStorages: false),
      let logits = try? FusionLogits(in: checkpoint, options: request.options)
    else { return nil }
    return LayersFact(logits, count: count)
  }

  /// Checkpoint files that were named one by one.
  func run(checkpoints requests: [CheckpointRequest]) throws -> WeightsRun {
    var request = requests[0]
    request.path = Self.folder(of: request.path)
    if request.name == requests[0].path.lastComponent { request.name = request.path.lastComponent }
    let members = requests.map { RunFolder.Member(path: $0.path, name: $0.path.lastComponent, isFolder: false) }
    return try run(members, request, remarks: [])
  }

  private func run(
    _ members: [RunFolder.Member], _ request: CheckpointRequest, remarks: [String]
  ) throws -> WeightsRun {
    var series = CheckpointSeries(members, request, team)
    series.keepOneSetOfLayers()
    guard let first = series.readings.first else {
      let seen = "none of \(members.count == 1 ? "its one checkpoint" : "its \(members.count) checkpoints") has them"
      throw DiagnosisError.noWeightsInRun(path: request.path, seen: seen, remarks: remarks + series.remarks)
    }
    if request.options.fuse != nil, let refused = first.layers.refused {
      throw DiagnosisError.fusedLayersRefused(file: request.path, reason: refused)
    }
    return WeightsRun(
      name: request.name, path: request.path, source: .checkpoints, points: series.ordered, layers: first.layers,
      remarks: remarks + series.remarks + [first.layers.refused].compactMap(\.self))
  }
}

extension WeightsRun {
  /// Sums up what was read; the trend is filled in when the axis is known.
  init(
    name: String, path: String, source: WeightsSource, series: String? = nil, digest: String? = nil,
    architecture: Architecture? = nil, points: [WeightsPoint], layers: LayersFact, remarks: [String]
  ) {
    self.init(
      name: name, path: path, source: source, series: series, digest: digest, architecture: architecture,
      positions: Array(0..<(points.first?.weights.count ?? 0)), layers: layers.layers, layersSource: layers.source,
      points: points, firstThird: FirstThird(points, abscissa: [], axis: nil), remarks: remarks)
  }
}

extension String {
  /// The last component of a path.
  var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
