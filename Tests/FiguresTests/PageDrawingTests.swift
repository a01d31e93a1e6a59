import Foundation
import Testing

@testable import Figures

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Figures in pages")
struct PageDrawingTests {
  private let curves = Figure(
    panels: [
      Panel(
        x: Axis("Frequency", ticks: .multiplesOfPi), y: Axis("Amplitude"),
        marks: [
          .curve(
            Curve(
              x: [0, 0.25, 0.5], y: [1, -2.123456, 3e-9], color: Color(0x0072B2), label: "a < \"b\"",
              uncertainty: .symmetric([0, 0.5, 0]))),
          .points(Points([.init(0.25, 1)], color: Color(0xD55E00), label: "dots")),
        ])
    ], legend: Legend(placement: .top))

  private func groups(_ element: String, _ kind: String) throws -> [XMLElement] {
    let root = try #require(try XMLDocument(data: Data(element.utf8)).rootElement())
    return try root.nodes(forXPath: "//g[@class='\(kind)']").compactMap { $0 as? XMLElement }
  }

  @Test("Marks carry their name and values, in the words of their axes")
  func readings() throws {
    let drawing = try curves.pageDrawing(width: 4, prefix: "f1")
    let series = try groups(drawing.element, "series")
    let curve = try #require(series.first { $0.attribute(forName: "data-readings") != nil })
    #expect(curve.attribute(forName: "data-name")?.stringValue == "a < \"b\"")
    // An XML parser makes spaces of line breaks and tabs in attributes; an HTML parser keeps them.
    #expect(drawing.element.contains("data-fields=\"Frequency\nAmplitude\ninterval\""))
    #expect(drawing.element.contains("\t0.25π\t\u{2212}2.1235\t[\u{2212}2.6235, \u{2212}1.6235]\n"))
    #expect(drawing.element.contains("\t0.5π\t3×10⁻⁹\t"))
    #expect(try groups(drawing.element, "key").count == 2)
  }

  @Test("Files look and read the same with tags as without")
  func otherFormats() throws {
    let drawing = try curves.drawing(width: 4)
    func plain(_ operations: [DrawingOperation]) -> [DrawingOperation] {
      operations.flatMap { operation -> [DrawingOperation] in
        switch operation {
        case .tagged(_, let inner): plain(inner)
        case .clipped(let box, let inner): [.clipped(to: box, plain(inner))]
        default: [operation]
        }
      }
    }
    var untagged = drawing
    untagged.operations = plain(drawing.operations)
    #expect(untagged != drawing)
    #expect(
      try SVGRenderer(drawing: drawing, metadata: []).bytes() == SVGRenderer(drawing: untagged, metadata: []).bytes())
    let pixels = try [drawing, untagged].map { drawing in
      try exclusively { try PNGRenderer(drawing: drawing, dpi: 72, metadata: []).bytes() }
    }
    #expect(pixels[0] == pixels[1])
  }

  @Test(
    "A line of 100,000 points is thinned for a page, with its extremes, and tells 120 values, first and last among them"
  )
  func longLines() throws {
    let y = (0..<100_000).map { $0 == 54_321 ? 5 : sin(Double($0)) }
    let curve = Curve(x: y.indices.map(Double.init), y: y, color: .ink, label: "long")
    let drawing = try Figure(panels: [Panel(marks: [.curve(curve)])]).pageDrawing(prefix: "f")
    #expect(drawing.element.utf8.count < 60_000)
    let text = try #require(
      try groups(drawing.element, "series").compactMap { $0.attribute(forName: "data-readings")?.stringValue }.first)
    #expect(
      drawing.element.split(separator: "data-readings=\"")[1].prefix { $0 != "\"" }.split(separator: "\n").count == 120)
    #expect(text.contains("99999"))
    let line = try #require(
      drawing.element.split(separator: "<polyline points=\"").first { $0.prefix { $0 != "\"" }.count > 2000 })
    let heights = line.prefix { $0 != "\"" }.split(separator: " ").compactMap { Double($0.split(separator: ",")[1]) }
    // The one point at 5 lies far above the others, which end at 1.
    #expect(heights.sorted()[1] - (heights.min() ?? 0) > 50)
  }

  @Test("Names of clip paths begin with the prefix, so that drawings on one page do not share them")
  func prefix() throws {
    let one = try curves.pageDrawing(prefix: "one").element
    #expect(one.contains("clip-path=\"url(#one-1)\"") && one.contains("<clipPath id=\"one-1\">"))
    #expect(!one.contains("\u{1}") && !one.contains("xlink") && !one.contains("<?xml"))
  }

  @Test("On dark paper every colour of a palette stands out, neighbours stay apart and in their order")
  func darkPaper() {
    let paper = Color.white.onDarkPaper
    func luminance(_ color: Color) -> Double {
      func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
      return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
    }
    func contrast(_ color: Color) -> Double { (luminance(color) + 0.05) / (luminance(paper) + 0.05) }
    #expect(luminance(paper) < 0.02)
    // WCAG 2: 3 for lines, 4.5 for words.
    for color in Palette.categories + Palette.sequence(12) { #expect(contrast(color.onDarkPaper) > 3, "\(color)") }
    for color in [Color.ink, .axis, .muted] { #expect(contrast(color.onDarkPaper) > 4.5, "\(color)") }
    let lightness = Palette.sequence(12).map { $0.onDarkPaper.oklab.lightness }
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 + 0.01 < $1 })
  }

  @Test("OKLab and back is the same colour", arguments: Palette.categories)
  func oklab(color: Color) {
    let lab = color.oklab
    let back = Color(lightness: lab.lightness, a: lab.a, b: lab.b)
    // The matrices are given to ten digits.
    for (one, other) in [(color.red, back.red), (color.green, back.green), (color.blue, back.blue)] {
      #expect(abs(one - other) < 1e-5)
    }
  }

  @Test(
    "Numbers have the digits that count and no others",
    arguments: [
      (0.0, "0"), (1.0, "1"), (-2.123456, "\u{2212}2.1235"), (123456.7, "123457"), (0.000123456, "0.00012346"),
      (3e-9, "3×10⁻⁹"), (1.5e20, "1.5×10²⁰"), (100, "100"),
    ])
  func significant(value: Double, text: String) { #expect(Decimal.significant(value, digits: 5) == text) }
}
