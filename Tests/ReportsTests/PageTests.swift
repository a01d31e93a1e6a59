import Foundation
import Testing

@testable import Diagnostics
@testable import Reports

@Suite("Pages")
struct PageTests {
  @Test("Text is escaped wherever it enters")
  func escaping() {
    var page = ""
    HTML.tag("p", ["title": "\"><script>alert(1)</script>"], "<script>alert('1') & \u{202E}</script>").write(
      into: &page)
    #expect(
      page == "\n<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">&lt;script&gt;alert(&#39;1&#39;) &amp; "
        + "\\u{202E}&lt;/script&gt;</p>")
  }

  @Test("A checkpoint named as a script stays a name, in text, drawing, attributes and files")
  func hostileName() throws {
    let name = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'"
    var page = SampleResults.page([SampleResults.weights(name), SampleResults.weights("MFF")])
    page.title = name
    page.gaps = [name]
    page.arguments = ["report", name]
    let text = try SampleResults.text(page)
    #expect(text.components(separatedBy: "<script").count == 2 && text.components(separatedBy: "</script").count == 2)
    #expect(!text.contains("<img") && text.contains("&lt;img src=x onerror=alert(2)&gt;"))
    #expect(text.contains("numbers-0.json"))
  }

  @Test("The same page gives the same bytes")
  func deterministic() throws {
    let page = SampleResults.page([SampleResults.weights(), SampleResults.training(steps: 300)])
    #expect(try page.html() == page.html())
  }

  @Test("Every figure stands with its two drawings, files, tables, settings and command line")
  func figures() throws {
    let text = try SampleResults.text(SampleResults.page([SampleResults.weights(), SampleResults.training(steps: 50)]))
    let figures = text.components(separatedBy: "<figure ").dropFirst()
    #expect(figures.count == 2)
    for figure in figures {
      for part in [
        "class=\"plot wide\"", "class=\"plot narrow\"", "<title>", "<desc>", "<figcaption>",
        "data:application/json;base64,",
        "data:text/csv;base64,", "The numbers as tables", "Settings, seed and digests", "scope=\"col\"",
        "scope=\"row\"",
        "<code>mff-inspect weights",
      ] {
        #expect(figure.contains(part), "\(part)")
      }
    }
    #expect(text.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(text.contains("<code>mff-inspect report &#39;a b.bin&#39;</code>"))
    #expect(text.contains("<dt>seed</dt>\n<dd>7</dd>"))
  }

  @Test("The files in the page are the result")
  func downloads() throws {
    let result = SampleResults.training(steps: 50)
    let text = try SampleResults.text(SampleResults.page([result]))
    func file(_ type: String) throws -> Data {
      let link = try #require(text.components(separatedBy: "href=\"data:\(type);base64,").dropFirst().first)
      return try #require(Data(base64Encoded: String(link.prefix { $0 != "\"" })))
    }
    #expect(try JSONDecoder().decode(WeightsResult.self, from: file("application/json")) == result)
    #expect(try String(decoding: file("text/csv"), as: UTF8.self) == result.csv)
  }

  @Test("A verdict is told by words and by a shape, at its section and at the top", arguments: ReportVerdict.allCases)
  func claims(verdict: ReportVerdict) throws {
    let claim = ReportClaim(
      place: "Fig. 5", quotation: "the loss is <flatter>", measured: ["It is 3 ± 1.", "Over 4 batches."],
      verdict: verdict)
    let text = try SampleResults.text(SampleResults.page([SampleResults.weights()], claim: claim))
    #expect(text.components(separatedBy: "<strong>\(verdict.words)</strong>").count == 3)
    #expect(text.contains("“the loss is &lt;flatter&gt;”") && text.contains("It is 3 ± 1. Over 4 batches."))
    #expect(text.contains("class=\"icon\"") && text.contains("class=\"claim \(verdict.rawValue)\""))
  }

  @Test("What is missing is said, and is in the numbers, too")
  func gaps() throws {
    var page = SampleResults.page([SampleResults.weights()])
    page.sections[0].gaps = ["x.bin: no decoder"]
    page.gaps = ["y.bin: cut off"]
    let text = try SampleResults.text(page)
    #expect(text.contains("<strong>Missing: </strong>x.bin: no decoder") && text.contains("y.bin: cut off"))
    let numbers = try JSONDecoder().decode(JSONValue.self, from: Data(encodeResult(ReportResult(page))))
    guard case .object(let fields) = numbers, case .array(let gaps) = fields["gaps"] else {
      Issue.record("no gaps in the numbers")
      return
    }
    #expect(gaps.count == 2)
  }

  @Test("A long history does not swell the page: 200,000 points are drawn, shown in part, and said to be too large")
  func longHistory() throws {
    let text = try SampleResults.text(SampleResults.page([SampleResults.training(steps: 200_000)]))
    #expect(text.utf8.count < 1_000_000)
    #expect(text.contains("too large for a page") && !text.contains("data:application/json"))
    #expect(text.contains("40 of 200000 rows are shown"))
  }

  @Test("Anchors must be plain and different", arguments: ["", "a b", "models", "Part", "\"x"])
  func anchors(id: String) {
    var page = SampleResults.page([SampleResults.weights()])
    page.sections[0].id = id
    #expect(throws: ReportError.anchor(id: id)) { try page.html() }
    page.sections[0].id = "fine-1"
    page.sections.append(page.sections[0])
    #expect(throws: ReportError.anchor(id: "fine-1")) { try page.html() }
  }
}
