import Foundation

/// Measures how often the program's intervals contain the truth, and how often its verdicts find what is not there.
///
///     coverage [--simulations N] [--seed N]
///
/// Prints a table in Markdown, a row for each claim; the documentation's is that of 20,000 simulations. Status 1 where a row lies outside
/// what is promised.
@main
struct Coverage {
  static let rows = Row.means + Row.frequency + Row.trace + Row.weights + Row.decisions

  static func main() {
    guard let simulations = number("--simulations", 20_000), simulations >= 1, let seed = number("--seed", 0),
      seed >= 0,
      !CommandLine.arguments.count.isMultiple(of: 2)
    else {
      FileHandle.standardError.write(Data("usage: coverage [--simulations N] [--seed N]\n".utf8))
      exit(64)
    }
    print("\(simulations) simulations a row, seed \(seed); a share of 95 % is known to ± \(margin(simulations)) %.\n")
    print(
      "| claim | n | drawn from | assumption | counted | promised | measured |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    var failed: [String] = []
    for (index, row) in rows.enumerated() {
      let share = row.measured(simulations: simulations, seed: UInt64(seed), number: index)
      let isKept = row.promised?.contains(share) ?? true
      print(line(row, share) + (isKept ? "" : " ← outside"))
      if !isKept { failed.append("\(row.claim), n = \(row.count), \(row.distribution): \(percent(share))") }
    }
    for words in failed { FileHandle.standardError.write(Data("outside what is promised: \(words)\n".utf8)) }
    exit(failed.isEmpty ? 0 : 1)
  }

  private static func number(_ option: String, _ usual: Int) -> Int? {
    guard let place = CommandLine.arguments.firstIndex(of: option) else { return usual }
    return place + 1 < CommandLine.arguments.count ? Int(CommandLine.arguments[place + 1]) : nil
  }

  private static func line(_ row: Row, _ share: Double) -> String {
    let limits = row.promised.map { "\(whole($0.lowerBound))–\(whole($0.upperBound)) %" } ?? "none"
    let cells = [
      row.claim, "\(row.count)", row.distribution, row.assumption, row.measure.rawValue, limits, percent(share),
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  private static func whole(_ share: Double) -> String {
    let value = 100 * share
    return value == value.rounded() ? "\(Int(value))" : String(format: "%.1f", value)
  }

  /// Two standard errors of a measured share of 95 %.
  private static func margin(_ simulations: Int) -> String {
    String(format: "%.1f", 200 * (0.95 * 0.05 / Double(simulations)).squareRoot())
  }
}
