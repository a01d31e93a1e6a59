import Diagnostics
import Foundation
import Testing

@testable import Reports

@Suite("Pages")
struct PageTests {
  @Test("Text is escaped wherever it enters")
  func escaping() {
    var page = ""
    HTML.tag("p", ["title": "\"><script>alert(1)</script>"], "<script>alert('1') & \u{202E}</script>").write(into: &page)
    #expect(
      page
        == "\n<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">&lt;script&gt;alert(&#39;1&#39;) &amp; \\u{202E}&lt;/script&gt;</p>"
    )
  }
}
