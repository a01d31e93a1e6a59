import Diagnostics
import Testing

@Suite("Text for terminals")
struct PrintableTextTests {
  @Test("Control characters, line breaks and reversals are written out") func escaped() {
    #expect(PrintableText.escaped("a\u{1B}[31mb\n\u{9B}c\u{7F}") == "a\\u{1B}[31mb\\u{A}\\u{9B}c\\u{7F}")
    #expect(PrintableText.escaped("\r\n") == "\\u{D}\\u{A}")
    #expect(PrintableText.escaped("gpj\u{202E}.exe\u{2028}") == "gpj\\u{202E}.exe\\u{2028}")
  }

  @Test("Words of any language stay as they are", arguments: ["", "MAE − MFF", "模型", "Größe 14×14 π", "👩‍🔬"])
  func untouched(text: String) { #expect(PrintableText.escaped(text) == text) }
}
