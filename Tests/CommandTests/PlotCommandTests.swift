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

  @Test("--name renames checkpoints in order; too many are refused with those that there are")
  func names() throws {
    let run = try Program.run(
      ["plot", "a.json", "d.json", "--name", "First & only", "-o", "x.svg", "--csv"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(String(decoding: try bytes("x.svg"), as: UTF8.self).contains("First &amp; only"))
    let names = Set(
      String(decoding: try bytes("x.csv"), as: UTF8.self).split(separator: "\n").dropFirst().map {
        String($0.prefix { $0 != "," })
      })
    #expect(names.count == 2 && names.contains("First & only"), "\(names)")
    let refused = try Program.run(["plot", "a.json", "--name", "a", "--name", "b"], in: folder)
    #expect(refused.status == 1 && refused.errors.contains("--name is given 2 times, the results show 1: timm-vit"))
  }

  @Test("--no-caption leaves the words out of the figure and prints them, here and where the figure is first drawn")
  func caption() throws {
    let whole = try Program.run(["plot", "a.json", "-o", "whole.svg"], in: folder)
    let bare = try Program.run(["plot", "a.json", "-o", "bare.svg", "--no-caption"], in: folder)
    #expect(whole.status == 0 && bare.status == 0 && whole.output.isEmpty && !bare.output.isEmpty, "\(bare.errors)")
    func drawn(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
    let beginning = String(bare.output.split(separator: " ").prefix(3).joined(separator: " "))
    #expect(try drawn("whole.svg").contains(beginning) && !drawn("bare.svg").contains(beginning), "\(beginning)")
    let first = try Program.run(
      [
        "frequency", GoldenFiles.frequency("timm-vit.safetensors"), "--heads", "3", "--images",
        GoldenFiles.frequency("images-56x56.safetensors"), "--positions", "subblock", "-o", "n.svg", "--title", "T",
        "--width", "3.3", "--no-caption", "-q",
      ], in: folder)
    #expect(first.status == 0 && first.output.hasSuffix(bare.output), "\(first.errors)")
    // plot draws it as it was drawn, unless told otherwise.
    #expect(try Program.run(["plot", "n.json", "-o", "again.svg"], in: folder).output == bare.output)
    #expect(try Program.run(["plot", "n.json", "-o", "again.svg", "--caption"], in: folder).output.isEmpty)
  }

  @Test("--height makes the page as high as it says", arguments: [2.0, 3.5])
  func height(_ inches: Double) throws {
    let run = try Program.run(["plot", "a.json", "-o", "h.svg", "--height", "\(inches)"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let points = inches * 72
    let drawing = String(decoding: try bytes("h.svg"), as: UTF8.self)
    #expect(
      drawing.contains("height=\"\(Int(points))pt\"") || drawing.contains("height=\"\(Int(points))\""),
      "\(drawing.prefix(300))")
    let refused = try Program.run(["plot", "a.json", "--height", "0.5"], in: folder)
    #expect(refused.status == 64 && refused.errors.contains("--height must lie"))
  }

  @Test("A height that leaves the plots no room is refused with the nearest, which is drawn") func lowest() throws {
    let refused = try Program.run(["plot", "a.json", "-o", "low.svg", "--height", "1"], in: folder)
    #expect(refused.status == 1 && refused.errors.contains("the nearest is"), "\(refused.errors)")
    let nearest = try #require(refused.errors.firstMatch(of: #/the nearest is ([0-9.]+) in/#)).output.1
    let drawn = try Program.run(["plot", "a.json", "-o", "low.svg", "--height", String(nearest)], in: folder)
    #expect(drawn.status == 0, "\(drawn.errors)")
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
