internal import Checkpoints
internal import Synchronization
internal import Tensors
internal import VisionTransformers

/// The fusion weights of one checkpoint.
struct CheckpointReading: Sendable {
  let name: String
  let point: WeightsPoint
  let layers: LayersFact
  let remark: String?

  init(_ checkpoint: Checkpoint, _ member: RunFolder.Member, _ options: ModelOptions) throws {
    guard let logits = try FusionLogits(in: checkpoint, options: options) else {
      throw DiagnosisError.noFusionWeights(
        file: member.path, tensors: checkpoint.tensors.count, sought: FusionLogits.soughtNames)
    }
    try checkpoint.checkWeight(logits.tensor)
    guard let weights = FusionSoftmax.weights(of: try checkpoint.floats(logits.tensor)) else {
      throw DiagnosisError.fusionLogitsNotFinite(file: member.path, tensor: logits.tensor)
    }
    let place = TrainingPlace(of: checkpoint, name: member.name, isFolder: member.isFolder)
    name = member.name
    point = WeightsPoint(
      epoch: place.epoch, step: place.step, weights: weights, source: member.path,
      digest: try checkpoint.digest(of: [logits.tensor]))
    layers = LayersFact(logits, count: logits.count)
    remark = place.contradiction
  }
}

/// The checkpoints of a run: several read at once, put in order, the odd ones said.
struct CheckpointSeries {
  private(set) var readings: [CheckpointReading] = []
  private(set) var remarks: [String] = []

  init(_ members: [RunFolder.Member], _ request: CheckpointRequest, _ team: Team) {
    var without: [String] = []
    for (member, outcome) in zip(members, Self.read(members, request, team)) {
      switch outcome {
      case .success(let reading):
        readings.append(reading)
        if let remark = reading.remark { remarks.append(remark) }
      case .failure(DiagnosisError.noFusionWeights): without.append(member.name)
      case .failure(CheckpointError.truncated(_, let what)):
        remarks.append("\(member.name) skipped: it is cut off (\(what)); it may still be being written")
      case .failure(let error): remarks.append("skipped: \(error)")
      }
    }
    if !without.isEmpty {
      remarks.append(
        "\(Self.listing(without)) skipped: no fusion weights "
          + "(no tensor \(FusionLogits.soughtNames.joined(separator: " or ")))")
    }
  }

  /// Files wait for the disk: several are read at a time.
  private static func read(
    _ members: [RunFolder.Member], _ request: CheckpointRequest, _ team: Team
  ) -> [Result<CheckpointReading, any Error>] {
    let outcomes = Mutex<[Int: Result<CheckpointReading, any Error>]>([:])
    team.forEach(members.count) { index in
      let outcome = Result {
        try CheckpointReading(
          Checkpoint(opening: members[index].path, weights: request.weights, checksStorages: false), members[index],
          request.options)
      }
      outcomes.withLock { $0[index] = outcome }
    }
    return outcomes.withLock { outcomes in members.indices.compactMap { outcomes[$0] } }
  }

  private static func listing(_ names: [String]) -> String {
    let shown = names.prefix(3).joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }

  /// Leaves the checkpoints of most files' set of layers; those of others are no points of the same curves.
  mutating func keepOneSetOfLayers() {
    struct Kind: Hashable {
      let count: Int
      let layers: [Int]?
    }
    func kind(_ reading: CheckpointReading) -> Kind {
      Kind(count: reading.point.weights.count, layers: reading.layers.layers)
    }
    let kinds = Dictionary(grouping: readings.indices) { kind(readings[$0]) }
    guard kinds.count > 1,
      let most = kinds.max(by: { ($0.value.count, $0.value[0]) < ($1.value.count, $1.value[0]) })?.key
    else { return }
    for (kind, members) in kinds.sorted(by: { $0.value[0] < $1.value[0] }) where kind != most {
      let words = kind.layers.map { "layers \($0.map(String.init).joined(separator: ","))" } ?? "\(kind.count) layers"
      remarks.append("\(Self.listing(members.map { readings[$0].name })) skipped: another set of layers (\(words))")
    }
    readings = readings.filter { kind($0) == most }
  }

  /// The points in the order of training: by step, else by epoch, else by name.
  var ordered: [WeightsPoint] {
    let points = readings.map(\.point)
    let order: [Int]
    // Files of runs that count steps only say epoch 0 throughout.
    let epochsTell = Set(points.map(\.epoch)).count > 1 || points.contains { $0.step == nil }
    if points.allSatisfy({ $0.epoch != nil }), epochsTell {
      order = points.indices.sorted {
        (points[$0].epoch ?? 0, points[$0].step ?? 0, $0) < (points[$1].epoch ?? 0, points[$1].step ?? 0, $1)
      }
    } else if points.allSatisfy({ $0.step != nil }) {
      order = points.indices.sorted { (points[$0].step ?? 0, $0) < (points[$1].step ?? 0, $1) }
    } else {
      order = points.indices.sorted { readings[$0].name.precedesNaturally(readings[$1].name) }
    }
    return order.map { points[$0] }
  }
}
