import Foundation

/// What a run of the built program left.
struct DescribePlotRun {
  let status: Int32
  let output: String
  let messages: String

  /// Runs the program that lies beside the tests, in a folder.
  init(_ arguments: [String], in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("mff-inspect")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Files instead of pipes: a full pipe would stop the program.
    let paths = ["out", "err"].map { folder.appendingPathComponent(".\($0)-\(UUID().uuidString)") }
    for path in paths { try Data().write(to: path) }
    process.standardOutput = try FileHandle(forWritingTo: paths[0])
    process.standardError = try FileHandle(forWritingTo: paths[1])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOf: paths[0], encoding: .utf8)
    messages = try String(contentsOf: paths[1], encoding: .utf8)
    for path in paths { try FileManager.default.removeItem(at: path) }
  }
}

/// A folder for one test.
func temporaryFolder() throws -> URL {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("command-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  return url
}

/// A checkpoint of the golden data that the library's tests use, too.
func goldenCheckpoint(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("DiagnosticsTests/Golden/\(name)").path
}
