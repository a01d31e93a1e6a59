internal import Diagnostics

/// A piece of an HTML page.
///
/// A typed tree and no template language: text can only enter as `.text` or as an attribute's value, and both are always escaped, so
/// that a file's name cannot become markup by a forgotten filter; a page that lacks a value does not compile. Templates would pay where
/// people who do not program change the page; here styles and scripts are files of their own, and the rest is loops over results.
indirect enum HTML: Sendable {
  /// Words, escaped.
  case text(String)
  /// An element; attributes are escaped, those without a value are left out.
  case element(String, [(String, String)], [HTML])
  /// Markup made by this program: drawings, the style sheet, the script.
  case markup(String)

  /// An element; attributes that are nil are left out.
  static func tag(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [HTML] = []) -> HTML {
    .element(name, attributes.compactMap { key, value in value.map { (key, $0) } }, children)
  }

  /// An element that holds words only.
  static func tag(_ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ words: String) -> HTML {
    tag(name, attributes, [.text(words)])
  }

  /// Elements that have no end tag.
  private static let void: Set<String> = ["meta", "br", "hr"]
  /// Elements that begin on a line of their own, so that the source can be read.
  private static let blocks: Set<String> = [
    "html", "head", "body", "header", "main", "footer", "nav", "section", "article", "figure", "figcaption", "div",
    "h1", "h2",
    "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "details",
    "summary", "pre",
    "style", "script", "title", "meta",
  ]

  /// Writes the piece.
  func write(into page: inout String) {
    switch self {
    case .text(let text): page += Self.escaped(text)
    case .markup(let markup): page += markup
    case .element(let name, let attributes, let children):
      if Self.blocks.contains(name), page.last != "\n" { page += "\n" }
      page += "<\(name)"
      for (key, value) in attributes { page += " \(key)=\"\(Self.escaped(value))\"" }
      page += ">"
      guard !Self.void.contains(name) else { return }
      for child in children { child.write(into: &page) }
      page += "</\(name)>"
    }
  }

  /// Text in which nothing is markup, and nothing changes the direction or the control characters of what stands around it.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in PrintableText.escaped(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
