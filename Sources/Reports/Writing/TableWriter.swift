extension ReportTable {
  /// The table as an element that scrolls by itself where it is too wide.
  var html: HTML {
    // Where most of a column is numbers, its head stands over them.
    let isNumeric = columns.indices.map { column in
      rows.contains { column < $0.count && $0[column].isNumeric }
    }
    let heads = columns.enumerated().map { index, head in
      HTML.tag("th", ["scope": "col", "class": isNumeric[index] ? "n" : nil], head)
    }
    let body = rows.map { row in
      HTML.tag(
        "tr", [:],
        row.enumerated().map { index, cell in
          .tag(
            index == 0 ? "th" : "td",
            ["scope": index == 0 ? "row" : nil, "class": index < isNumeric.count && isNumeric[index] ? "n" : nil],
            cell.parts.map(\.html))
        })
    }
    let table = HTML.tag(
      "table", ["aria-label": caption], [.tag("thead", [:], [.tag("tr", [:], heads)]), .tag("tbody", [:], body)])
    // The caption stands outside of what scrolls, so that it wraps on a phone. A box that scrolls can be reached by keyboard.
    let scroller = HTML.tag(
      "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption], [table])
    return .tag(
      "div", ["class": "table"],
      [.tag("p", ["class": "caption"], caption), scroller] + (note.map { [.tag("p", ["class": "note"], $0)] } ?? []))
  }
}

extension ReportCell {
  fileprivate var isNumeric: Bool { parts.contains { if case .number = $0 { true } else { false } } }
}

extension ReportCell.Part {
  fileprivate var html: HTML {
    switch self {
    case .text(let text): .text(text)
    case .number(let text, let source?): .tag("span", ["data-json": source], text)
    case .number(let text, nil): .text(text)
    }
  }
}
