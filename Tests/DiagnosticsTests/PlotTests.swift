import Diagnostics
import Figures
import Foundation
import Testing

/// Results computed once for all tests here.
private enum Sample {
  static func result(_ name: String) throws -> FrequencyResult {
    let item = try #require(GoldenCase.all(in: "frequency").first { $0.name == name })
    return try item.diagnosis(in: "frequency").run()
  }
}

@Suite("Results drawn again")
struct PlotTests {
  private let folder: TemporaryFolder
  private let subblock: FrequencyResult

  init() throws {
    folder = try TemporaryFolder()
    subblock = try Sample.result("timm-vit-subblock")
  }

  private func write(_ result: FrequencyResult, to name: String) throws -> String {
    try Data(try encodeResult(result)).write(to: URL(fileURLWithPath: folder.path(name)))
    return folder.path(name)
  }

  private func plot(_ files: [String], _ settings: DrawingSettings = DrawingSettings()) throws -> PlottedResults {
    try ResultReader.plot(files, settings: settings, arguments: ["plot"])
  }

  @Test(
    "A result's file gives the bytes of the figure that its command drew, in every format",
    arguments: FigureAbscissa.allCases)
  func roundTrip(_ against: FigureAbscissa) throws {
    var result = subblock
    result.drawing = DrawingSettings(title: "A title", width: 3.3, dpi: 200, against: against)
    let plotted = try plot([write(result, to: "a.json")])
    let settings = try #require(result.drawing)
    #expect(plotted.settings == settings && plotted.csv == result.csv && plotted.command == "frequency")
    for format in [FigureFormat.png(dpi: 200), .pdf, .svg] {
      let own = try result.figure(settings).render(as: format, width: settings.width, metadata: result.metadata)
      let again = try plotted.figure.render(as: format, width: plotted.settings.width, metadata: plotted.metadata)
      #expect(own == again)
    }
  }

  @Test("Options change the title, the size and the axis of a stored figure")
  func options() throws {
    var result = subblock
    result.drawing = DrawingSettings(title: "Old", width: 3.3, dpi: 200, against: .frequency)
    let plotted = try plot(
      [write(result, to: "a.json")], DrawingSettings(title: "New", width: 6.8, against: .depth))
    #expect(plotted.settings == DrawingSettings(title: "New", width: 6.8, dpi: 200, against: .depth))
    #expect(plotted.figure.title == "New")
  }

  @Test("Several results share a figure, and equal names are told apart by their files")
  func joint() throws {
    let files = [try write(subblock, to: "one.json"), try write(subblock, to: "two.json")]
    let plotted = try plot(files)
    #expect(plotted.figure.panels.map(\.title) == ["timm-vit.safetensors (one)", "timm-vit.safetensors (two)"])
    #expect(plotted.remarks.isEmpty)
    #expect(plotted.csv.split(separator: "\n").count == 1 + 2 * subblock.models[0].layers.count * 7)
    #expect(plotted.metadata.first { $0.0 == "Command" }?.1 == "mff-inspect plot")
  }

  @Test(
    "A figure against depth places the embedding at 0, each attention half a block before its block, the last block at 1"
  )
  func depth() throws {
    let model = subblock.models[0]
    let depth = try #require(model.checkpoint.architecture).depth
    let figure = try subblock.depthFigure()
    let curves = figure.panels[0].marks.compactMap { mark -> Curve? in
      guard case .curve(let curve) = mark else { return nil }
      return curve
    }
    #expect(curves.count == 1)
    // 25 places for 12 blocks.
    #expect(curves[0].points.map(\.x) == (0...(2 * depth)).map { Double($0) / Double(2 * depth) })
    let onTheWay = model.layers.filter { $0.layer != "norm" }
    #expect(curves[0].points.map(\.y) == onTheWay.compactMap(\.relativeLogAmplitude.last))
    let shadings = figure.panels[0].marks.compactMap { mark -> Shading? in
      guard case .shading(let shading) = mark else { return nil }
      return shading
    }
    #expect(shadings.map(\.label) == ["Attention", "MLP"])
    #expect(shadings[0].stretches.first == 0...(0.5 / Double(depth)))
  }

  @Test("Without subblocks a figure against depth has a place for each block and no shading")
  func depthOfBlocks() throws {
    let result = try Sample.result("timm-vit")
    let depth = try #require(result.models[0].checkpoint.architecture).depth
    let marks = try result.depthFigure().panels[0].marks
    #expect(marks.count == 1)
    guard case .curve(let curve) = marks[0] else { throw CocoaError(.featureUnsupported) }
    let depths = (0...depth).map { Double($0) / Double(depth) }
    #expect(curve.points.map(\.x) == depths)
  }

  @Test("A single layer has no depth to be drawn against")
  func singleLayer() throws {
    var result = subblock
    result.models[0].layers.removeAll { $0.layer != "0" }
    let file = try write(result, to: "a.json")
    #expect(throws: PlotError.tooFewDepths(model: "timm-vit.safetensors", found: 1)) {
      try plot([file], DrawingSettings(against: .depth))
    }
  }

  // MARK: Refusals

  @Test("Results of different commands are refused")
  func mixed() throws {
    let file = try write(subblock, to: "a.json")
    try folder.write(#"{"command": "hessian"}"#, to: "h.json")
    #expect(
      throws: PlotError.mixedCommands(
        file: folder.path("h.json"), command: "hessian", first: file, firstCommand: "frequency")
    ) { try plot([file, folder.path("h.json")]) }
  }

  @Test("Different grids and different paths are refused, different images remarked")
  func incompatible() throws {
    let file = try write(subblock, to: "a.json")
    let small = try write(try Sample.result("timm-vit-resized-down"), to: "small.json")
    let message = #expect(throws: PlotError.self) { try plot([file, small]) }
    #expect(message?.description.contains("14 × 14 and 9 × 9") == true)
    let radial = try write(try Sample.result("mae-zip-radial"), to: "radial.json")
    let paths = #expect(throws: PlotError.self) { try plot([file, radial]) }
    #expect(paths?.description.contains("radial") == true)
    var other = subblock
    other.images?.digest = "0"
    #expect(try plot([file, write(other, to: "other.json")]).remarks.count == 1)
  }

  @Test(
    "Files that hold no result are refused with what is wrong",
    arguments: [
      ("", "no valid JSON"), ("[1]", "no object"), ("{}", "it has no command"),
      (#"{"command": "describe"}"#, "have no figure"), (#"{"command": "frequency"}"#, "it has no version"),
    ])
  func noResult(_ text: String, _ words: String) throws {
    try folder.write(text, to: "x.json")
    let error = #expect(throws: PlotError.self) { try plot([folder.path("x.json")]) }
    #expect(error?.description.contains(words) == true, "\(error.map(String.init(describing:)) ?? "")")
  }

  @Test("Lists whose lengths do not agree are refused, not drawn")
  func inconsistent() throws {
    var changes: [FrequencyResult] = Array(repeating: subblock, count: 5)
    changes[0].models = []
    changes[1].models[0].frequencies.removeLast()
    changes[2].models[0].layers[3].relativeLogAmplitude.append(0)
    changes[3].models[0].layers[0].standardError = [-1, 0, 0, 0, 0, 0, 0]
    changes[4].models[0].checkpoint.architecture?.depth = 0
    for (index, change) in changes.enumerated() {
      let file = try write(change, to: "\(index).json")
      let error = #expect(throws: PlotError.self) { try plot([file]) }
      guard case .inconsistent? = error else {
        Issue.record("change \(index) gave \(error.map(String.init(describing:)) ?? "a figure")")
        continue
      }
    }
  }
}
