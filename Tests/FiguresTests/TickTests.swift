import Testing

@testable import Figures

@Suite("Ticks")
struct TickTests {
  @Test(
    "The step is the smallest of 1, 2 and 5 times a power of ten that makes few enough parts",
    arguments: [
      (7.0, 8, 1.0), (7.0, 5, 2.0), (0.857, 6, 0.2), (0.857, 9, 0.1), (45.3, 6, 10.0), (1.0, 10, 0.1),
      (1.0, 1, 1.0), (0.003, 4, 0.001), (500_000, 6, 100_000), (2e-7, 5, 5e-8),
    ])
  func niceStep(span: Double, parts: Int, expected: Double) {
    // Powers of ten of small exponents are exact or correctly rounded, so equality is fair.
    #expect(NiceStep(span: span, parts: parts).value == expected)
  }

  @Test("Multiples of a decimal step are the nearest numbers to the decimals")
  func multiples() {
    let step = NiceStep(mantissa: 1, exponent: -1)
    #expect(step.multiples(in: 0...0.5) == [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    #expect(NiceStep(mantissa: 2, exponent: 0).multiples(in: -7.2...0.3) == [-6, -4, -2, 0])
    #expect(NiceStep(mantissa: 5, exponent: 0).multiples(in: 1...4).isEmpty)
  }

  @Test("Labels have the decimals of their step, a true minus sign, and π as a letter")
  func labels() {
    let fifth = NiceStep(mantissa: 2, exponent: -1)
    #expect(TickLabels.text(for: [-0.2, 0, 0.2], step: fifth) == ["\u{2212}0.2", "0.0", "0.2"])
    #expect(
      TickLabels.multiplesOfPi([0, 0.2, 0.8, 1, -1], step: fifth) == ["0", "0.2π", "0.8π", "π", "\u{2212}π"])
    let large = NiceStep(mantissa: 5, exponent: 5)
    #expect(TickLabels.text(for: [0, 500_000, 1_500_000], step: large) == ["0", "0.5M", "1.5M"])
    let small = NiceStep(mantissa: 5, exponent: -5)
    #expect(TickLabels.text(for: [0, 5e-5, 1.5e-4], step: small) == ["0", "0.5×10⁻⁴", "1.5×10⁻⁴"])
  }

  @Test("Numbers are rounded to their decimals; nothing becomes minus zero")
  func decimals() {
    #expect(Decimal.text(-0.001, decimals: 2) == "0.00")
    #expect(Decimal.text(2.675, decimals: 1) == "2.7")
    #expect(Decimal.text(-12, decimals: 0) == "\u{2212}12")
    #expect(Decimal.coordinate(12.5) == "12.5")
    #expect(Decimal.coordinate(-3) == "-3")
    #expect(Decimal.coordinate(100) == "100")
  }

  @Test("Where no font is installed, words are spelled in ASCII")
  func spelled() {
    #expect(TextMeasurer.spelled("\u{2212}0.2π ± 2×10⁻¹² é") == "-0.2pi +- 2x10^-12 ?")
  }

  @Test("Crowded layer labels keep the names at the ends and evenly spaced numbers")
  func thinning() {
    let labels = ["embedding"] + (0..<12).map(String.init) + ["norm"]
    func kept(_ size: Double) -> [String] {
      let spans = labels.indices.map { (Double($0) * 10 - size / 2)...(Double($0) * 10 + size / 2) }
      return zip(labels, TickLabels.thinned(labels, spans: spans)).filter(\.1).map(\.0)
    }
    #expect(kept(9) == labels)
    #expect(kept(12) == ["embedding", "2", "4", "6", "8", "10", "norm"])
    let names = (0..<9).map { "block \($0)" }
    let wide = names.indices.map { (Double($0) * 10)...(Double($0) * 10 + 15) }
    let shown = zip(names, TickLabels.thinned(names, spans: wide)).filter(\.1).map(\.0)
    #expect(shown == [0, 2, 4, 6, 8].map { names[$0] })
    #expect(kept(30) == ["embedding", "5", "norm"])
  }

  @Test("A planner never gives labels that touch", arguments: [20.0, 40, 60, 100, 200, 430])
  func plannerFits(length: Double) throws {
    try exclusively {
      let measurer = try TextMeasurer()
      let theme = Theme(width: 300)
      let planner = TickPlanner(measurer: measurer, theme: theme, isHorizontal: true, widest: 50)
      for range in [0...0.857, -7...0, 0...1, 0...800, 1e-9...3e-9, -1e7...1e7] {
        let ticks = planner.ticks(Axis(), range: range, length: length)
        let map = AxisMap(scale: .linear, range: range, start: 0, end: length)
        for (left, right) in zip(ticks, ticks.dropFirst()) {
          let half = (measurer.width(left.lines, theme.tickStyle) + measurer.width(right.lines, theme.tickStyle)) / 2
          // With a single part left nothing thinner exists.
          #expect(map(left.value) + half < map(right.value) || ticks.count <= 2, "\(range) at \(length)")
        }
      }
    }
  }

  @Test("A logarithmic axis has a tick at each power of ten and minor ticks between")
  func logarithmic() throws {
    try exclusively {
      let planner = TickPlanner(
        measurer: try TextMeasurer(), theme: Theme(width: 300), isHorizontal: false, widest: 50)
      let ticks = planner.ticks(Axis(scale: .logarithmic), range: 1e-3...1e2, length: 200)
      let major = ticks.filter { !$0.isMinor }
      #expect(major.map(\.lines) == (-3...2).map { [Decimal.powerOfTen($0)] })
      #expect(ticks.filter(\.isMinor).count == 5 * 8)
      let map = AxisMap(scale: .logarithmic, range: 1e-3...1e2, start: 0, end: 100)
      for (index, tick) in major.enumerated() {
        // Five decades over 100 points, in double precision.
        #expect(abs(map(tick.value) - 20 * Double(index)) < 1e-9)
      }
    }
  }

  @Test("Integer ticks are whole numbers even where there is room for halves")
  func integers() throws {
    try exclusively {
      let planner = TickPlanner(
        measurer: try TextMeasurer(), theme: Theme(width: 300), isHorizontal: true, widest: 50)
      let ticks = planner.ticks(Axis(ticks: .integers), range: 0.8...3.2, length: 300)
      #expect(ticks.map(\.lines) == [["1"], ["2"], ["3"]])
      let bands = planner.ticks(Axis(ticks: .integers), range: 0.76...7.24, length: 180)
      #expect(bands.map(\.value) == [1, 2, 3, 4, 5, 6, 7])
    }
  }

  @Test("Labels at the ends of curves keep their distance and move as little as possible")
  func spread() {
    #expect(DirectLabels.spread([10, 50], distance: 8, within: 0...100) == [10, 50])
    #expect(DirectLabels.spread([20, 20], distance: 8, within: 0...100) == [16, 24])
    #expect(DirectLabels.spread([0, 1, 2], distance: 8, within: 0...100) == [0, 8, 16])
    #expect(DirectLabels.spread([99, 100], distance: 8, within: 0...100) == [92, 100])
  }

  @Test("A long line keeps its extremes when it is thinned")
  func thinnedLine() {
    var line = (0..<50_000).map { Point(Double($0) / 500, 10) }
    line[12_345].y = -40
    line[12_346].y = 70
    let thinned = Thinning.thinned(line)
    #expect(thinned.count < 2000)
    #expect(thinned.map(\.y).min() == -40)
    #expect(thinned.map(\.y).max() == 70)
    #expect(thinned.first == line.first)
    #expect(thinned.last == line.last)
  }
}
