import Foundation
import Testing

@Suite("mff-inspect plot")
struct PlotCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (name, against) in [("a", "frequency"), ("d", "depth")] {
      let run = try Program.run(
        [
          "frequency", GoldenFiles.frequency("timm-vit.safetensors"), "--heads", "3", "--images",
          GoldenFiles.frequency("images-56x56.safetensors"), "--positions", "subblock", "--against", against, "-o",
          "\(name).png", "--title", "T", "--width", "3.3", "--dpi", "100", "-q",
        ], in: folder)
      try #require(run.status == 0, "\(run.errors)")
    }
  }

  private func bytes(_ name: String) throws -> [UInt8] { try folder.bytes(name) }

  @Test("Redraws the very file that frequency drew, against either axis", arguments: ["a", "d"])
  func identical(_ name: String) throws {
    let run = try Program.run(["plot", "\(name).json", "-o", "again.png"], in: folder)
    #expect(run.status == 0 && run.output.isEmpty && run.errors == "wrote again.png\n")
    #expect(try bytes("again.png") == bytes("\(name).png"))
    #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("again.json").path))
  }

  @Test("Draws PDF and SVG with their numbers, and takes a result from standard input")
  func formats() throws {
    let run = try Program.run(["plot", "a.json", "-o", "a.pdf", "--csv", "-q"], in: folder)
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(try bytes("a.pdf").starts(with: Array("%PDF".utf8)))
    #expect(try bytes("a.csv").starts(with: Array("name,layer,band".utf8)))
    #expect(try Program.run(["plot", "d.json", "-o", "d.svg", "--against", "frequency"], in: folder).status == 0)
    let drawing = String(decoding: try bytes("d.svg"), as: UTF8.self)
    #expect(drawing.contains("<text") && drawing.contains("Frequency"))
    #expect(try Program.run(["plot", "-", "-o", "piped.png"], in: folder, redirection: "<a.json").status == 0)
    #expect(try bytes("piped.png") == bytes("a.png"))
  }

  @Test("Several results need no computing to share a figure, named by their command")
  func several() throws {
    let run = try Program.run(["plot", "a.json", "d.json"], in: folder)
    #expect(run.status == 0 && run.errors == "wrote frequency.png\n")
  }

  @Test("Refuses a mix with status 1, wrong usage with 64, and leaves no file")
  func refusals() throws {
    try Data(#"{"command": "weights"}"#.utf8).write(to: folder.url.appendingPathComponent("w.json"))
    let mix = try Program.run(["plot", "a.json", "w.json", "-o", "x.png"], in: folder)
    #expect(mix.status == 1 && mix.errors.contains("one command at a time"))
    #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("x.png").path))
    #expect(try Program.run(["plot", "a.json", "-o", "x.bmp"], in: folder).status == 64)
    #expect(try Program.run(["plot", "a.json", "--dpi", "1"], in: folder).status == 64)
    #expect(try Program.run(["plot"], in: folder).status == 64)
    let last = ["frequency", "x.pth", "--layers", "last", "--against", "depth"]
    #expect(try Program.run(last, in: folder).status == 64)
  }
}
