import Diagnostics
import Foundation
import Testing

@Suite("Trends of fusion weights and their errors")
struct WeightsTrendTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A log of a run of two fused layers whose first weight takes these values.
  private func log(_ shares: [Double], _ name: String = "log.json") throws -> String {
    let lines = shares.enumerated().map { step, share in
      #"{"weight_0": \#(share), "weight_1": \#(1 - share), "iter": \#(step + 1)}"#
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: folder.path(name)))
    return folder.path(name)
  }

  /// Noise about 0.4 of deviation 0.03, a neighbour resembling the one before by ρ.
  private func noise(_ count: Int, seed: UInt64, rho: Double = 0, rise: Double = 0) -> [Double] {
    var numbers = SeededNumbers(seed: seed)
    var value = 0.0
    return (0..<count).map { step in
      let normal = numbers.normal()
      value = step == 0 ? normal : rho * value + (1 - rho * rho).squareRoot() * normal
      return 0.4 + 0.03 * value + rise * Double(step)
    }
  }

  /// With 4 % each (`make check-coverage`) five or fewer of 40 have a verdict with a probability of 99 %.
  @Test("Noise rarely gets a verdict, and what is said never contradicts the slope beside it")
  func noiseIsOpen() throws {
    var verdicts = 0
    for seed in 0..<40 {
      let result = try weights([log(noise(48, seed: UInt64(seed)))])
      let (third, words) = (result.runs[0].firstThird, result.table)
      let (slope, interval) = (try #require(third.slope), try #require(third.slopeInterval))
      #expect(try #require(third.slopeError) > 0 && interval[0] < slope && slope < interval[1])
      switch result.runs[0].course {
      case .rises: #expect(words.contains("more and more") && interval[0] > 0)
      case .falls: #expect(words.contains("less and less") && interval[1] < 0)
      default: #expect(words.contains("not settled along this run") && !words.contains("more and more"))
      }
      verdicts += words.contains("not settled along this run") ? 0 : 1
    }
    #expect(verdicts <= 5, "\(verdicts) of 40")
  }

  @Test("A rise well above the scatter is one, along this run", arguments: [1.0, -1])
  func rise(sign: Double) throws {
    let result = try weights([log(noise(48, seed: 1, rise: sign * 0.005))])
    #expect(result.runs[0].course == (sign > 0 ? .rises : .falls))
    let words = try #require(result.sentences.first)
    #expect(words.contains("along this run") && words.contains(sign > 0 ? "more and more" : "less and less"))
    #expect(words.contains(" ± "), "the slope has its error")
    // A column of differences with their errors, and the slope below the figure.
    #expect(result.table.contains("late − early") && result.table.contains("± error"))
    #expect(try result.figure(DrawingSettings()).note?.contains("± ") == true)
  }

  @Test("Where records depend on each other over long stretches, growth is not told from drift")
  func drift() throws {
    var share = 0.3
    // Eight steps up, four down, eight up …
    let shares = (0..<96).map { step in
      share += step % 12 < 8 ? 0.004 : -0.004
      return share
    }
    let result = try weights([log(shares)])
    #expect(result.runs[0].course == .drift && result.table.contains("growth or drift a single run cannot tell"))
  }

  @Test("Below twelve records numbers stand without errors and without a verdict", arguments: [2, 11])
  func few(count: Int) throws {
    let result = try weights([log((0..<count).map { 0.3 + 0.02 * Double($0) })])
    let third = result.runs[0].firstThird
    #expect(third.slope != nil && third.slopeError == nil && third.slopeInterval == nil && third.reach == nil)
    #expect(result.runs[0].course == nil)
    #expect(third.change != nil && third.change?.standardError == nil)
    #expect(result.table.contains("\(count) records tell no error: 12 are needed"))
    let text = String(decoding: try encodeResult(result), as: UTF8.self)
    #expect(!text.contains("standardError") && !text.contains("slopeError"))
  }

  @Test("Weights that do not move are said not to move")
  func still() throws {
    let result = try weights([log([Double](repeating: 0.25, count: 20))])
    #expect(result.runs[0].course == .still && result.table.contains("do not move"))
  }

  @Test("Each layer has its difference, and those of all layers sum to 0")
  func layers() throws {
    let changes = try #require(try weights([log(noise(30, seed: 4))]).runs[0].changes)
    // Weights sum to 1, within the rounding of 30 of them.
    #expect(changes.count == 2 && abs(changes[0].value + changes[1].value) < 1e-14)
    #expect(abs(try #require(changes[0].standardError) - #require(changes[1].standardError)) < 1e-12)
  }

  // MARK: Several runs

  @Test("Over several runs Student's t over the runs decides")
  func severalRuns() throws {
    // Rises of 2, 3 and 4 per thousand a step over 12 steps: late less early is 8 steps of that.
    let paths = try [2.0, 3, 4].map { rise in try log((0..<12).map { 0.3 + rise * 1e-3 * Double($0) }, "\(rise).json") }
    let result = try weights(paths)
    let all = try #require(result.overRuns)
    // Mean 0.024, deviation 0.008 over √3, t(0.975) with two degrees of freedom 4.3027.
    #expect(all.runs == 3 && abs(all.change - 0.024) < 1e-12)
    #expect(abs(all.standardError - 0.008 / 3.0.squareRoot()) < 1e-12)
    #expect(abs(all.interval[0] - (0.024 - 4.302652729749462 * 0.008 / 3.0.squareRoot())) < 1e-9)
    #expect(all.settled && result.sentences.last?.contains("Over 3 runs") == true)
    #expect(result.table.contains("models trained so rely on shallow layers more"))
    // Results of single runs, drawn together, say the same.
    let singles = try paths.map { (file: $0, result: try weights([$0])) }
    #expect(singles.allSatisfy { $0.result.overRuns == nil })
    #expect(try WeightsResult.joining(singles).overRuns == all)
  }

  @Test("Runs that disagree settle nothing; one run named twice is one; other numbers of layers have no mean")
  func noCommonMean() throws {
    let rises = try [3.0, -3].map { rise in try log((0..<12).map { 0.3 + rise * 1e-3 * Double($0) }, "\(rise).json") }
    let open = try weights(rises)
    #expect(open.overRuns?.settled == false && open.table.contains("is not settled"))
    let twice = try weights([rises[0], rises[0]])
    #expect(twice.overRuns == nil && twice.table.contains("not two independent runs"))
    try Data(
      (1...3).map { #"{"weight_0": 0.5, "weight_1": 0.25, "weight_2": 0.25, "iter": \#($0)}"# }
        .joined(separator: "\n").utf8
    ).write(to: URL(fileURLWithPath: folder.path("three.json")))
    let mixed = try weights([rises[0], folder.path("three.json")])
    #expect(mixed.overRuns == nil && mixed.table.contains("different numbers of layers"))
  }

  @Test("A result whose errors are none is told")
  func inconsistency() throws {
    var result = try weights([log(noise(20, seed: 2))])
    #expect(result.inconsistency == nil)
    result.runs[0].firstThird.slopeInterval = [1, 0]
    #expect(result.inconsistency?.contains("error or interval") == true)
    result.runs[0].firstThird.slopeInterval = nil
    result.runs[0].changes = []
    #expect(result.inconsistency?.contains("0 changes for 2 positions") == true)
  }
}
