import Foundation
import OutputFiles
import Testing

@Suite("Folders that one run holds")
struct FolderLockTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("While one has the folder another is refused; then it is free") func oneHolder() throws {
    let path = folder.path("run")
    let held = try FolderLock(path)
    #expect(throws: OutputError.inUse(path: path)) { _ = try FolderLock(path) }
    withExtendedLifetime(held) {}
  }

  @Test("What a child still shares of a lock or a file that was given back keeps nobody out") func sharedDescriptor()
    throws
  {
    // A child that is being started shares open files; a duplicate shares them in the same way, for as long as wanted.
    var duplicates: [Int32] = []
    defer { for duplicate in duplicates { close(duplicate) } }
    do {
      let held = try FolderLock(folder.path("run"))
      duplicates.append(try duplicate(of: folder.path("run/.lock")))
      withExtendedLifetime(held) {}
    }
    _ = try FolderLock(folder.path("run"))
    do {
      let log = try AppendedFile(folder.path("log"))
      duplicates.append(try duplicate(of: folder.path("log")))
      try log.flush()
    }
    try AppendedFile(folder.path("log")).flush()
  }

  /// Another descriptor of a file that this process has open.
  private func duplicate(of path: String) throws -> Int32 {
    let wanted = try #require(
      realpath(path, nil).map { pointer in
        defer { free(pointer) }
        return String(cString: pointer)
      })
    let files = FileManager.default
    let open = try files.contentsOfDirectory(atPath: "/proc/self/fd").first { name in
      (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == wanted
    }
    return dup(try #require(open.flatMap { Int32($0) }))
  }
}
