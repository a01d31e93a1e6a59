import Figures
import Foundation
import Testing

@Suite("Demonstration")
struct DemoTests {
  /// `FIGURES_DEMO=folder swift test --filter FiguresTests` writes every figure in every size and format, to look at.
  @Test("Every figure is drawn at every width in every format", arguments: DemoFigures.all.map(\.name))
  func drawsAll(name: String) throws {
    let figure = try #require(DemoFigures.all.first { $0.name == name }?.figure)
    let folder = ProcessInfo.processInfo.environment["FIGURES_DEMO"].map { URL(fileURLWithPath: $0) }
    for (suffix, width) in [("default", nil), ("3.3in", 3.3), ("6.8in", 6.8)] as [(String, Double?)] {
      for (ending, format) in [("png", .png(dpi: 150)), ("pdf", .pdf), ("svg", .svg)] as [(String, FigureFormat)] {
        let bytes = try figure.render(
          as: format, width: width, metadata: [("Software", "demo"), ("Command", "draw \(name)")])
        #expect(bytes.count > 1000)
        if let folder {
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
          try Data(bytes).write(to: folder.appendingPathComponent("\(name)-\(suffix).\(ending)"))
        }
      }
    }
  }
}
