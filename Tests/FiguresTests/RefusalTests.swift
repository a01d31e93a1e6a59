import Figures
import Testing

@Suite("Refusals")
struct RefusalTests {
  private func error(_ panel: Panel) -> FigureError? {
    #expect(throws: FigureError.self) { try Figure(panels: [panel]).render(as: .svg) }
  }

  private func curve(_ y: [Double], uncertainty: Uncertainty? = nil) -> Mark {
    .curve(Curve(x: y.indices.map(Double.init), y: y, color: .ink, label: "norm", uncertainty: uncertainty))
  }

  @Test(
    "A value that is not finite is refused by the name of its curve",
    arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    let found = error(Panel(title: "MAE", marks: [curve([0, value])]))
    #expect(found?.description.hasPrefix("panel “MAE”: curve “norm” holds \(value)") == true)
  }

  @Test("Nothing to draw is refused")
  func empty() {
    #expect(throws: FigureError.noPanels) { try Figure(panels: []).render(as: .pdf) }
    #expect(error(Panel(marks: [])) == .emptyPanel(panel: "panel 1"))
    #expect(error(Panel(marks: [curve([])])) == .emptyMark(panel: "panel 1", mark: "curve “norm”"))
    let gaps = Bars([Bars.Series([nil, nil], color: .ink)])
    #expect(error(Panel(marks: [.bars(gaps)])) == .emptyPanel(panel: "panel 1"))
  }

  @Test("Intervals must match their values and not be negative")
  func uncertainty() {
    #expect(
      error(Panel(marks: [curve([1, 2, 3], uncertainty: .symmetric([0.1]))]))
        == .mismatchedCounts(panel: "panel 1", mark: "curve “norm”", values: 3, companions: 1))
    #expect(
      error(Panel(marks: [curve([1, 2], uncertainty: .symmetric([0.1, -0.5]))]))
        == .negativeUncertainty(panel: "panel 1", mark: "curve “norm”", value: -0.5))
  }

  @Test("A logarithmic axis refuses zero and shows the rest")
  func logarithmic() throws {
    let axis = Axis(scale: .logarithmic)
    #expect(
      error(Panel(y: axis, marks: [curve([1, 0])])) == .notPositive(panel: "panel 1", axis: "y", value: 0))
    let bytes = try Figure(panels: [Panel(y: axis, marks: [curve([1e-8, 1e3])])]).render(as: .svg)
    #expect(String(decoding: bytes, as: UTF8.self).contains("10⁻⁸"))
  }

  @Test("Sizes no page has are refused")
  func sizes() {
    let figure = Figure(panels: [Panel(marks: [curve([0, 1])])])
    for width in [0, -3, Double.nan, 1e9] {
      #expect(throws: FigureError.self) { try figure.render(as: .svg, width: width) }
    }
    for dpi in [0, Double.nan, 1e6] {
      #expect(throws: FigureError.self) { try figure.render(as: .png(dpi: dpi)) }
    }
    #expect(throws: FigureError.self) { try figure.render(as: .png(dpi: 10_000), width: 90) }
    let crowd = DemoFigures.overTraining(runs: 60).withColumns(60)
    #expect(throws: FigureError.self) { try crowd.render(as: .svg, width: 2) }
  }

  @Test("Equal, single, huge and tiny values are drawn")
  func extremes() throws {
    for values: [Double] in [[3], [3, 3], [0, 0], [1e300, -1e300], [1e-300, 2e-300], [1e15, 1e15 + 1]] {
      let bytes = try Figure(panels: [Panel(marks: [curve(values)])]).render(as: .png(dpi: 72))
      #expect(bytes.count > 100, "\(values)")
    }
  }
}

extension Figure {
  fileprivate func withColumns(_ columns: Int) -> Figure {
    var figure = self
    figure.columns = columns
    return figure
  }
}
