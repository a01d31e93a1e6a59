import Foundation
import Testing

@testable import Figures

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Pictures")
struct PictureTests {
  /// Red, green above blue, white.
  private let four = Picture(width: 2, height: 2, samples: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])

  private func figure(_ pictures: [Picture]) -> Figure {
    let panels = pictures.enumerated().map { index, picture in
      Panel(title: "column \(index)", side: index == 0 ? "row" : nil, caption: "caption", picture: picture)
    }
    return Figure(panels: panels, columns: pictures.count, aspect: 1)
  }

  /// The place and pixels of every picture of a drawing.
  private func places(_ operations: [DrawingOperation]) -> [(Picture, Rectangle)] {
    operations.flatMap { operation -> [(Picture, Rectangle)] in
      switch operation {
      case .picture(let picture, let box): [(picture, box)]
      case .clipped(_, let inner), .tagged(_, let inner): places(inner)
      default: []
      }
    }
  }

  @Test("A PNG shows every pixel as a rectangle of its very colour, upright, with sharp edges")
  func crisp() throws {
    let drawing = try figure([four]).drawing(width: 4)
    let box = try #require(places(drawing.operations).first?.1)
    let (width, height) = (4 * 144, Int((drawing.height * 2).rounded()))
    let pixels = try PNGRenderer(drawing: drawing, dpi: 144, metadata: []).pixels(width: width, height: height)
    var others = 0
    for y in Int(box.y * 2) + 1..<Int(box.maxY * 2) - 1 {
      for x in Int(box.x * 2) + 1..<Int(box.maxX * 2) - 1 {
        let (column, row) = (Double(x) + 0.5 < box.midX * 2 ? 0 : 1, Double(y) + 0.5 < box.midY * 2 ? 0 : 1)
        let start = 3 * (row * 2 + column)
        let found = Array(pixels[3 * (y * width + x)..<3 * (y * width + x) + 3])
        if found != Array(four.samples[start..<start + 3]) { others += 1 }
      }
    }
    // One line of pixels may lie on either side of each edge between two colours: the page is not a whole number of pixels high.
    #expect(Double(others) <= 2 * (box.width + box.height), "\(others) pixels differ")
  }

  @Test("A picture keeps its proportions in a plot of others, and no axes are drawn")
  func proportions() throws {
    let wide = Picture(width: 8, height: 2, samples: [UInt8](repeating: 9, count: 48))
    let drawing = try figure([wide, four]).drawing()
    let found = places(drawing.operations)
    #expect(found.map(\.0) == [wide, four])
    // Coordinates below 1000 in double precision.
    #expect(abs(found[0].1.width / found[0].1.height - 4) < 1e-9 && abs(found[1].1.width - found[1].1.height) < 1e-9)
    let lines = drawing.operations.contains { if case .polyline = $0 { true } else { false } }
    #expect(!lines)
    #expect(drawing.texts.map(\.text).sorted() == ["caption", "caption", "column 0", "column 1", "row"])
  }

  @Test("An SVG embeds the picture as a PNG of the same pixels")
  func svg() throws {
    let root = try #require(try XMLDocument(data: Data(try figure([four]).render(as: .svg))).rootElement())
    let image = try #require(try root.nodes(forXPath: "//*[local-name()='image']").first as? XMLElement)
    let link = try #require(image.attributes?.first { $0.name?.hasSuffix("href") == true }?.stringValue)
    let prefix = "data:image/png;base64,"
    try #require(link.hasPrefix(prefix))
    let bytes = try #require(Data(base64Encoded: String(link.dropFirst(prefix.count))))
    #expect(Array(bytes) == (try four.enlarged(8).png()))
    let header = try #require(PNGChunks(Array(bytes))["IHDR"].first)
    #expect(PNGChunks.number(header, at: 0) == 16 && PNGChunks.number(header, at: 4) == 16)
  }

  @Test("A PDF holds the picture's own pixels, not smoothed")
  func pdf() throws {
    let text = String(decoding: try figure([four]).render(as: .pdf), as: UTF8.self)
    #expect(text.contains("/Subtype /Image") && text.contains("/Width 2") && text.contains("/Height 2"))
    #expect(!text.contains("/Interpolate true"))
  }

  @Test("Base64 is that of the standard", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
  func base64(text: String) {
    #expect(Base64.text(Array(text.utf8)) == Data(text.utf8).base64EncodedString())
  }

  @Test("Enlarging repeats pixels in both directions")
  func enlarged() {
    let twice = Picture(width: 2, height: 1, samples: [1, 2, 3, 4, 5, 6]).enlarged(2)
    #expect(twice.width == 4 && twice.height == 2)
    #expect(twice.samples == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
  }

  @Test("A soft hyphen shows where it breaks a word, and nowhere else")
  func softHyphens() throws {
    let panel = Panel(title: "recon\u{AD}struction", picture: four)
    func titles(_ columns: Int, _ width: Double) throws -> [String] {
      let figure = Figure(panels: Array(repeating: panel, count: columns), columns: columns, aspect: 1)
      return try figure.drawing(width: width).texts.prefix { $0.role == .panelTitle }.map(\.text)
    }
    #expect(try titles(1, 4) == ["reconstruction"])
    #expect(try titles(4, 3.3).prefix(2) == ["recon-", "struction"])
  }

  @Test("A number is not broken at its point")
  func numbers() throws {
    let panel = Panel(caption: "mean colour 17.6\u{A0}dB", picture: four)
    let figure = Figure(panels: Array(repeating: panel, count: 4), columns: 4, aspect: 1)
    let words = try figure.drawing(width: 3.3).texts.filter { $0.role == .axisLabel }.map(\.text)
    #expect(words.count > 4 && words.contains { $0.hasSuffix("17.6\u{A0}dB") })
  }

  @Test("Headings and captions have room, and too narrow a page is refused with the width it takes")
  func layout() throws {
    let (one, two) = (
      DemoFigures.pictures(models: ["MAE"]), DemoFigures.pictures(models: ["MAE", "mff_vit-base-p16.pth"])
    )
    for (figure, widths) in [(one, [nil, 3.3, 6.8, 12]), (two, [nil, 6.8, 12])] as [(Figure, [Double?])] {
      for width in widths {
        let drawing = try figure.drawing(width: width)
        try LayoutTests.expectRoom(drawing, "pictures at \(width ?? 0) in")
        let words = drawing.texts.filter { $0.role == .panelTitle }.map(\.text)
        #expect(words.contains("input") && words.contains("masked"))
        #expect(words.joined().contains("recon") && !words.contains { $0.hasPrefix("re…") })
        for format in [FigureFormat.png(dpi: 100), .pdf, .svg] {
          #expect(try figure.render(as: format, width: width).count > 5000)
        }
      }
    }
    let error = #expect(throws: FigureError.self) { try two.drawing(width: 3.3) }
    #expect(error?.description.contains("too narrow") == true)
  }

  @Test("Samples that do not fit the size are refused")
  func refusals() {
    for picture in [
      Picture(width: 2, height: 2, samples: [1, 2, 3]), Picture(width: 0, height: 2, samples: []),
      Picture(width: -1, height: -3, samples: [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ] {
      let error = #expect(throws: FigureError.self) { try figure([picture]).render(as: .svg) }
      #expect(
        error?.description.hasPrefix("panel “column 0”: a picture of \(picture.width) × \(picture.height)") == true)
      #expect(throws: FigureError.self) { try picture.png() }
    }
  }
}
