import Diagnostics
import Figures
import Foundation
import Testing

@Suite("Results as files and figures")
struct ResultFormatTests {
  /// Two real results: everything of one checkpoint whose grid is not square, and the last layers of two.
  private static let results = Result {
    let golden = goldenFolder.appendingPathComponent("frequency")
    func request(_ name: String, _ label: String, heads: Int?) -> CheckpointRequest {
      CheckpointRequest(path: golden.appendingPathComponent(name).path, name: label, options: .init(heads: heads))
    }
    var single = FrequencyDiagnosis(
      checkpoints: [request("timm-vit-oblong.safetensors", "oblong, \"12\"", heads: 3)],
      images: [golden.appendingPathComponent("images-32x24.safetensors").path])
    single.arguments = ["frequency", "Größe.pth"]
    single.seed = .max
    var pair = FrequencyDiagnosis(
      checkpoints: [request("mae-zip.pth", "MAE", heads: 4), request("mff-mmpretrain.pth", "MFF", heads: nil)],
      images: [golden.appendingPathComponent("images-56x56.safetensors").path])
    pair.layers = .last
    return [try single.run(), try pair.run()]
  }

  private func result(_ index: Int) throws -> FrequencyResult { try Self.results.get()[index] }

  @Test("JSON read again is the same result, every bit of every number", arguments: [0, 1])
  func json(index: Int) throws {
    let result = try result(index)
    let bytes = try encodeResult(result)
    #expect(try JSONDecoder().decode(FrequencyResult.self, from: Data(bytes)) == result)
    #expect(try encodeResult(result) == bytes)
  }

  @Test("Absent values are absent, and a value that is not finite is no result") func absent() throws {
    let text = String(decoding: try encodeResult(try result(0)), as: UTF8.self)
    #expect(!text.contains("null") && !text.contains("cropPct") && !text.contains("comparison"))
    var broken = try result(0)
    broken.models[0].layers[0].logAmplitude[0] = .nan
    #expect(throws: EncodingError.self) { try encodeResult(broken) }
  }

  @Test("CSV has a row for each layer and band, with every digit", arguments: [0, 1])
  func csv(index: Int) throws {
    let result = try result(index)
    let lines = result.csv.split(separator: "\n").map(String.init)
    #expect(
      lines[0] == "name,layer,band,frequency,logAmplitude,standardError,relativeLogAmplitude,relativeStandardError")
    let rows = result.models.flatMap { model in
      model.layers.flatMap { layer in layer.logAmplitude.indices.map { (model, layer, $0) } }
    }
    try #require(lines.count == rows.count + 1)
    for (line, (model, layer, band)) in zip(lines.dropFirst(), rows) {
      let name = model.checkpoint.name == "oblong, \"12\"" ? "\"oblong, \"\"12\"\"\"" : model.checkpoint.name
      try #require(line.hasPrefix(name + ","))
      let fields = line.dropFirst(name.count + 1).split(separator: ",", omittingEmptySubsequences: false)
      try #require(fields.count == 7)
      #expect(fields[0] == layer.layer)
      #expect(Int(fields[1]) == band + 1)
      #expect(Double(fields[3]) == layer.logAmplitude[band])
      #expect(Double(fields[4]) == layer.standardError?[band])
      #expect(Double(fields[5]) == layer.relativeLogAmplitude[band])
      #expect(Double(fields[6]) == layer.relativeStandardError?[band])
    }
  }

  @Test("The table has a row for each layer, and lists the differences of two checkpoints") func table() throws {
    let single = try result(0)
    let rows = single.table.split(separator: "\n")
    #expect(rows.count == 2 + single.models[0].layers.count)
    #expect(Set(rows.dropFirst().map(\.count)).count == 1, "columns stand below each other")
    #expect(try result(1).table.contains("MFF − MAE, log amplitude of layer 1 and 3, 95 % interval"))
  }

  @Test("A name cannot break the table") func hostileName() throws {
    var result = try result(0)
    result.models[0].checkpoint.name = "a\u{1B}[2J\nb"
    #expect(result.table.hasPrefix("a\\u{1B}[2J\\u{A}b: relative log amplitude\n"))
  }

  @Test("All layers of a checkpoint are curves of relative log amplitude with a colour bar of the layers")
  func depthFigure() throws {
    let result = try result(0)
    let figure = result.figure(title: "Depth")
    #expect(figure.panels.count == 1)
    #expect(figure.panels[0].marks.count == result.models[0].layers.count)
    let text = String(decoding: try figure.render(as: .svg), as: UTF8.self)
    for word in ["Depth", "Relative log amplitude (ln)", "Frequency", "embedding", "norm"] {
      #expect(text.contains(">\(word)<"), "\(word)")
    }
  }

  @Test("One layer of each of two checkpoints is a curve each by band, and a panel of the difference") func bandFigure()
    throws
  {
    let figure = try result(1).figure()
    #expect(figure.panels.count == 2)
    #expect(figure.panels[0].marks.count == 2)
    let text = String(decoding: try figure.render(as: .svg), as: UTF8.self)
    for word in ["Log amplitude", "Frequency band", "MFF − MAE"] { #expect(text.contains(word), "\(word)") }
  }

  @Test("Both figures render to each format", arguments: [0, 1])
  func formats(index: Int) throws {
    let figure = try result(index).figure()
    #expect(try figure.render(as: .png(dpi: 50)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try figure.render(as: .pdf).starts(with: Array("%PDF".utf8)))
  }
}
