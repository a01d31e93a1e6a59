import Figures
import Foundation
import Hessian
import Testing

@testable import Diagnostics

@Suite("Hessian spectra as figures")
struct HessianDrawingTests {
  /// `HESSIAN_FIGURES=folder swift test --filter HessianDrawingTests` writes every figure to look at.
  @Test("Every kind of result is drawn at every width in every format", arguments: SampleSpectra.all.map(\.name))
  func drawsAll(name: String) throws {
    let result = try #require(SampleSpectra.all.first { $0.name == name }?.result)
    #expect(result.inconsistency == nil)
    let figure = try result.figure(DrawingSettings())
    let folder = ProcessInfo.processInfo.environment["HESSIAN_FIGURES"].map { URL(fileURLWithPath: $0) }
    for (suffix, width) in [("default", nil), ("3.3in", 3.3)] as [(String, Double?)] {
      for (ending, format) in [("png", .png(dpi: 150)), ("pdf", .pdf), ("svg", .svg)] as [(String, FigureFormat)] {
        let bytes = try figure.render(as: format, width: width, metadata: result.metadata)
        #expect(bytes.count > 1000)
        if let folder, ending == "png" {
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
          try Data(bytes).write(to: folder.appendingPathComponent("\(name)-\(suffix).\(ending)"))
        }
      }
    }
    if let folder { try Data(result.table.utf8).write(to: folder.appendingPathComponent("\(name).txt")) }
  }

  private func sample(_ name: String) throws -> HessianResult {
    try #require(SampleSpectra.all.first { $0.name == name }?.result)
  }

  // MARK: What figures show

  @Test("Each checkpoint has its density, its values as strokes, and its mean with interval, in one colour")
  func marks() throws {
    let result = try sample("usual")
    let panel = try result.figure(DrawingSettings()).panels[0]
    for (index, model) in result.models.enumerated() {
      let summary = try #require(model.details.summary)
      let color = Palette.category(index)
      let rugs = panel.marks.compactMap { if case .rug(let rug) = $0 { rug } else { nil } }
      #expect(rugs[index].values == model.details.batches?.flatMap { $0.eigenvalues.map(\.value) })
      #expect(rugs[index].color == color && rugs[index].lane == index)
      let means = panel.marks.compactMap { if case .interval(let mean) = $0 { mean } else { nil } }
      #expect(means[index].value == summary.mean)
      #expect(means[index].interval.map { [$0.lowerBound, $0.upperBound] } == summary.meanInterval)
      let areas = panel.marks.compactMap { if case .area(let area) = $0 { area } else { nil } }
      #expect(areas[index].label == model.checkpoint.name && areas[index].color == color)
      // The grid ends 3.5 bandwidths beyond the values: 2e-4 of a Gaussian on each side at most.
      let points = areas[index].points
      let mass = zip(points, points.dropFirst()).reduce(0) { $0 + ($1.1.x - $1.0.x) * ($1.1.y + $1.0.y) / 2 }
      #expect(abs(mass - 1) < 1e-3)
    }
  }

  @Test("The bandwidth stated is that of the density drawn")
  func bandwidth() throws {
    let figure = try SampleSpectra.result([SampleSpectra.model("MAE", SampleSpectra.batches(8, SampleSpectra.maeTops))])
      .figure(DrawingSettings())
    let values = SampleSpectra.batches(8, SampleSpectra.maeTops).map { $0.eigenvalues.map(\.value) }
    let bandwidth = try #require(KernelDensity.bandwidth(for: values))
    #expect(figure.note?.contains("Gaussian kernel, bandwidth \(HessianResult.short(bandwidth)).") == true)
    #expect(figure.note?.contains("8 batches of 16 images") == true && figure.note?.contains("power iteration") == true)
  }

  @Test("Few values are shown batch by batch, and very few or equal ones without a density")
  func few() throws {
    func labels(_ name: String) throws -> [String?] {
      try sample(name).figure(DrawingSettings()).panels.map(\.y.label)
    }
    #expect(try labels("usual") == ["Density"])
    #expect(try labels("few") == ["Density", "Batch"])
    #expect(
      try labels("single-value") == ["Batch"] && labels("single-batch") == ["Batch"] && labels("equal") == ["Batch"])
    #expect(try sample("equal").figure(DrawingSettings()).note?.contains("bandwidth") == false)
  }

  @Test(
    "Values that have not settled are rings with the interval that holds an eigenvalue",
    arguments: ["unsettled", "unsettled-few"])
  func rings(name: String) throws {
    let result = try sample(name)
    let figure = try result.figure(DrawingSettings())
    let rings = figure.panels.flatMap(\.marks).compactMap { mark -> Points? in
      if case .points(let points) = mark, points.marker == .ring { points } else { nil }
    }
    let open = try #require(result.models[1].details.batches).flatMap(\.eigenvalues).filter { !$0.converged }
    for points in rings {
      #expect(points.items.map(\.at.x) == open.map(\.value))
      #expect(points.items.map { $0.horizontal?.upperBound } == open.map { $0.value + $0.bound })
    }
    #expect(rings.count == figure.panels.count)
    #expect(figure.note?.contains("Rings: 3 values that have not settled") == true)
  }

  @Test("Negative eigenvalues get a line at 0; positive ones none")
  func zero() throws {
    func hasRule(_ name: String) throws -> Bool {
      try sample(name).figure(DrawingSettings()).panels[0].marks.contains { if case .rule = $0 { true } else { false } }
    }
    #expect(try hasRule("both-signs") && !hasRule("usual"))
  }

  @Test("Blocks stand along depth, each with every value and the mean of its own")
  func blocks() throws {
    let result = try sample("blocks")
    let panel = try result.figure(DrawingSettings()).panels[0]
    #expect(panel.x.ticks == .categories((0..<12).map(String.init)))
    let curves = panel.marks.compactMap { if case .curve(let curve) = $0 { curve } else { nil } }
    #expect(curves.map(\.label) == ["MAE", "MFF"])
    for (curve, model) in zip(curves, result.models) {
      // Sums of twenty values in another order: rounding only.
      let means = try #require(model.details.blocks).map(\.summary.mean)
      #expect(zip(curve.points.map(\.y), means).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect(curve.points.map { Int($0.x.rounded()) } == Array(0..<12))
    }
    let points = panel.marks.compactMap { if case .points(let points) = $0 { points.items.count } else { nil } }
    #expect(points == [12 * 4 * 5, 12 * 4 * 5])
  }

  @Test("Blocks that differ by orders show |λ| on a logarithmic axis, negative values as triangles")
  func wideBlocks() throws {
    let result = try sample("blocks-wide")
    let figure = try result.figure(DrawingSettings())
    #expect(figure.panels[0].y.scale == .logarithmic && figure.note?.contains("triangles negative ones") == true)
    let points = figure.panels[0].marks.compactMap { if case .points(let points) = $0 { points } else { nil } }
    #expect(points.map(\.marker) == [.circle, .triangle, .circle, .triangle])
    // One of five values of each batch is negative.
    #expect(points.map(\.items.count) == [192, 48, 192, 48])
    let curves = figure.panels[0].marks.compactMap { if case .curve(let curve) = $0 { curve } else { nil } }
    for (curve, model) in zip(curves, result.models) {
      // Sums of twenty values in another order: rounding only.
      let means = try #require(model.details.blocks).map(\.summary.meanMagnitude)
      #expect(zip(curve.points.map(\.y), means).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test(
    "The density of the whole spectrum stands on a logarithmic axis, with the foremost values below and its bandwidth in the note"
  )
  func density() throws {
    let figure = try sample("density").figure(DrawingSettings())
    #expect(figure.panels.count == 2 && figure.panels[1].y.scale == .logarithmic && figure.sharesX)
    #expect(figure.note?.contains("widened to a Gaussian of deviation") == true)
    let rugs = figure.panels[1].marks.compactMap { if case .rug(let rug) = $0 { rug.values.count } else { nil } }
    #expect(rugs == [40, 40])
    #expect(try sample("blocks-density").figure(DrawingSettings()).panels.count == 3)
  }

  // MARK: Results read again

  private func write(_ result: HessianResult, to name: String, in folder: TemporaryFolder) throws -> String {
    try Data(try encodeResult(result)).write(to: URL(fileURLWithPath: folder.path(name)))
    return folder.path(name)
  }

  @Test(
    "A result's file gives the figure that its command drew",
    arguments: ["usual", "blocks-density", "density", "unsettled"])
  func roundTrip(name: String) throws {
    let folder = try TemporaryFolder()
    var result = try sample(name)
    result.drawing = DrawingSettings(title: "A title", width: 5)
    let plotted = try ResultReader.plot(
      [write(result, to: "a.json", in: folder)], settings: DrawingSettings(), arguments: ["plot"])
    #expect(plotted.command == "hessian" && plotted.csv == result.csv && plotted.remarks.isEmpty)
    #expect(try plotted.figure == result.figure(DrawingSettings(title: "A title")))
  }

  private func joined(_ first: HessianResult, _ second: HessianResult) throws -> (HessianResult, remarks: [String]) {
    let both = [(file: "x/one.json", result: first), (file: "y/two.json", result: second)]
    return (try HessianResult.joining(both), HessianResult.remarks(on: both))
  }

  private var mae: HessianResult {
    SampleSpectra.result([SampleSpectra.model("MAE", SampleSpectra.batches(4, SampleSpectra.maeTops))])
  }

  private var mff: HessianResult {
    SampleSpectra.result([SampleSpectra.model("MFF", SampleSpectra.batches(4, SampleSpectra.mffTops))])
  }

  @Test("Two results about the same batches are compared as if one command had computed both")
  func joining() throws {
    let (joint, remarks) = try joined(mae, mff)
    let together = SampleSpectra.result(mae.models + mff.models)
    #expect(joint.models == together.models && joint.comparison == together.comparison)
    #expect(joint.inconsistency == nil && joint.subject == mae.subject)
    #expect(joint.comparison != nil && remarks.isEmpty)
  }

  @Test("Results on other images or masks are drawn together, but not compared, and that is remarked")
  func otherImages() throws {
    var changes = Array(repeating: mff, count: 4)
    changes[0].images.digest = "others"
    changes[1].seed = 1
    changes[2].settings.batchSize = 8
    changes[3].settings.top = 3
    for change in changes {
      let (joint, remarks) = try joined(mae, change)
      #expect(joint.models.count == 2 && joint.comparison == nil && remarks.count == 1)
      #expect(joint.inconsistency == nil)
    }
    var other = changes[2]
    other.settings.solver = .lanczos
    let note = try joined(mae, other).0.figure(DrawingSettings()).note
    #expect(note?.contains("batches of 8 to 16 images") == true && note?.contains("power iteration or Lanczos") == true)
    #expect(try joined(mae, changes[2]).remarks[0].hasSuffix("differ in batch size (8 and 16)"))
  }

  @Test("Eigenvalues of another kind are refused")
  func incompatible() throws {
    var changes = Array(repeating: mff, count: 5)
    changes[0].settings.which = .largest
    changes[1].settings.parameters = "encoder"
    changes[2].settings.weightDecay = 0.05
    changes[3].models[0].details.objective = "features"
    changes[4].models[0].details.normPixels = false
    for (change, word) in zip(changes, ["largest value", "encoder", "weight decay", "features", "raw pixels"]) {
      let error = #expect(throws: PlotError.self) { try joined(mae, change) }
      #expect(error?.description.contains(word) == true)
    }
  }

  @Test("Equal names are told apart by file, by path where files are called alike, and by number")
  func names() throws {
    func names(_ one: String, _ two: String) throws -> [String] {
      try HessianResult.joining([(one, mae), (two, mae)]).models.map(\.checkpoint.name)
    }
    #expect(try names("a/one.json", "b/two.json") == ["MAE (one)", "MAE (two)"])
    #expect(try names("a/h.json", "b/h.json") == ["MAE (a/h.json)", "MAE (b/h.json)"])
    #expect(try names("h.json", "h.json") == ["MAE (h.json) #1", "MAE (h.json) #2"])
  }

  @Test("Results that contradict themselves are refused, not drawn")
  func inconsistent() throws {
    var changes = Array(repeating: SampleSpectra.result(mae.models + mff.models), count: 12)
    changes[0].models = []
    changes[1].models[0].details.batches = nil
    changes[2].models[0].details.batches?[0].eigenvalues = []
    changes[3].models[0].details.batches?[1].index = 0
    changes[4].models[0].details.batches?[0].eigenvalues[0].bound = -1
    changes[5].models[0].details.summary?.count = 3
    changes[6].models[0].details.summary?.meanInterval = [1]
    changes[7].models[0].details.density = HessianDensity(eigenvalues: [1, 2], weights: [1], probes: 1, products: 1)
    changes[8].models[0].details.density = HessianDensity(eigenvalues: [1], weights: [-1], probes: 1, products: 1)
    changes[9].models[0] = SampleSpectra.model("blocks", blocks: [SampleSpectra.batches(2, [1])])
    changes[10].comparison?.interval = [2, 1]
    changes[11].models.append(mae.models[0])
    for (index, change) in changes.enumerated() { #expect(change.inconsistency != nil, "change \(index)") }
    var blocks = try sample("blocks")
    blocks.models[0].details.blocks?[1].block = 0
    #expect(blocks.inconsistency?.contains("numbered") == true)
    let folder = try TemporaryFolder()
    let file = try write(changes[7], to: "a.json", in: folder)
    #expect(throws: PlotError.self) {
      try ResultReader.plot([file], settings: DrawingSettings(), arguments: ["plot"])
    }
  }
}
