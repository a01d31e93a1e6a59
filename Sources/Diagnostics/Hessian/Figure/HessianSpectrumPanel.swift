internal import Figures
internal import Hessian

/// The density of whole spectra on a logarithmic axis, with the foremost eigenvalues below.
struct SpectrumPanel {
  let panel: Panel
  /// σ of the Gaussian that each node is widened to.
  let bandwidth: Double
  /// The height of one eigenvalue among all, n of the largest model.
  let single: Double

  /// A panel of the models that have a density; nil where none has.
  init?(_ models: [HessianModel], colors: [Color]) {
    self.init(
      zip(models, colors).compactMap { model, color in
        model.details.density.map { density in
          Item(
            name: model.checkpoint.name, color: color, density: density, parameters: model.details.parameters,
            foremost: (model.details.batches ?? []).flatMap { $0.eigenvalues.map(\.value) })
        }
      })
  }

  /// One density.
  struct Item {
    let name: String?
    let color: Color
    let density: HessianDensity
    let parameters: Int
    let foremost: [Double]
  }

  /// A panel of some densities; nil for none.
  ///
  /// - Parameters:
  ///   - items: The densities.
  ///   - title: Words over the panel.
  ///   - xLabel: Words beside the axis of eigenvalues.
  ///   - alike: Those of all panels that share bandwidth and range; nil for these alone.
  init?(
    _ items: [Item], title: String? = nil, xLabel: String = EigenvalueSeries.xLabel, alike: [Item]? = nil
  ) {
    guard !items.isEmpty else { return nil }
    let spectra = items.map { SpectralDensity(nodes: [$0.density.eigenvalues], weights: [$0.density.weights]) }
    let range = Self.range(alike ?? items)
    bandwidth = Self.bandwidth(range)
    let sigma = bandwidth
    let low = range.lowerBound - 4 * sigma
    let high = range.upperBound + 4 * sigma
    let grid = (0...1200).map { low + (high - low) * Double($0) / 1200 }
    let curves = spectra.map { $0.values(at: grid, bandwidth: sigma) }
    // What one eigenvalue of n adds, widened alike, is the smallest height that means something.
    let most = Double(items.map(\.parameters).max() ?? 1)
    single = 1 / (most * sigma * (2 * Double.pi).squareRoot())
    let top = curves.joined().max() ?? 1
    // Probes meet a single eigenvector with weights that scatter around 1/n: two decades below hold nearly all of them.
    let floor = min(single, top / 10) / 100
    var marks: [Mark] = range.lowerBound < 0 ? [.rule(Rule(.vertical(at: 0)))] : []
    if single < top { marks.append(.rule(Rule(.horizontal(at: single), dash: .dashed))) }
    for (lane, (item, heights)) in zip(items, curves).enumerated() {
      for stretch in Self.stretches(zip(grid, heights).map { Point($0, $1) }, above: floor) {
        marks.append(.curve(Curve(stretch, color: item.color, label: item.name)))
      }
      if !item.foremost.isEmpty { marks.append(.rug(Rug(item.foremost, color: item.color, lane: min(lane, 49)))) }
    }
    panel = Panel(
      title: title, x: Axis(xLabel, range: alike == nil ? nil : low...high),
      y: Axis("Density of all eigenvalues", scale: .logarithmic, range: floor...(top * 3)), marks: marks)
  }

  /// A hundredth of what the spectra span.
  private static func bandwidth(_ range: ClosedRange<Double>) -> Double {
    let span = range.upperBound - range.lowerBound
    let size = max(abs(range.lowerBound), abs(range.upperBound))
    return span > 0 ? span / 100 : size > 0 ? size / 100 : 1
  }

  /// From the smallest to the largest of all nodes and foremost eigenvalues.
  private static func range(_ items: [Item]) -> ClosedRange<Double> {
    let values = items.flatMap { $0.density.eigenvalues + $0.foremost }
    return (values.min() ?? 0)...(values.max() ?? 0)
  }

  /// The parts of a line above `floor`: a logarithmic axis has no place for what is 0.
  private static func stretches(_ line: [Point], above floor: Double) -> [[Point]] {
    line.split { $0.y < floor }.map(Array.init)
  }
}
