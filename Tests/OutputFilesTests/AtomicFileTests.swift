import Foundation
import OutputFiles
import Testing

@Suite("Files that appear whole")
struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("A file holds exactly the bytes, and nothing else is left in the folder") func whole() throws {
    // Longer than a pipe's or page cache's piece, so that a write in parts would show.
    let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    try AtomicFile.write(bytes, to: folder.path("a.bin"))
    #expect([UInt8](try Data(contentsOf: folder.url.appendingPathComponent("a.bin"))) == bytes)
    try AtomicFile.write([], to: folder.path("empty"))
    #expect(try folder.read("empty") == "")
    #expect(try folder.entries() == ["a.bin", "empty"])
  }

  @Test("A file that was there is replaced and hands on its permissions") func replaced() throws {
    try folder.write("old and longer", to: "a.txt")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("a.txt"))
    try AtomicFile.write(Array("new".utf8), to: folder.path("a.txt"))
    #expect(try folder.read("a.txt") == "new")
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a.txt"))
    #expect(attributes[.posixPermissions] as? Int == 0o640)
  }

  @Test("A name as long as the system allows is written") func longName() throws {
    let name = String(repeating: "n", count: 255)
    try AtomicFile.write([1], to: folder.path(name))
    #expect(try folder.entries() == [name])
  }

  @Test("A link is followed, not replaced") func link() throws {
    try folder.write("old", to: "target")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "target")
    try AtomicFile.write(Array("new".utf8), to: folder.path("link"))
    #expect(try folder.read("target") == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "target")
  }

  /// The device stands behind a link so that a mistake would replace the link, not the device.
  @Test("A full device is refused with the system's reason, and stays a device") func device() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path("full"), withDestinationPath: "/dev/full")
    #expect(throws: OutputError.unwritable(path: folder.path("full"), reason: "No space left on device")) {
      try AtomicFile.write([1, 2, 3], to: folder.path("full"))
    }
    #expect(try folder.entries() == ["full"])
  }

  @Test("A missing folder, a folder in the file's place and a read-only file are refused before anything is written")
  func refusals() throws {
    #expect(throws: OutputError.missingFolder(path: folder.path("no/a"))) { try AtomicFile.check(folder.path("no/a")) }
    #expect(throws: OutputError.missingFolder(path: folder.path("no/a"))) {
      try AtomicFile.write([1], to: folder.path("no/a"))
    }
    try FileManager.default.createDirectory(atPath: folder.path("b"), withIntermediateDirectories: false)
    #expect(throws: OutputError.unwritable(path: folder.path("b"), reason: "it is a folder")) {
      try AtomicFile.write([1], to: folder.path("b"))
    }
    try folder.write("file", to: "c")
    #expect(throws: OutputError.missingFolder(path: folder.path("c/d"))) { try AtomicFile.check(folder.path("c/d")) }
    #expect(try folder.entries() == ["b", "c"])
  }

  @Test("Permissions are respected", .enabled(if: getuid() != 0, "root may write everywhere"))
  func permissions() throws {
    try folder.write("kept", to: "a.txt")
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.path("a.txt"))
    #expect(throws: OutputError.unwritable(path: folder.path("a.txt"), reason: "Permission denied")) {
      try AtomicFile.write([1], to: folder.path("a.txt"))
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
    #expect(throws: OutputError.self) { try AtomicFile.write([1], to: folder.path("new.txt")) }
    #expect(try folder.read("a.txt") == "kept")
  }

  @Test("Of files that belong together none changes when one cannot be written") func together() throws {
    try folder.write("old", to: "a.json")
    #expect(throws: OutputError.missingFolder(path: folder.path("no/a.png"))) {
      try AtomicFile.write([
        .init(path: folder.path("a.json"), bytes: [1]), .init(path: folder.path("a.csv"), bytes: [2]),
        .init(path: folder.path("no/a.png"), bytes: [3]),
      ])
    }
    #expect(try folder.read("a.json") == "old")
    #expect(try folder.entries() == ["a.json"])
  }

  @Test("A file in pieces of any size holds them in order; when making them fails the old file stays") func pieces()
    throws
  {
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try AtomicFile.write(to: folder.path("a.bin")) { (file) throws(OutputError) in
      var start = 0
      // Around the sink's own capacity of 1 MB, and tiny.
      for count in [1, 7, 1 << 20, 3, (1 << 20) + 1, 500_000, 0] {
        unsafe try file.append(bytes.span.extracting(start..<start + count).bytes)
        start += count
      }
      unsafe try file.append(bytes.span.extracting(start..<bytes.count).bytes)
    }
    #expect(try Array(Data(contentsOf: folder.url.appendingPathComponent("a.bin"))) == bytes)
    #expect(throws: OutputError.unknownFormat(path: "x")) {
      try AtomicFile.write(to: folder.path("a.bin")) { (file) throws(OutputError) in
        unsafe try file.append(bytes.span.bytes)
        throw .unknownFormat(path: "x")
      }
    }
    #expect(try Array(Data(contentsOf: folder.url.appendingPathComponent("a.bin"))) == bytes)
    #expect(try folder.entries() == ["a.bin"])
  }
}
