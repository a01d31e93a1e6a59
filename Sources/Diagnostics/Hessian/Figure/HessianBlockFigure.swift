internal import Figures
internal import Hessian

extension HessianResult {
  /// The spectrum of each block along depth: every eigenvalue, and the blocks' means with their 95 % intervals.
  ///
  /// Where blocks differ by more than `mostLinear`, |λ| on a logarithmic axis, negative values as triangles.
  /// With `--density` a panel for each checkpoint follows, a line for each block coloured by depth.
  ///
  /// - Parameter title: A line above everything; nil for the name of a single checkpoint, none for several.
  /// - Returns: The figure.
  func blockFigure(title: String?) -> Figure {
    let indices = Set(models.flatMap { ($0.details.blocks ?? []).map(\.block) }).sorted()
    let hasNegative = models.contains { $0.blockSeries.contains { $0.values.contains { $0 < 0 } } }
    var marks: [Mark] = hasNegative && !showsMagnitudes ? [.rule(Rule(.horizontal(at: 0)))] : []
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
          y: Axis(
            showsMagnitudes ? Self.magnitudeLabel : Self.blockLabel, scale: showsMagnitudes ? .logarithmic : .linear),
          marks: marks)
      ] + whole.map(\.panel), columns: 1, legend: Legend(placement: models.count > 1 ? .top : .hidden),
      colorBar: whole.isEmpty ? nil : ColorBar("Block", labels: indices.map(String.init)))
  }

  private static let blockLabel = "Eigenvalue λ of the block’s Hessian"
  private static let magnitudeLabel = "|λ| of the block’s Hessian"

  /// Whether blocks differ so much that a linear axis would show the largest only.
  var showsMagnitudes: Bool {
    let series = models.flatMap(\.blockSeries)
    let means = series.compactMap { $0.summary?.meanMagnitude }
    guard let low = means.min(), let high = means.max(), low > 0, high < .infinity else { return false }
    return high > Self.mostLinear * low && series.allSatisfy { $0.values.allSatisfy { $0 != 0 } }
  }

  private static let mostLinear = 20.0

  private func blockMarks(_ model: HessianModel, _ order: Int, shift: Double, _ indices: [Int]) -> [Mark] {
    let color = color(order)
    let blocks = (model.details.blocks ?? []).sorted { $0.block < $1.block }
    func place(_ block: HessianBlock) -> Double { Double(indices.firstIndex(of: block.block) ?? 0) + shift }
    let showsMagnitudes = showsMagnitudes
    func items(_ isWanted: (Eigenvalue) -> Bool) -> [Points.Item] {
      blocks.flatMap { block in
        block.batches.flatMap(\.eigenvalues).filter(isWanted).map { eigenvalue in
          let y = showsMagnitudes ? abs(eigenvalue.value) : eigenvalue.value
          return Points.Item(
            place(block), y, vertical: eigenvalue.converged ? nil : (y - eigenvalue.bound)...(y + eigenvalue.bound))
        }
      }
    }
    let kinds: [(Marker, Color, [Points.Item])] = [
      (.circle, color.opacity(0.3), items { $0.converged && !(showsMagnitudes && $0.value < 0) }),
      (.triangle, color.opacity(0.3), items { $0.converged && showsMagnitudes && $0.value < 0 }),
      (.ring, color, items { !$0.converged }),
    ]
    let points = kinds.filter { !$0.2.isEmpty }.map { Mark.points(Points($0.2, color: $0.1, marker: $0.0)) }
    return points + [.curve(means(blocks.map { (place($0), $0) }, model.checkpoint.name, color, order))]
  }

  /// The blocks' means, of |λ| where magnitudes are shown, with intervals over batches.
  private func means(_ blocks: [(x: Double, block: HessianBlock)], _ name: String, _ color: Color, _ order: Int)
    -> Curve
  {
    let means = blocks.map { _, block in
      let own = block.batches.filter { !$0.eigenvalues.isEmpty }
      let values = BatchMeans(own.map { $0.eigenvalues.map { showsMagnitudes ? abs($0.value) : $0.value }.mean })
      return (mean: values.mean, half: values.interval(around: values.mean).map { ($0[1] - $0[0]) / 2 } ?? 0)
    }
    return Curve(
      x: blocks.map(\.x), y: means.map(\.mean), color: color, label: name, marker: .category(order),
      uncertainty: means.contains { $0.half > 0 } ? .symmetric(means.map(\.half), style: .bars) : nil)
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
