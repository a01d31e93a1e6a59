import ArgumentParser
import Testing

@testable import mff_inspect

@Suite("Options in the words of a command line")
struct OptionWordsTests {
  /// For each option words that say something else than what holds without them, written as the program writes them.
  static let values: [String: [String]] = [
    "--heads": ["--heads", "3"], "--decoder-heads": ["--decoder-heads", "5"], "--fuse": ["--fuse", "0,2,11"],
    "--position-resizing": ["--position-resizing", "bilinear"], "--activation": ["--activation", "quick-gelu"],
    "--layer-norm-eps": ["--layer-norm-eps", "1.25e-06"], "--pooling": ["--pooling", "norm-mean"],
    "--position-embedding": ["--position-embedding", "fixed"], "--rotary-grid": ["--rotary-grid", "14,16"],
    "--head-prefix": ["--head-prefix", "fc"], "--config": ["--config", "a folder/config.json"],
    "--weights-from": ["--weights-from", "teacher"], "--name": ["--name", "a", "--name=-b 'c'"],
    "--images": ["--images", "x", "--images", "y z"], "--image-size": ["--image-size", "96"],
    "--crop-pct": ["--crop-pct", "0.9"], "--normalize": ["--normalize", "clip"], "--seed": ["--seed", "7"],
    "--threads": ["--threads", "2"], "--strict": ["--strict"], "--quiet": ["--quiet"], "--verbose": ["--verbose"],
    "--device": ["--device", "cpu"],
  ]

  /// The options that the parser itself knows of a group.
  private func offered(_ group: (some ParsableArguments).Type) -> [String] {
    group.helpMessage().matches(of: #/\n  (?:-\w, )?(--[a-z][a-z-]*)/#).map { String($0.output.1) }.filter {
      $0 != "--help"
    }
  }

  private func check<Group: ParsableArguments>(_: Group.Type, atLeast count: Int) throws {
    let offered = offered(Group.self)
    #expect(offered.count >= count, "\(offered)")
    #expect(try Group.parse([]).words.isEmpty)
    for option in offered {
      let words = try #require(Self.values[option], "\(option) has no value in this test")
      let group = try Group.parse(words)
      #expect(group.words == words)
      #expect(group.given == [option])
    }
    // All at once; --quiet and --verbose exclude each other.
    let all = offered.filter { $0 != "--quiet" }
    let group = try Group.parse(all.flatMap { Self.values[$0] ?? [] })
    #expect(Set(group.given) == Set(all))
    #expect(try Group.parse(group.words).words == group.words)
  }

  @Test("Every option of checkpoints comes back") func checkpoints() throws {
    try check(CheckpointOptions.self, atLeast: 13)
  }
  @Test("Every option of images comes back") func images() throws { try check(ImageOptions.self, atLeast: 4) }
  @Test("Every option of the run comes back") func run() throws { try check(RunOptions.self, atLeast: 5) }

  @Test("Options of a group within a group come back, flags with their negation, and paths do not") func nested() throws
  {
    let words = ["--objective", "pixels", "--mask-ratio", "0.5", "--no-norm-pixels"]
    #expect(try LossOptionGroup.parse(words).given == ["--objective", "--mask-ratio", "--norm-pixels"])
    #expect(try CheckpointOptions.parse(["a.pth", "--heads", "3", "--name", "x"]).modelWords == ["--heads", "3"])
  }

  @Test("What a figure of a reproduction is given beside its own words is everything but the seed") func reproduction()
    throws
  {
    let options = try RunOptions.parse(["--seed", "3", "--threads", "2", "--strict", "-v"])
    #expect(options.wordsButSeed == ["--threads", "2", "--strict", "--verbose"])
  }
}
