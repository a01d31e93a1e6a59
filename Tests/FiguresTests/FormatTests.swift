import Foundation
import Testing

@testable import Figures

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Formats")
struct FormatTests {
  private let metadata = [("Software", "mff-inspect"), ("Command", "frequency a.pth"), ("Digest", "ab12 π")]
  private let figure = DemoFigures.depth

  @Test("The same figure gives the same bytes", arguments: [FigureFormat.png(dpi: 96), .pdf, .svg])
  func deterministic(format: FigureFormat) async throws {
    let first = try figure.render(as: format, metadata: metadata)
    // More than a second apart: a time stamp would show.
    try await Task.sleep(for: .milliseconds(1100))
    #expect(try figure.render(as: format, metadata: metadata) == first)
  }

  @Test("A PNG has the size of the page at its resolution, says so, and holds the texts")
  func png() throws {
    let bytes = try figure.render(as: .png(dpi: 150), width: 4, metadata: metadata)
    let drawing = try figure.drawing(width: 4)
    let chunks = PNGChunks(bytes)
    #expect(chunks.names.first == "IHDR" && chunks.names.last == "IEND")
    let header = try #require(chunks["IHDR"].first)
    #expect(PNGChunks.number(header, at: 0) == 600)
    #expect(PNGChunks.number(header, at: 4) == Int((drawing.height * 150 / 72).rounded()))
    let density = try #require(chunks["pHYs"].first)
    // 150 dots per inch are 5905.5 per metre.
    #expect(abs(PNGChunks.number(density, at: 0) - 5905) <= 1)
    let texts = chunks["tEXt"].map { String(decoding: $0, as: UTF8.self) }
    #expect(texts.contains("Software\0mff-inspect"))
    #expect(texts.contains("Command\0frequency a.pth"))
    #expect(chunks["iTXt"].contains { String(decoding: $0, as: UTF8.self).hasSuffix("ab12 π") })
  }

  @Test("The picture has a white rim and ink inside")
  func pixels() throws {
    let drawing = try figure.drawing(width: 4)
    let width = 4 * 72
    let height = Int(drawing.height.rounded())
    let pixels = try PNGRenderer(drawing: drawing, dpi: 72, metadata: []).pixels(width: width, height: height)
    #expect(pixels.count == 3 * width * height)
    for x in 0..<width {
      for row in [0, height - 1] {
        let start = 3 * (row * width + x)
        #expect(Array(pixels[start..<(start + 3)]) == [255, 255, 255])
      }
    }
    let dark = stride(from: 0, to: pixels.count, by: 3).filter { pixels[$0] < 100 && pixels[$0 + 1] < 100 }
    #expect(dark.count > 200)
  }

  @Test("A PDF embeds its fonts and has no time stamp of now")
  func pdf() throws {
    let bytes = try figure.render(as: .pdf, metadata: metadata)
    #expect(bytes.starts(with: Array("%PDF-".utf8)))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("/FontFile") && text.contains("/BaseFont"))
    // Cairo 1.16 leaves out the D: that later versions write.
    #expect(text.contains("20000101000000"))
    #expect(text.contains("%%EOF"))
  }

  @Test("An SVG is well-formed, keeps every word as text, and describes itself")
  func svg() throws {
    var figure = figure
    figure.title = "a < b & \"c\" \u{1} > d"
    let bytes = try figure.render(as: .svg, width: 3.3, metadata: metadata + [("x<y", "]]>&")])
    let document = try XMLDocument(data: Data(bytes))
    let root = try #require(document.rootElement())
    #expect(root.name == "svg")
    let drawing = try figure.drawing(width: 3.3)
    let box = try #require(try root.nodes(forXPath: "/*/@viewBox").first?.stringValue)
    #expect(box == "0 0 237.6 \(Decimal.coordinate(drawing.height))")
    let words = try root.nodes(forXPath: "//*[local-name()='text']").compactMap(\.stringValue)
    #expect(words == drawing.texts.map(\.text))
    #expect(words.contains("a < b & \"c\"   > d"))
    #expect(try root.nodes(forXPath: "/*/*[local-name()='title']").count == 1)
    #expect(try root.nodes(forXPath: "/*/*[local-name()='desc']").first?.stringValue?.contains("Relative log") == true)
    #expect(try root.nodes(forXPath: "//*[local-name()='metadata']//*[local-name()='dd']").count == 4)
    let references = try root.nodes(forXPath: "//@clip-path").compactMap(\.stringValue)
    let names = Set(try root.nodes(forXPath: "//@id").compactMap(\.stringValue))
    #expect(!references.isEmpty && references.allSatisfy { names.contains(String($0.dropFirst(5).dropLast())) })
  }

  @Test("Two figures on one page have no clip path of the same name")
  func names() throws {
    func names(_ figure: Figure) throws -> Set<String> {
      let root = try XMLDocument(data: Data(try figure.render(as: .svg))).rootElement()
      return Set(try #require(root).nodes(forXPath: "//@id").compactMap(\.stringValue))
    }
    let (first, second) = (try names(DemoFigures.depth), try names(DemoFigures.spectrum))
    #expect(!first.isEmpty && first.isDisjoint(with: second))
  }

  @Test("Palettes: sequential colours grow lighter, categories differ for every reader")
  func palettes() {
    func luminance(_ color: Color) -> Double { 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue }
    let shades = Palette.sequence(14).map(luminance)
    #expect(zip(shades, shades.dropFirst()).allSatisfy { $1 - $0 > 0.01 })
    #expect(Palette.sequence(1).count == 1 && Palette.sequence(0).isEmpty)
    #expect(Palette.category(-1) == Palette.categories.last)
  }
}

/// The chunks of a PNG, read without any library.
struct PNGChunks {
  let all: [(name: String, data: [UInt8])]

  init(_ bytes: [UInt8]) {
    var all: [(String, [UInt8])] = []
    var next = 8
    while next + 12 <= bytes.count {
      let length = Self.number(bytes, at: next)
      guard next + 12 + length <= bytes.count else { break }
      let name = String(decoding: bytes[(next + 4)..<(next + 8)], as: UTF8.self)
      all.append((name, Array(bytes[(next + 8)..<(next + 8 + length)])))
      next += 12 + length
    }
    self.all = all
  }

  var names: [String] { all.map(\.name) }

  subscript(name: String) -> [[UInt8]] { all.filter { $0.name == name }.map(\.data) }

  /// A big-endian number of four bytes.
  static func number(_ bytes: [UInt8], at start: Int) -> Int {
    bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
