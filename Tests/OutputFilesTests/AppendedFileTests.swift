import Foundation
import OutputFiles
import Testing

@Suite("Files that grow")
struct AppendedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("What is in the file stays until it is cut, and pieces follow each other") func grows() throws {
    try folder.write("old line\nhalf", to: "log")
    do {
      var file = try AppendedFile(folder.path("log"))
      #expect(try folder.read("log") == "old line\nhalf")
      try file.keep(9)
      try file.append(Array("new\n".utf8))
      try file.append(Array("newer\n".utf8))
    }
    #expect(try folder.read("log") == "old line\nnew\nnewer\n")
  }

  @Test("While one writes it another is refused, and neither cuts nor removes it") func oneWriter() throws {
    let path = folder.path("log")
    do {
      var file = try AppendedFile(path)
      try file.append(Array("line\n".utf8))
      #expect(throws: OutputError.beingWritten(path: path)) { try AppendedFile.check(path) }
      #expect(throws: OutputError.beingWritten(path: path)) { _ = try AppendedFile(path).flush() }
      AppendedFile.remove(path)
      #expect(try folder.read("log") == "line\n")
      try file.flush()
    }
    try AppendedFile.check(path)
    AppendedFile.remove(path)
    #expect(try folder.entries().isEmpty)
    try AppendedFile.check(path)
  }
}
