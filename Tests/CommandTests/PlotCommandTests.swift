import Foundation
import Testing

@Suite("mff-inspect plot")
struct PlotCommandTests {
  private let folder: URL

  init() throws {
    folder = try temporaryFolder()
    for (name, against) in [("a", "frequency"), ("d", "depth")] {
      let run = try DescribePlotRun(
        [
          "frequency", goldenCheckpoint("frequency/timm-vit.safetensors"), "--heads", "3", "--images",
          goldenCheckpoint("frequency/images-56x56.safetensors"), "--positions", "subblock", "--against", against, "-o",
          "\(name).png", "--title", "T", "--width", "3.3", "--dpi", "100", "-q",
        ], in: folder)
      try #require(run.status == 0, "\(run.messages)")
    }
  }

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }

  @Test("Redraws the very file that frequency drew, against either axis", arguments: ["a", "d"])
  func identical(_ name: String) throws {
    let run = try DescribePlotRun(["plot", "\(name).json", "-o", "again.png"], in: folder)
    #expect(run.status == 0 && run.output.isEmpty && run.messages == "wrote again.png\n")
    #expect(try bytes("again.png") == bytes("\(name).png"))
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("again.json").path))
  }

  @Test("Draws PDF and SVG with their numbers, and takes a result from standard input")
  func formats() throws {
    let run = try DescribePlotRun(["plot", "a.json", "-o", "a.pdf", "--csv", "-q"], in: folder)
    #expect(run.status == 0 && run.messages.isEmpty)
    #expect(try bytes("a.pdf").starts(with: Data("%PDF".utf8)))
    #expect(try bytes("a.csv").starts(with: Data("name,layer,band".utf8)))
    #expect(try DescribePlotRun(["plot", "d.json", "-o", "d.svg", "--against", "frequency"], in: folder).status == 0)
    let drawing = String(decoding: try bytes("d.svg"), as: UTF8.self)
    #expect(drawing.contains("<text") && drawing.contains("Frequency"))
  }

  @Test("Several results need no computing to share a figure, named by their command")
  func several() throws {
    let run = try DescribePlotRun(["plot", "a.json", "d.json"], in: folder)
    #expect(run.status == 0 && run.messages == "wrote frequency.png\n")
  }

  @Test("Refuses a mix with status 1, wrong usage with 64, and leaves no file")
  func refusals() throws {
    try Data(#"{"command": "weights"}"#.utf8).write(to: folder.appendingPathComponent("w.json"))
    let mix = try DescribePlotRun(["plot", "a.json", "w.json", "-o", "x.png"], in: folder)
    #expect(mix.status == 1 && mix.messages.contains("one command at a time"))
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("x.png").path))
    #expect(try DescribePlotRun(["plot", "a.json", "-o", "x.bmp"], in: folder).status == 64)
    #expect(try DescribePlotRun(["plot", "a.json", "--dpi", "1"], in: folder).status == 64)
    #expect(try DescribePlotRun(["plot"], in: folder).status == 64)
    let last = ["frequency", "x.pth", "--layers", "last", "--against", "depth"]
    #expect(try DescribePlotRun(last, in: folder).status == 64)
  }
}
