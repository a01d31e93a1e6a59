import Diagnostics
import OutputFiles
import Testing

@Suite("Where a result goes")
struct ResultFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Paths of a result: beside the figure unless told otherwise, and an unknown ending is refused")
  func resultFiles() throws {
    let beside = try ResultFiles(figure: folder.path("f.v2.PNG"), json: nil, csv: true, dpi: 100)
    #expect(beside.json == folder.path("f.v2.json"))
    #expect(beside.csv == folder.path("f.v2.csv"))
    #expect(try ResultFiles(figure: folder.path("f.svg"), json: "-", csv: false, dpi: 100).json == nil)
    #expect(throws: OutputError.unknownFormat(path: "f.gif")) {
      _ = try ResultFiles(figure: "f.gif", json: nil, csv: false, dpi: 100)
    }
    #expect(!ResultFiles.canDraw("png"))
    #expect(ResultFiles.canDraw("a/b.pdf"))
  }
}
