extension ReportClaim {
  /// The claim with its verdict, which a word and a shape tell as well as a colour.
  var html: HTML {
    .tag(
      "div", ["class": "claim \(verdict.rawValue)"],
      [
        .tag("p", ["class": "verdict"], [verdict.icon, .tag("strong", [:], verdict.words)]),
        .tag(
          "blockquote", [:],
          [.tag("p", [:], "“\(quotation)”"), .tag("footer", [:], [.tag("cite", [:], "\(place) of the paper")])]),
        .tag(
          "p", ["class": "measured"], [.tag("strong", [:], "Measured here. "), .text(measured.joined(separator: " "))]),
      ])
  }
}

extension ReportVerdict {
  /// A tick, a cross, or a question mark.
  fileprivate var icon: HTML {
    let path =
      switch self {
      case .holds: "M4 10.5 8.5 15 16 5.5"
      case .doesNotHold: "M5 5 15 15 M15 5 5 15"
      case .notSettled: "M6.5 7a3.5 3.5 0 1 1 5 3.2c-1.2.6-1.5 1.3-1.5 2.3 M10 16v.01"
      }
    return .tag(
      "svg", ["class": "icon", "viewBox": "0 0 20 20", "width": "20", "height": "20", "aria-hidden": "true"],
      [.tag("path", ["d": path], [])])
  }
}
