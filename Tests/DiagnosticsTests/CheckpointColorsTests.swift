import Figures
import Testing

@testable import Diagnostics

@Suite("Colours of checkpoints")
struct CheckpointColorsTests {
  @Test("Alone by their order, in company by their place in it") func places() {
    let alone = CheckpointColors(["B", "C"], company: nil)
    #expect(alone[0] == Palette.category(0) && alone[1] == Palette.category(1))
    let company = CheckpointColors(["B", "C"], company: ["A", "B", "C"])
    #expect(company[0] == Palette.category(1) && company[1] == Palette.category(2))
    #expect(company.marker(0) == .category(1))
  }

  @Test("A company that lacks a name, or names that repeat, decide nothing") func strangers() {
    #expect(CheckpointColors(["B", "D"], company: ["A", "B"])[0] == Palette.category(0))
    let twice = CheckpointColors(["A", "A"], company: ["A", "B"])
    #expect(twice[0] != twice[1])
  }

  @Test("More checkpoints than clear colours all differ") func many() {
    let names = (0..<12).map { "\($0)" }
    let colors = CheckpointColors(names, company: nil)
    #expect(Set(names.indices.map { colors[$0] }).count == 12)
  }
}
