internal import Diagnostics

extension ReproductionResults {
  /// Figure 1: the pilot's share of the first third of its layers, at the end less at the beginning.
  var figure1: Claim? {
    guard let runs = weights["figure-1"]?.runs, let first = runs.first else { return nil }
    let count = first.firstThird.count
    let growth = ClaimStatistic(
      "Growth of the share of layers 0–\(count - 1) among the fusion weights, from uniform to the end of training",
      runs.map { $0.firstThird.end - $0.firstThird.start }, .positive)
    let ends = runs.map { ClaimStatistic.digits($0.firstThird.end) }.joined(separator: ", ")
    return Claim(
      "Fig. 1", quote: "the model increasingly relies on the features of shallow layers as training progresses",
      [growth],
      remarks: [
        "It ends at \(ends); uniform is \(ClaimStatistic.digits(first.firstThird.start)).", Self.course(of: runs),
      ])
  }

  /// When the share of the shallow layers is largest, and how far below that it ends.
  private static func course(of runs: [WeightsRun]) -> String {
    let peaks = runs.map { run -> (epoch: String, drop: String) in
      let shares = run.points.map { $0.weights.prefix(run.firstThird.count).reduce(0, +) }
      let peak = shares.indices.max { shares[$0] < shares[$1] } ?? 0
      let epoch = run.points[peak].epoch.map { ClaimStatistic.digits($0) } ?? "unknown"
      return (epoch, ClaimStatistic.digits(shares[peak] - (shares.last ?? 0)))
    }
    return "It is largest at epochs \(peaks.map(\.epoch).joined(separator: ", ")) and ends "
      + "\(peaks.map(\.drop).joined(separator: ", ")) below that: towards the end the learning rate falls to 0."
  }

  /// Figure 6: where the weight lies in the pilot, in the EVA-style and in the supervised model.
  var figure6: Claim? {
    guard let models = weights["figure-6"]?.runs, models.count == 3, let pilots = weights["figure-1"]?.runs,
      let last = pilots.map({ $0.points.last?.weights ?? [] }) as [[Double]]?, last.allSatisfy({ !$0.isEmpty })
    else { return nil }
    let others = models.dropFirst().map { ($0.name, $0.points.last?.weights ?? []) }
    guard others.allSatisfy({ !$0.1.isEmpty }) else { return nil }
    let count = pilots[0].firstThird.count
    func preference(_ weights: [Double]) -> Double {
      (weights.last ?? 0) - weights.prefix(count).reduce(0, +) / Double(count)
    }
    let spread = (of: "the three MAE", values: last.map(preference))
    let supervised = others.last?.1 ?? []
    let furthest = supervised.map { abs($0 - 1 / Double(supervised.count)) }.max() ?? 0
    let statistics =
      [
        ClaimStatistic(
          "MAE: weight of the last layer less the mean of layers 0–\(count - 1)", last.map(preference), .negative)
      ]
      + others.map { name, weights in
        ClaimStatistic("\(name): the same", [preference(weights)], .positive, spread: spread)
      }
    return Claim(
      "Fig. 6",
      quote:
        "unlike MAE, the weight of the last layer's feature for both EVA and supervised ViT is significantly higher",
      statistics,
      remarks: [
        "The teacher of the EVA-style model is the small supervised one, not CLIP: this decides about the stand-in, not about EVA.",
        "The supervised model had a quarter of the others' learning rate, and its weights stayed within "
          + "\(ClaimStatistic.digits(furthest)) of 1/\(pilots[0].positions.count): of it nothing can be said.",
      ])
  }

  /// Figure 8: the same as Figure 1 whatever the number of fused layers.
  var figure8: Claim? {
    guard let runs = weights["figure-8"]?.runs, !runs.isEmpty, let pilots = weights["figure-1"]?.runs,
      let repeated = weights["figure-8-mff"]?.runs, let mff = repeated.first, let pilot = pilots.first
    else { return nil }
    func growth(_ run: WeightsRun) -> Double { run.firstThird.end - run.firstThird.start }
    let spread = (of: "MFF", values: repeated.map(growth))
    let statistics = runs.filter { !Self.isDetached($0) }.map { run in
      // The two that were trained with several seeds.
      let values = [mff.path: repeated, pilot.path: pilots][run.path, default: [run]].map(growth)
      return ClaimStatistic(
        "\(run.name): growth of the share of \(Self.shallow(run))", values, .positive, spread: spread)
    }
    let detached = runs.filter(Self.isDetached).map { run in
      "\(run.name) (A.8), apart from the claim: \(ClaimStatistic.signed(growth(run)))."
    }
    return Claim(
      "Fig. 8", quote: "no matter in which case, the model increasing relies on these shallow layers", statistics,
      remarks: detached + ["With one fused layer its weight is 1 throughout: that model is MAE."])
  }

  private static func isDetached(_ run: WeightsRun) -> Bool { run.path == PlannedTraining.folder("mff-detach") }

  private static func shallow(_ run: WeightsRun) -> String {
    let layers = (run.layers ?? run.positions).prefix(run.firstThird.count).map(String.init)
    return (layers.count == 1 ? "layer " : "layers ") + layers.joined(separator: ", ")
  }
}
