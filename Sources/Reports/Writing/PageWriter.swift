internal import Diagnostics
internal import Figures

/// Writes a page.
struct PageWriter {
  let page: ReportPage

  func bytes() throws(ReportError) -> [UInt8] {
    try checkAnchors()
    var sections: [(section: ReportSection, figures: [FigureWriter])] = []
    for section in page.sections {
      var figures: [FigureWriter] = []
      for (index, figure) in section.figures.enumerated() {
        var figure = figure
        if page.sharesColors { figure.settings.company = page.models.map(\.name) }
        figures.append(try FigureWriter(figure, id: "\(section.id)-\(index + 1)", section: section.id))
      }
      sections.append((section, figures))
    }
    let colors = Set(sections.flatMap(\.figures).flatMap { [$0.drawings.wide] + $0.drawings.narrow }.flatMap(\.colors))
    let body: [HTML] =
      [
        header, navigation(sections.map(\.section)),
        .tag("main", [:], parts(sections.map(Self.html), models)),
      ]
      + [footer, .tag("script", [:], [.markup(PageResources.script)])]
    let head: [HTML] = [
      .tag("meta", ["charset": "utf-8"]),
      .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .tag("meta", ["name": "color-scheme", "content": "light dark"]),
      .tag("meta", ["name": "generator", "content": "mff-inspect \(page.version)"]),
      // Whatever the page holds, a browser loads nothing for it.
      .tag(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
        ]),
      .tag("title", [:], page.title),
      .tag("style", [:], [.markup(PageResources.style + Self.darkColors(colors))]),
    ]
    var text = "<!DOCTYPE html>"
    HTML.tag("html", ["lang": "en"], [.tag("head", [:], head), .tag("body", [:], body)]).write(into: &text)
    return Array((text + "\n").utf8)
  }

  /// Anchors name elements and clip paths, so they must be plain and different.
  private func checkAnchors() throws(ReportError) {
    var seen: Set<String> = ["models", "top"]
    for id in page.sections.map(\.id) {
      let isPlain = !id.isEmpty && id.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
      guard isPlain, seen.insert(id).inserted else { throw .anchor(id: id) }
    }
  }

  /// What replaces the drawings' colours on dark paper; pictures have none and stay as they are.
  private static func darkColors(_ colors: Set<Color>) -> String {
    let rules = colors.sorted { $0.hexadecimal < $1.hexadecimal }.map { color in
      let (light, dark) = (color.hexadecimal, color.onDarkPaper.hexadecimal)
      return ".plot [fill=\"\(light)\"]{fill:\(dark)}.plot [stroke=\"\(light)\"]{stroke:\(dark)}"
    }
    return "@media screen and (prefers-color-scheme:dark){\n\(rules.joined(separator: "\n"))\n}\n"
  }

  // MARK: Parts

  /// Sections with what was examined before or after them.
  private func parts<Part>(_ sections: [Part], _ models: Part?) -> [Part] {
    page.endsWithModels ? sections + [models].compactMap(\.self) : [models].compactMap(\.self) + sections
  }

  private var header: HTML {
    .tag(
      "header", ["id": "top"],
      [.tag("h1", [:], page.title)] + page.introduction.map { .tag("p", [:], $0) } + [verdicts].compactMap(\.self))
  }

  /// All verdicts, each a link to its section.
  private var verdicts: HTML? {
    let claims = page.sections.compactMap { section in section.claim.map { (section, $0) } }
    guard !claims.isEmpty else { return nil }
    return .tag(
      "ul", ["class": "verdicts"],
      claims.map { section, claim in
        .tag(
          "li", ["class": claim.verdict.rawValue],
          [
            .tag(
              "a", ["href": "#\(section.id)"],
              section.title.hasPrefix(claim.place) ? section.title : "\(claim.place): \(section.title)"), .text(" "),
            .tag("strong", [:], claim.verdict.words),
          ])
      })
  }

  private func navigation(_ sections: [ReportSection]) -> HTML {
    let models = page.models.isEmpty && page.gaps.isEmpty ? nil : ("models", "What was examined")
    let links = parts(sections.map { ($0.id, $0.claim?.place ?? $0.title) }, models).map { id, title in
      HTML.tag("li", [:], [.tag("a", ["href": "#\(id)"], title)])
    }
    return .tag("nav", ["aria-label": "Parts of this page"], [.tag("ol", [:], links)])
  }

  private var models: HTML? {
    guard !page.models.isEmpty || !page.gaps.isEmpty else { return nil }
    return .tag(
      "section", ["id": "models"],
      [
        .tag("h2", [:], "What was examined")
      ] + page.gaps.map(Self.gap) + [
        .tag("div", ["class": "models"], page.models.map { ModelCard(model: $0).html })
      ])
  }

  private static func gap(_ words: String) -> HTML {
    .tag("p", ["class": "gap"], [.tag("strong", [:], "Missing: "), .text(words)])
  }

  private static func html(_ section: ReportSection, _ figures: [FigureWriter]) -> HTML {
    var children: [HTML] = [.tag("h2", [:], section.title)]
    if let claim = section.claim { children.append(claim.html) }
    children += section.paragraphs.map { .tag("p", [:], $0) }
    children += section.gaps.map(gap)
    children += section.tables.map(\.html)
    children += figures.map(\.html)
    return .tag("section", ["id": section.id], children)
  }

  private var footer: HTML {
    .tag(
      "footer", [:],
      [
        .tag(
          "p", [:],
          "Made by mff-inspect \(page.version), seed \(page.seed). This page loads nothing: it can be kept and sent as one file."
        ),
        .tag(
          "div", ["class": "command"],
          [
            .tag("p", [:], "This page again:"),
            .tag("pre", ["tabindex": "0"], [.tag("code", [:], ShellWords.line(page.arguments))]),
          ]),
      ])
  }
}
