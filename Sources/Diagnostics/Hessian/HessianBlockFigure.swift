internal import Figures
internal import Hessian

extension HessianResult {
  /// The spectrum of each block along depth: every eigenvalue, and the blocks' means with their 95 % intervals.
  ///
  /// With `--density` a panel for each checkpoint follows, a line for each block coloured by depth.
  ///
  /// - Parameter title: A line above everything; nil for the name of a single checkpoint, none for several.
  /// - Returns: The figure.
  func blockFigure(title: String?) -> Figure {
    let indices = Set(models.flatMap { ($0.details.blocks ?? []).map(\.block) }).sorted()
    let all = models.flatMap {
      ($0.details.blocks ?? []).flatMap { $0.batches.flatMap { $0.eigenvalues.map(\.value) } }
    }
    var marks: [Mark] = (all.min() ?? 0) < 0 ? [.rule(Rule(.horizontal(at: 0)))] : []
    for (order, model) in models.enumerated() {
      // Side by side within the room of a block, so that equal values do not hide each other.
      let shift = 0.6 * ((Double(order) + 0.5) / Double(models.count) - 0.5)
      marks += blockMarks(model, order, shift: shift, indices)
    }
    let whole = blockSpectra(indices)
    return Figure(
      title: title ?? (models.count == 1 ? models[0].checkpoint.name : nil),
      note: note(models.flatMap(\.blockSeries), bandwidth: nil, whole: whole.first),
      panels: [
        Panel(
          x: Axis("Block", ticks: .categories(indices.map(String.init))),
          y: Axis(Self.blockLabel),
          marks: marks)
      ] + whole.map(\.panel), columns: 1, legend: Legend(placement: models.count > 1 ? .top : .hidden),
      colorBar: whole.isEmpty ? nil : ColorBar("Block", labels: indices.map(String.init)))
  }

  private static let blockLabel = "Eigenvalue λ of the block’s Hessian"

  private func blockMarks(_ model: HessianModel, _ order: Int, shift: Double, _ indices: [Int]) -> [Mark] {
    let color = color(order)
    let blocks = (model.details.blocks ?? []).sorted { $0.block < $1.block }
    func place(_ block: HessianBlock) -> Double { Double(indices.firstIndex(of: block.block) ?? 0) + shift }
    func items(_ isSettled: Bool) -> [Points.Item] {
      blocks.flatMap { block in
        block.batches.flatMap(\.eigenvalues).filter { $0.converged == isSettled }.map { eigenvalue in
          let ends = (eigenvalue.value - eigenvalue.bound)...(eigenvalue.value + eigenvalue.bound)
          return Points.Item(place(block), eigenvalue.value, vertical: isSettled ? nil : ends)
        }
      }
    }
    var marks: [Mark] = []
    let (settled, open) = (items(true), items(false))
    if !settled.isEmpty { marks.append(.points(Points(settled, color: color.opacity(0.3)))) }
    if !open.isEmpty { marks.append(.points(Points(open, color: color, marker: .ring))) }
    let halves = blocks.map { $0.summary.meanInterval.map { ($0[1] - $0[0]) / 2 } ?? 0 }
    let means = Curve(
      x: blocks.map(place), y: blocks.map(\.summary.mean), color: color, label: model.checkpoint.name,
      marker: .category(order), uncertainty: halves.contains { $0 > 0 } ? .symmetric(halves, style: .bars) : nil)
    return marks + [.curve(means)]
  }

  /// A panel for each checkpoint with densities, on one bandwidth.
  private func blockSpectra(_ indices: [Int]) -> [SpectrumPanel] {
    let colors = Palette.sequence(indices.count)
    let items = models.map { model in
      (model.details.blocks ?? []).compactMap { block in
        block.density.map {
          SpectrumPanel.Item(
            name: nil, color: colors[indices.firstIndex(of: block.block) ?? 0], density: $0,
            parameters: block.parameters, foremost: [])
        }
      }
    }
    return zip(models, items).compactMap { model, own in
      SpectrumPanel(
        own, title: models.count > 1 ? model.checkpoint.name : nil, xLabel: Self.blockLabel,
        alike: Array(items.joined()))
    }
  }
}

extension HessianModel {
  /// The eigenvalues of each block, for what all of them have in common.
  fileprivate var blockSeries: [EigenvalueSeries] {
    (details.blocks ?? []).map { EigenvalueSeries(name: "", color: .ink, batches: $0.batches, summary: $0.summary) }
  }
}
