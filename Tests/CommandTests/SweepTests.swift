import Foundation
import Testing

/// A small checkpoint of a sweep over timm's and transformers' architectures, and what the program is known to make of it.
struct SweepCase: Sendable, Decodable, CustomTestStringConvertible {
  enum Verdict: String, Sendable, Decodable { case right, refused, assumed }

  struct Curve: Sendable, Decodable {
    /// Log amplitudes in double precision.
    let values: [Double]
    /// How far the library itself is off in single precision.
    let single: Double
  }

  let name: String
  let checkpoint: String
  let images: String
  let options: [String]
  let verdict: Verdict
  /// The tensors, settings and options that a refusal names.
  let named: [String]?
  /// What a result says that it assumed, in order.
  let assumed: [String]?
  /// The options that end these assumptions.
  let told: [String]?
  /// What the library's model computes, by layer.
  let layers: [String: Curve]?

  var testDescription: String { name }

  private static let folder = GoldenFiles.frequency("../sweep")

  /// All cases; none when they cannot be read, which the test of their number notices.
  static let all: [SweepCase] = {
    struct File: Decodable { let cases: [SweepCase] }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/cases.json")) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data))?.cases ?? []
  }()

  static func of(_ verdict: Verdict) -> [SweepCase] { all.filter { $0.verdict == verdict } }

  /// Runs the program on the checkpoint as a user would.
  func run(_ more: [String] = [], in folder: TemporaryFolder) throws -> Program.Outcome {
    let files = [Self.folder + "/" + checkpoint, "--images", Self.folder + "/" + images]
    return try Program.run(["frequency"] + files + ["--json", "-", "--threads", "1"] + options + more, in: folder)
  }
}

/// `Scripts/sweep_families.py --goldens` writes the cases, with what the program made of each when it ran.
@Suite("Architectures of timm and transformers")
struct SweepTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("There are cases of each verdict, a tenth of what the sweep looks at") func casesAreThere() {
    #expect(SweepCase.all.count >= 65)
    #expect(SweepCase.of(.right).count >= 30)
    #expect(SweepCase.of(.refused).count >= 15)
  }

  @Test("The curves are the library's, and nothing was assumed", arguments: SweepCase.of(.right))
  func right(_ golden: SweepCase) throws {
    let result = try result(of: golden.run(in: folder))
    #expect(assumptions(of: result).isEmpty)
    try expectLibrary(golden, result)
  }

  /// What is supported meanwhile must be right.
  @Test("A refusal names what it refuses", arguments: SweepCase.of(.refused))
  func refused(_ golden: SweepCase) throws {
    let outcome = try golden.run(in: folder)
    if outcome.status == 0 {
      let result = try result(of: outcome)
      #expect(assumptions(of: result).isEmpty)
      return try expectLibrary(golden, result)
    }
    #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome.errors)")
    let message = outcome.errorLines.last ?? ""
    let named = try #require(golden.named)
    #expect(!named.isEmpty)
    for name in named { #expect(message.contains(name), "\(name) is not in: \(message)") }
  }

  @Test(
    "What was assumed stands in the result and in the first lines; with its options the curves are the library's",
    arguments: SweepCase.of(.assumed))
  func assumed(_ golden: SweepCase) throws {
    let outcome = try golden.run(in: folder)
    let assumed = assumptions(of: try result(of: outcome))
    #expect(assumed.compactMap { $0["what"] as? String }.sorted() == golden.assumed)
    for option in assumed.compactMap({ $0["option"] as? String }) {
      let flag = try #require(option.split(separator: " ").first { $0.hasPrefix("--") })
      #expect(outcome.errors.contains(flag), "\(flag) is not printed: \(outcome.errors)")
    }
    try expectLibrary(golden, try result(of: golden.run(try #require(golden.told), in: folder)))
  }

  private func result(of outcome: Program.Outcome) throws -> [String: Any] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  private func assumptions(of result: [String: Any]) -> [[String: Any]] { result["assumed"] as? [[String: Any]] ?? [] }

  /// Compares every layer with the library's double precision.
  ///
  /// Within 2e-5, as the golden cases are, or five times what the library itself is off in single precision. One layer alone may be off
  /// by what we promise, 2e-4: a coefficient near zero enlarges rounding in one layer, while an error of a block reaches every layer
  /// after it.
  private func expectLibrary(_ golden: SweepCase, _ result: [String: Any]) throws {
    let model = try #require((result["models"] as? [[String: Any]])?.first)
    let found = try #require(model["layers"] as? [[String: Any]])
    let theirs = try #require(golden.layers)
    let blocks = { (names: [String]) in names.filter { Int($0) != nil }.sorted() }
    #expect(blocks(found.compactMap { $0["layer"] as? String }) == blocks(Array(theirs.keys)))
    var beyond: [String: Double] = [:]
    for layer in found {
      guard let name = layer["layer"] as? String, let expected = theirs[name] else { continue }
      let values = try #require(layer["logAmplitude"] as? [Double])
      #expect(values.count == expected.values.count)
      let off = zip(values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
      if !(off <= max(2e-5, 5 * expected.single)) { beyond[name] = off }
    }
    #expect(beyond.count < 2 && beyond.values.allSatisfy { $0 < 2e-4 }, "off by \(beyond)")
  }
}
