import Testing

@testable import Figures

@Suite("The font of figures")
struct FontSurveyTests {
  @Test("The font is installed and has every character of figures")
  func installed() throws {
    let font = try FontSurvey()
    #expect(font.family == "DejaVu Sans")
    #expect(font.isTheRightOne && !font.hasOnlyStrokes)
    #expect(font.missing.isEmpty)
  }

  @Test("Another font in its place is noticed by its widths")
  func another() throws {
    // Present wherever DejaVu Sans is, and every letter as wide as the next.
    #expect(try !FontSurvey(asking: "DejaVu Sans Mono").isTheRightOne)
  }
}
