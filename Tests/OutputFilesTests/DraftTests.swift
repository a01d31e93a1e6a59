import Foundation
import OutputFiles
import Testing

@Suite("Drafts that were left behind")
struct DraftTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The name of a draft of this machine, as one that is being written shows it.
  private func ownName() throws -> String {
    var name = ""
    try AtomicFile.write(to: folder.path("probe")) { (_) throws(OutputError) in
      name = ((try? folder.entries()) ?? []).first { $0.hasSuffix(".partial") } ?? ""
    }
    try FileManager.default.removeItem(atPath: folder.path("probe"))
    return name
  }

  /// A folder of its own: a program looks at each only once.
  private func write(in other: TemporaryFolder) throws { try AtomicFile.write([1], to: other.path("a")) }

  @Test("The draft of a program that is gone is removed by the next that writes there, that of a living one stays")
  func deadAndLiving() throws {
    let name = try ownName()
    try #require(name.hasPrefix(".mff-inspect-"))
    let other = try TemporaryFolder()
    let parts = name.split(separator: "-")
    let (dead, living) = (
      ".mff-inspect-\(parts[2])-999999999-1.partial", ".mff-inspect-\(parts[2])-999999998-1.partial"
    )
    try other.write("half", to: dead)
    try other.write("half", to: living)
    let descriptor = open(other.path(living), O_RDWR)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    try write(in: other)
    #expect(try other.entries() == [living, "a"])
  }

  @Test("The draft of another machine stays until it is a day old; what only looks like a draft stays")
  func foreign() throws {
    let (young, old) = (".mff-inspect-00000000-1-1.partial", ".mff-inspect-00000000-1-2.partial")
    try folder.write("half", to: young)
    try folder.write("half", to: old)
    let date = Date(timeIntervalSinceNow: -2 * 86_400)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: folder.path(old))
    let others = [".mff-inspect-notes", "mff-inspect-1-1.partial", "h.json.partial"]
    for name in others { try folder.write("mine", to: name) }
    let (inner, pipe) = (".mff-inspect-00000000-1-3.partial", ".mff-inspect-00000000-1-4.partial")
    try FileManager.default.createDirectory(atPath: folder.path(inner), withIntermediateDirectories: false)
    try #require(mkfifo(folder.path(pipe), 0o600) == 0)
    try write(in: folder)
    #expect(try Set(folder.entries()) == Set(others + [young, inner, pipe, "a"]))
  }

  @Test("A draft never takes a file that is there: in another container a program may have the same number")
  func sameNumber() throws {
    let parts = try ownName().dropLast(".partial".count).split(separator: "-")
    let number = try #require(Int(parts[parts.count - 1]))
    let other = try TemporaryFolder()
    // The names that this process would take next, each held by somebody.
    let names = (number + 1...number + 40).map {
      "." + parts.dropLast().joined(separator: "-").dropFirst() + "-\($0).partial"
    }
    let descriptors = try names.map { name in
      try other.write("theirs", to: name)
      let descriptor = open(other.path(name), O_RDWR)
      flock(descriptor, LOCK_EX)
      return descriptor
    }
    defer { descriptors.forEach { close($0) } }
    try write(in: other)
    for name in names { #expect(try other.read(name) == "theirs") }
    #expect(try other.entries() == (names + ["a"]).sorted())
  }
}
