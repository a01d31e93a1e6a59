import Foundation
import Testing

@testable import Diagnostics
@testable import Reports

@Suite("Numbers in pages")
struct NumberTests {
  @Test(
    "Numbers are printed with the digits asked for and a true minus",
    arguments: [
      (ReportNumber.decimals(3), -1.23456, "\u{2212}1.235"), (.decimals(0), 12.6, "13"), (.digits(4), 12.0, "12.00"),
      (.digits(4), 12345.6, "1.235e+04"), (.digits(2), 0.000_012_3, "1.2e\u{2212}05"), (.signed(3), 0.5, "+0.500"),
      (.signed(3), -0.5, "\u{2212}0.500"),
    ])
  func formats(format: ReportNumber, value: Double, text: String) { #expect(format.text(value) == text) }

  @Test("Every number of a table is the JSON's at the place it names, to the printed digit")
  func sources() throws {
    for result in [SampleResults.weights(), SampleResults.training(steps: 90)] {
      let document = try JSONDecoder().decode(JSONValue.self, from: Data(encodeResult(result)))
      var compared = 0
      for part in result.numberTables.flatMap(\.rows).joined().flatMap(\.parts) {
        guard case .number(let text, let source?) = part else { continue }
        let value = try #require(Self.number(document, source), "\(source)")
        let printed = try #require(Double(text.replacingOccurrences(of: "\u{2212}", with: "-")))
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        // Half a unit of the last digit, and the rounding of the comparison itself.
        #expect(abs(printed - value) <= 0.5 * pow(10, -Double(decimals)) + 1e-12)
        compared += 1
      }
      #expect(compared >= 3)
    }
  }

  private static func number(_ document: JSONValue, _ pointer: String) -> Double? {
    var value = document
    for part in pointer.split(separator: "/") {
      switch value {
      case .array(let items): value = items[Int(part) ?? 0]
      case .object(let fields): value = fields[String(part)] ?? .null
      default: return nil
      }
    }
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: return nil
    }
  }

  @Test(
    "Command lines are quoted for a shell",
    arguments: [
      (["weights"], "mff-inspect weights"), (["a b"], "mff-inspect 'a b'"), (["it's"], "mff-inspect 'it'\\''s'"),
      (["$(x)", "", "--name=é"], "mff-inspect '$(x)' '' '--name=é'"), (["a/b-c_1.bin"], "mff-inspect a/b-c_1.bin"),
    ])
  func quoting(arguments: [String], line: String) { #expect(ShellWords.line(arguments) == line) }
}
