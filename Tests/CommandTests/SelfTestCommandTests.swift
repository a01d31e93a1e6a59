import Diagnostics
import Foundation
import Testing

@Suite("mff-inspect selftest")
struct SelfTestCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("A sound installation passes, and leaves nothing behind")
  func sound() throws {
    let run = try Program.run(["selftest"], in: folder)
    #expect(run.status == 0, "\(run.output)")
    #expect(run.errors.isEmpty)
    #expect(run.output.hasSuffix("This installation computes right on this machine.\n"))
    for name in ["kernel", "spectra", "derivatives", "font", "files"] {
      #expect(run.output.contains("ok      \(name) "), "\(name)")
    }
    #expect(try folder.entries().isEmpty)
  }

  @Test("--json - prints one object with every check, the kernel and its speed")
  func json() throws {
    let run = try Program.run(["selftest", "--json", "-"], in: folder)
    let result = try JSONDecoder().decode(SelfTestResult.self, from: Data(run.output.utf8))
    #expect(run.status == 0 && result.passed)
    #expect(result.command == "selftest" && result.arguments == ["selftest", "--json", "-"])
    #expect(result.checks.map(\.name) == ["kernel", "spectra", "derivatives", "font", "files", "files"])
    #expect(result.images?.count == 4 && result.checkpoint?.name == "ckpt.bin")
    let speed = try #require(result.speed)
    #expect(result.kernel != nil)
    #expect(speed.product > 0 && speed.registers > 0)
    // The share is of speeds before they were divided by 10⁹: four roundings.
    #expect(abs(speed.share * speed.registers / speed.product - 1) <= 4 * Double.ulpOfOne)
  }

  @Test("The goldens hold with every kernel that the processor can run", arguments: ["Prescott", "Nehalem"])
  func otherKernels(name: String) throws {
    let run = try Program.run(
      ["selftest", "--json", "-"], in: folder, limits: "export OPENBLAS_CORETYPE=\(name)")
    let result = try JSONDecoder().decode(SelfTestResult.self, from: Data(run.output.utf8))
    #expect(result.kernel == name)
    #expect(result.checks.filter { $0.name == "spectra" || $0.name == "derivatives" }.allSatisfy { $0.passed })
  }

  @Test("Where nothing can be written the status is 1, and every other check is made all the same")
  func unwritable() throws {
    // Not even root writes there.
    let run = try Program.run(["selftest"], in: folder, limits: "cd /proc && export TMPDIR=/proc")
    #expect(run.status == 1)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("ok      derivatives "))
    #expect(run.output.contains("FAILED  files "))
    #expect(run.output.contains("→ work in a folder that you may write to"))
    #expect(run.output.hasSuffix("2 of 6 checks failed; the arrows say what to do.\n"))
  }

  @Test("Where there is no font, the figure's letters would be strokes: status 1")
  func withoutFonts() throws {
    let configuration = try folder.write("<fontconfig><dir>\(folder.path("none"))</dir></fontconfig>", to: "fonts.conf")
    let run = try Program.run(["selftest"], in: folder, limits: "export FONTCONFIG_FILE='\(configuration)'")
    #expect(run.status == 1)
    #expect(run.output.contains("FAILED  font "))
    #expect(run.output.contains("→ apt-get install fonts-dejavu-core fontconfig"))
  }
}
