import Testing

@testable import Figures

@Suite("Layout")
struct LayoutTests {
  static let widths: [Double?] = [nil, 2.2, 3.3, 5, 6.8, 12]

  @Test("No word leaves the page and no two words overlap", arguments: DemoFigures.all.map(\.name), widths)
  func wordsHaveRoom(name: String, width: Double?) throws {
    let figure = try #require(DemoFigures.all.first { $0.name == name }?.figure)
    try Self.expectRoom(try figure.drawing(width: width), "\(name) at \(width ?? 0) in")
  }

  @Test("Hard words fit too: long names, long axis labels, many panels, odd characters", arguments: widths)
  func hardWords(width: Double?) throws {
    let long = "work_dirs/selfsup/mae_vit-base-p16_8xb512-amp-coslr-1600e_in1k/epoch_1600_ema_weights.pth"
    var figure = DemoFigures.frequency(names: [long, "π ± × \u{7}\n<&>\"", long + long, "d", "e", "f", "g"])
    figure.title = "A title that is rather long and says\nmore than anybody wants to read, twice over " + long
    figure.subtitle = long + long + long
    figure.note = long
    for index in figure.panels.indices {
      figure.panels[index].y.label = "A very long label of the vertical axis (natural logarithm, mean of all images)"
      figure.panels[index].x.label = "An equally long label of the horizontal axis in units of half cycles per patch"
    }
    try Self.expectRoom(try figure.drawing(width: width), "hard words at \(width ?? 0) in")
    var own = figure
    (own.sharesX, own.sharesY) = (false, false)
    if (width ?? 7) >= 3 { try Self.expectRoom(try own.drawing(width: width), "own axes at \(width ?? 0) in") }
  }

  @Test("Long legends fit above, beside and at the curves", arguments: [Legend.Placement.top, .right, .direct])
  func legends(placement: Legend.Placement) throws {
    let marks = (0..<9).map { index -> Mark in
      let label = "checkpoint \(index) of a family with a name that goes on and on and on_\(index).safetensors"
      return .curve(
        Curve(x: [0, 1], y: [0, Double(index % 2)], color: Palette.category(index), label: label))
    }
    for width in [3.3, 6.8] {
      let figure = Figure(panels: [Panel(marks: marks)], legend: Legend("Checkpoint", placement: placement))
      try Self.expectRoom(try figure.drawing(width: width), "\(placement) at \(width) in")
    }
  }

  @Test("Curves that end at one place get labels that do not overlap")
  func directLabels() throws {
    let marks = (0..<5).map { index -> Mark in
      .curve(Curve(x: [0, 1], y: [Double(index), 0], color: Palette.category(index), label: "curve \(index)"))
    }
    let drawing = try Figure(panels: [Panel(marks: marks)], legend: Legend(placement: .direct)).drawing()
    #expect(drawing.texts.filter { $0.role == .legend }.count == 5)
    try Self.expectRoom(drawing, "direct labels")
  }

  @Test("The width is the one asked for, and the default suits the content")
  func pageWidth() throws {
    #expect(try DemoFigures.lastLayer.drawing(width: 3.3).width == 3.3 * 72)
    let one = try DemoFigures.frequency(names: ["a"]).drawing().width
    let two = try DemoFigures.frequency(names: ["a", "b"]).drawing().width
    #expect((4 * 72...5.5 * 72).contains(one))
    #expect(two > one && two < 7.5 * 72)
  }

  @Test("Letters stay between 7 and 10 points at the widths of a paper", arguments: [3.3, 6.8])
  func readable(width: Double) throws {
    for demo in DemoFigures.all {
      let sizes = try demo.figure.drawing(width: width).texts.map(\.size)
      #expect((sizes.min() ?? 0) >= 7 && (sizes.max() ?? 0) <= 10, "\(demo.name)")
    }
  }

  @Test("Panels with shared axes have tick labels at the left and lower edge only")
  func sharedAxes() throws {
    var figure = DemoFigures.frequency(names: ["a", "b", "c", "d"])
    let shared = try figure.drawing(width: 6.8).texts
    (figure.sharesX, figure.sharesY) = (false, false)
    let own = try figure.drawing(width: 6.8).texts
    #expect(shared.filter { $0.role == .axisLabel }.count == 2)
    #expect(own.filter { $0.role == .axisLabel }.count == 8)
    #expect(own.filter { $0.role == .xTick }.count > shared.filter { $0.role == .xTick }.count)
  }

  @Test("A value of 1 lies as far along the axis as its share of the range")
  func placesAreLinear() throws {
    let curve = Curve([Point(0, 0), Point(0.25, 0.5), Point(1, 1)], color: .ink)
    let panel = Panel(x: Axis(range: 0...1), y: Axis(range: 0...1), marks: [.curve(curve)])
    let drawing = try Figure(panels: [panel]).drawing(width: 5)
    func flat(_ operations: [DrawingOperation]) -> [DrawingOperation] {
      operations.flatMap { operation -> [DrawingOperation] in
        switch operation {
        case .clipped(_, let inner), .tagged(_, let inner): flat(inner)
        default: [operation]
        }
      }
    }
    let lines = flat(drawing.operations).compactMap { operation -> [Point]? in
      if case .polyline(let points, let stroke) = operation, stroke.color == .ink { points } else { nil }
    }
    let line = try #require(lines.first)
    // Sums of a few coordinates below 1000 in double precision.
    #expect(abs((line[1].x - line[0].x) - 0.25 * (line[2].x - line[0].x)) < 1e-9)
    #expect(abs((line[1].y - line[0].y) - 0.5 * (line[2].y - line[0].y)) < 1e-9)
    #expect(line[2].y < line[0].y)
  }

  static func expectRoom(_ drawing: DrawingList, _ what: String) throws {
    let page = Rectangle(x: 0, y: 0, width: drawing.width, height: drawing.height)
    let texts = drawing.texts
    #expect(!texts.isEmpty)
    for (index, text) in texts.enumerated() {
      #expect(page.contains(text.box), "\(what): “\(text.text)” at \(text.box) leaves \(page)")
      for other in texts[..<index] {
        #expect(!text.box.overlaps(other.box), "\(what): “\(text.text)” lies over “\(other.text)”")
      }
    }
  }
}
