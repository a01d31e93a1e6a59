internal import VisionTransformers

/// What all batches of one spectrum have shown.
struct HessianSpectrum {
  let selection: ParameterSelection
  let parameters: Int
  private(set) var batches: [HessianBatch] = []
  private var densities: [HessianDensity] = []

  init(selection: ParameterSelection, parameters: Int) {
    self.selection = selection
    self.parameters = parameters
  }

  mutating func append(_ entry: HessianJournal.Entry) {
    batches.append(entry.batch)
    if let density = entry.density { densities.append(density) }
  }

  var isRankChecked: Bool { batches.allSatisfy(\.rankChecked) }

  var summary: HessianSummary { HessianSummary(batches) }

  /// The mean of the batches' densities: all nodes, each batch's weights divided by the number of batches.
  var density: HessianDensity? {
    guard !densities.isEmpty else { return nil }
    let nodes = densities.flatMap { density in
      zip(density.eigenvalues, density.weights).map { ($0, $1 / Double(densities.count)) }
    }.sorted { $0.0 < $1.0 }
    return HessianDensity(
      eigenvalues: nodes.map(\.0), weights: nodes.map(\.1), probes: densities.reduce(0) { $0 + $1.probes },
      products: densities.reduce(0) { $0 + $1.products })
  }

  /// The mean of the batches' traces.
  var trace: HessianTrace? {
    let traces = batches.compactMap(\.trace)
    guard !traces.isEmpty else { return nil }
    guard traces.count > 1 else { return traces[0] }
    let means = BatchMeans(traces.map(\.value))
    return HessianTrace(
      value: means.mean, standardError: means.standardError, interval: means.interval(around: means.mean),
      products: traces.reduce(0) { $0 + $1.products })
  }
}
