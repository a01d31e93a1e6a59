public import Ranks
public import Tensors
internal import Foundation

/// Checks that this installation computes right on this machine: the matrix kernel, a small model against numbers of double precision, the
/// font, the right to write files, and the exchange between ranks.
public struct SelfTest: Sendable {
  /// The folder of the bundled checkpoints and images; nil where the program was installed without.
  public var bundledData: String?
  /// Folders in which files must be writable.
  public var folders: [String] = []
  /// The cores to use.
  public var team = Team()
  /// The processes of a job.
  public var ranks: any RankGroup = SingleRank()
  /// The seed, for the result.
  public var seed: UInt64 = 0
  /// The command line, for the result.
  public var arguments: [String] = []

  /// A test of the installation whose data lie in a folder.
  public init(bundledData: String?) { self.bundledData = bundledData }

  /// Makes all checks; none keeps another from being made.
  ///
  /// All ranks call this. Each checks its own machine; the result is complete on rank 0.
  ///
  /// - Returns: What was found.
  /// - Throws: What an exchange between ranks throws.
  /// - Complexity: Two or three seconds, a few hundred megabytes.
  public func run() throws -> SelfTestResult {
    let start = ContinuousClock.now
    var result = SelfTestResult(
      version: ToolVersion.current, arguments: arguments, seed: seed, checks: [], seconds: 0)
    var checks: [SelfTestCheck] = []
    do throws(MatrixKernelError) {
      let before = clock()
      let kernel = try MatrixKernel.load()
      let speed = KernelSpeed(of: kernel, loading: Double(clock() - before) / Double(CLOCKS_PER_SEC))
      (result.kernel, result.speed) = (kernel.name, speed)
      checks.append(.kernel(kernel, speed))
      checks += goldenChecks(&result)
    } catch {
      checks.append(SelfTestCheck(name: "kernel", passed: false, found: "\(error)", advice: error.advice))
    }
    if ranks.isFirst {
      checks.append(.font())
      checks += folders.map(SelfTestCheck.files)
    }
    if ranks.count > 1 {
      checks = try ranks.collect(checks.map { $0.of(rank: ranks.rank) })
      checks.append(try .ranks(ranks, kernel: result.kernel ?? "none"))
    }
    result.checks = checks
    result.seconds = seconds(.now - start)
    return result
  }

  private func goldenChecks(_ result: inout SelfTestResult) -> [SelfTestCheck] {
    guard let bundledData else {
      return [
        SelfTestCheck(
          name: "spectra", passed: false, found: "the bundled data is not beside the program",
          advice: "install with make install, which puts it there")
      ]
    }
    let comparison = GoldenComparison(folder: bundledData, team: team)
    var checks: [SelfTestCheck] = []
    checks.append(
      .attempt("spectra") {
        let outcome = try comparison.spectra()
        (result.images, result.checkpoint) = (outcome.images, outcome.checkpoint)
        return outcome.check
      })
    checks.append(.attempt("derivatives") { try comparison.derivatives() })
    return checks
  }
}

extension SelfTestCheck {
  /// The check that `body` makes; a failed one with its message where it throws.
  static func attempt(_ name: String, _ body: () throws -> SelfTestCheck) -> SelfTestCheck {
    do {
      return try body()
    } catch {
      return SelfTestCheck(
        name: name, passed: false, found: "\(error)", advice: "install the program and its data anew with make install")
    }
  }

  func of(rank: Int) -> SelfTestCheck {
    var copy = self
    copy.rank = rank
    return copy
  }
}

extension MatrixKernelError {
  fileprivate var advice: String { "apt-get install --reinstall libopenblas0-pthread" }
}
