import Diagnostics
import Foundation
import Testing

@testable import Ranks

@Suite("The test of an installation")
struct SelfTestTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  @Test("The bundled model has its numbers of double precision")
  func goldens() throws {
    let result = try SelfTest(bundledData: Self.fixtures.path).run()
    #expect(result.passed, "\(result.table)")
    #expect(result.checks.map(\.name) == ["kernel", "spectra", "derivatives", "font"])
  }

  @Test("A checkpoint that lost one bit of a weight fails, and so does a picture that is another")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let images = folder.url.appendingPathComponent("images")
    try FileManager.default.copyItem(at: Self.fixtures.appendingPathComponent("images"), to: images)
    var bytes = try Data(contentsOf: Self.fixtures.appendingPathComponent("ckpt.bin"))
    // The highest bit of an exponent, in the midst of the weights.
    bytes[bytes.count / 2 | 3] ^= 0x40
    try bytes.write(to: folder.url.appendingPathComponent("ckpt.bin"))
    let weight = try SelfTest(bundledData: folder.url.path).run()
    #expect(!weight.passed)
    #expect(weight.checks.contains { !$0.passed && $0.name == "derivatives" && $0.advice != nil })

    let whole = folder.url.appendingPathComponent("ckpt.bin")
    try FileManager.default.removeItem(at: whole)
    try FileManager.default.copyItem(at: Self.fixtures.appendingPathComponent("ckpt.bin"), to: whole)
    try FileManager.default.removeItem(at: images.appendingPathComponent("leaves-000.png"))
    try FileManager.default.copyItem(
      at: images.appendingPathComponent("leaves-016.png"), to: images.appendingPathComponent("leaves-000.png"))
    let picture = try SelfTest(bundledData: folder.url.path).run()
    #expect(picture.checks.filter { !$0.passed }.map(\.name) == ["spectra"])
  }

  @Test("Without the bundled data the goldens fail with what to do, and the rest is checked")
  func withoutData() throws {
    let result = try SelfTest(bundledData: nil).run()
    #expect(result.checks.map(\.name) == ["kernel", "spectra", "font"])
    #expect(result.checks.filter { !$0.passed }.map(\.name) == ["spectra"])
    #expect(result.table.contains("→ install with make install, which puts it there"))
  }

  @Test("A folder that cannot be written fails, one that can is left as it was")
  func files() throws {
    let folder = try TemporaryFolder()
    var test = SelfTest(bundledData: nil)
    test.folders = [folder.url.path, folder.path("missing")]
    let checks = try test.run().checks.filter { $0.name == "files" }
    #expect(checks.map(\.passed) == [true, false])
    #expect(try folder.entries().isEmpty)
  }

  @Test("Ranks exchange sums, and each checks its own machine")
  func ranks() throws {
    let results = RehearsedRanks.rehearse(3) { ranks in
      var test = SelfTest(bundledData: Self.fixtures.path)
      test.ranks = ranks
      return try test.run()
    }
    for result in results {
      let result = try result.get()
      #expect(result.passed)
      #expect(result.checks.last?.name == "ranks" && result.checks.last?.found == "3 ranks exchange sums")
      #expect(result.checks.filter { $0.name == "derivatives" }.map(\.rank) == [0, 1, 2])
      #expect(result.checks.count { $0.name == "font" } == 1)
    }
  }
}
