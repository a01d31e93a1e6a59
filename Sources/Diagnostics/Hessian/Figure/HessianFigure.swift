internal import Figures
internal import Foundation
internal import Hessian

extension HessianResult {
  /// The spectra of all checkpoints over each other, as in figure 5 of the MFF paper.
  ///
  /// The density of their eigenvalues, below it every single value and the mean with its 95 % interval. Few values are shown batch by
  /// batch, too, and where a density would say nothing that way only. A last panel has the density of the whole spectrum where it was
  /// computed.
  ///
  /// - Parameter title: A line above everything; nil for the name of a single checkpoint, none for several.
  /// - Returns: The figure.
  func spectrumFigure(title: String?) -> Figure {
    let series = models.indices.map { EigenvalueSeries(models[$0], color: color($0)) }
    let bandwidth = EigenvalueSeries.bandwidth(series)
    var panels: [Panel] = []
    if let bandwidth { panels.append(EigenvalueSeries.densityPanel(series, bandwidth: bandwidth)) }
    if bandwidth == nil || (series.map(\.values.count).min() ?? 0) < EigenvalueSeries.few {
      panels.append(EigenvalueSeries.batchPanel(series, lanes: bandwidth == nil))
    }
    let whole = SpectrumPanel(models, colors: models.indices.map(color))
    if let whole { panels.append(whole.panel) }
    // A few rows of points alone need no tall plot.
    let rows = bandwidth == nil && whole == nil ? series.map(\.batches.count).max() : nil
    return Figure(
      title: title ?? (models.count == 1 ? models[0].checkpoint.name : nil),
      note: note(series, bandwidth: bandwidth, whole: whole), panels: panels, columns: 1, sharesX: true,
      legend: Legend(placement: models.count > 1 ? .top : .hidden),
      aspect: rows.map { min(0.55, 0.1 + 0.08 * Double($0) * (1 + 0.5 * Double(models.count - 1))) })
  }

  /// The colour of a checkpoint.
  func color(_ index: Int) -> Color {
    CheckpointColors(models.map(\.checkpoint.name), company: drawing?.company)[index]
  }
}

/// The eigenvalues of a checkpoint and how they look.
struct EigenvalueSeries {
  let name: String
  let color: Color
  let batches: [HessianBatch]
  let summary: HessianSummary?

  init(name: String, color: Color, batches: [HessianBatch], summary: HessianSummary?) {
    self.name = name
    self.color = color
    self.batches = batches
    self.summary = summary
  }

  init(_ model: HessianModel, color: Color) {
    self.init(
      name: model.checkpoint.name, color: color, batches: model.details.batches ?? [], summary: model.details.summary)
  }

  var eigenvalues: [Eigenvalue] { batches.flatMap(\.eigenvalues) }
  var values: [Double] { eigenvalues.map(\.value) }
  /// Those that did not meet the tolerance.
  var open: [Eigenvalue] { eigenvalues.filter { !$0.converged } }

  /// Below so many values a density says little: batches are shown, too.
  static let few = 20
  /// Below so many values a density is a picture of its kernel.
  static let leastForDensity = 8

  // MARK: Density

  /// One bandwidth for all, so that they compare: the geometric mean of their own; nil where there is nothing to smooth.
  ///
  /// The values of a single batch are the top of one spectrum, not a sample of anything.
  static func bandwidth(_ series: [EigenvalueSeries]) -> Double? {
    guard series.allSatisfy({ $0.values.count >= leastForDensity && $0.batches.count > 1 }) else { return nil }
    let own = series.compactMap { one in
      KernelDensity.bandwidth(for: one.batches.map { $0.eigenvalues.map(\.value) })
    }
    guard !own.isEmpty else { return nil }
    // No finer than the values are known.
    let error = series.map { $0.eigenvalues.map(\.bound).mean }.max() ?? 0
    return max(exp(own.map { log($0) }.mean), error)
  }

  static func densityPanel(_ series: [EigenvalueSeries], bandwidth: Double) -> Panel {
    let all = series.flatMap(\.values)
    let (low, high) = ((all.min() ?? 0) - 3.5 * bandwidth, (all.max() ?? 0) + 3.5 * bandwidth)
    let grid = (0...800).map { low + (high - low) * Double($0) / 800 }
    var marks = zeroRule(series)
    for one in series {
      let density = KernelDensity(one.values, bandwidth: bandwidth)
      marks.append(
        .area(Area(zip(grid, density.values(at: grid)).map { Point($0, $1) }, color: one.color, label: one.name)))
      if !one.open.isEmpty {
        let heights = density.values(at: one.open.map(\.value))
        marks.append(.points(Points(zip(one.open, heights).map { $0.item(at: $1) }, color: one.color, marker: .ring)))
      }
    }
    return Panel(x: Axis(xLabel), y: Axis("Density"), marks: marks + lanes(series), relativeHeight: 1.3)
  }

  // MARK: Batches

  /// Every value in the row of its batch.
  static func batchPanel(_ series: [EigenvalueSeries], lanes: Bool) -> Panel {
    let indices = Set(series.flatMap { $0.batches.map(\.index) }).sorted()
    var marks = zeroRule(series)
    for (order, one) in series.enumerated() {
      let shift = 0.7 * ((Double(order) + 0.5) / Double(series.count) - 0.5)
      func items(_ isSettled: Bool) -> [Points.Item] {
        one.batches.flatMap { batch in
          let row = Double(indices.firstIndex(of: batch.index) ?? 0) + shift
          return batch.eigenvalues.filter { $0.converged == isSettled }.map { $0.item(at: row) }
        }
      }
      let (settled, open) = (items(true), items(false))
      if !settled.isEmpty { marks.append(.points(Points(settled, color: one.color, label: one.name))) }
      if !open.isEmpty {
        marks.append(.points(Points(open, color: one.color, label: settled.isEmpty ? one.name : nil, marker: .ring)))
      }
    }
    return Panel(
      x: Axis(xLabel), y: Axis("Batch", ticks: .categories(indices.map(String.init)), isReversed: true),
      marks: marks + (lanes ? Self.lanes(series) : []))
  }

  // MARK: Parts

  static let xLabel = "Eigenvalue λ of the loss Hessian"

  /// Below the plot, a lane for each: its values, and their mean with its interval.
  static func lanes(_ series: [EigenvalueSeries]) -> [Mark] {
    // The layout has 50 lanes; more checkpoints share the last.
    series.enumerated().flatMap { index, one -> [Mark] in
      let lane = min(index, 49)
      var marks: [Mark] = [.rug(Rug(one.values, color: one.color, lane: lane))]
      if let summary = one.summary {
        let interval = summary.meanInterval.map { $0[0]...$0[1] }
        marks.append(.interval(LaneInterval(summary.mean, interval: interval, color: one.color, lane: lane)))
      }
      return marks
    }
  }

  /// A line at 0 where negative values make it worth one.
  static func zeroRule(_ series: [EigenvalueSeries]) -> [Mark] {
    series.contains { $0.values.contains { $0 < 0 } } ? [.rule(Rule(.vertical(at: 0)))] : []
  }
}

extension Eigenvalue {
  /// The value, and unless it is settled the interval that holds an eigenvalue.
  fileprivate func item(at y: Double) -> Points.Item {
    Points.Item(value, y, horizontal: converged ? nil : (value - bound)...(value + bound))
  }
}
