internal import Diagnostics
internal import Figures

/// A figure with what belongs to it, as an element of the page.
struct FigureWriter {
  /// Most bytes of a file inside the page: a browser on a phone has to hold the page.
  static let largestFile = 3_000_000

  let figure: ReportFigure
  /// The anchor, unlike all others of the page.
  let id: String
  let drawings: FigureDrawings
  private let json: [UInt8]
  private let settings: FigureSettings

  /// Draws the figure and writes its numbers.
  init(_ figure: ReportFigure, id: String, section: String) throws(ReportError) {
    self.figure = figure
    self.id = id
    do {
      drawings = try FigureDrawings(figure, prefix: id)
    } catch {
      throw .figure(section: section, file: figure.fileName, reason: "\(error)")
    }
    do {
      json = try encodeResult(figure.result)
      settings = try FigureSettings.reading(json)
    } catch {
      throw .numbers(section: section, file: figure.fileName, reason: "\(error)")
    }
  }

  private var tabulated: (any TabulatedResult)? { figure.result as? any TabulatedResult }

  var html: HTML {
    .tag(
      "figure", ["id": id],
      [
        .tag("div", ["class": "plot wide"], [Self.drawing(drawings.wide)]),
        .tag("div", ["class": "plot narrow"], drawings.narrow.map(Self.drawing)),
        .tag("figcaption", [:], [.tag("p", [:], figure.caption)] + conclusions),
      ] + (tabulated?.summaryTables ?? []).map(\.html) + [behind])
  }

  /// The drawing at the page's scale: a quarter larger than on paper, where words are read from nearer.
  private static func drawing(_ drawing: PageDrawing) -> HTML {
    .markup(
      drawing.element.replacing(
        "<svg ", with: "<svg style=\"--w:\(Int(drawing.width.rounded()))\" ", maxReplacements: 1))
  }

  private var conclusions: [HTML] {
    (tabulated?.conclusions ?? []).map { .tag("p", ["class": "conclusion"], $0) }
  }

  // MARK: What is behind it

  private var behind: HTML {
    .tag("div", ["class": "behind"], [downloads, numbers, allSettings, commandLine].compactMap(\.self))
  }

  private var downloads: HTML {
    guard json.count <= Self.largestFile else {
      return .tag(
        "p", ["class": "downloads"],
        "The numbers (\(Self.size(json.count)) of JSON) are too large for a page; the command line below writes them.")
    }
    let csv = Array(figure.result.csv.utf8)
    var links = [Self.link("\(figure.fileName).json", "application/json", json)]
    if csv.count <= Self.largestFile { links.append(Self.link("\(figure.fileName).csv", "text/csv", csv)) }
    return .tag("p", ["class": "downloads"], [.text("All numbers: ")] + links.flatMap { [$0, .text(" ")] })
  }

  private static func link(_ name: String, _ type: String, _ bytes: [UInt8]) -> HTML {
    .tag(
      "a", ["download": name, "href": "data:\(type);base64,\(Base64.text(bytes))"],
      [.text(name), .tag("span", ["class": "size"], " (\(size(bytes.count)))")])
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\((bytes + 999) / 1000) kB" : "\((bytes + 999_999) / 1_000_000) MB"
  }

  private var numbers: HTML? {
    guard let tables = tabulated?.numberTables, !tables.isEmpty else { return nil }
    return .tag(
      "details", ["class": "numbers"], [.tag("summary", [:], "The numbers as tables")] + tables.map(\.html))
  }

  private var allSettings: HTML {
    let common = settings.common
    let (heads, rows) = settings.byModel
    let list = HTML.tag(
      "dl", ["class": "facts"], common.flatMap { [HTML.tag("dt", [:], $0.name), .tag("dd", [:], $0.value)] })
    let table = ReportTable(
      caption: "By checkpoint", columns: ["setting"] + heads,
      rows: rows.map { [.text($0.name)] + $0.values.map(ReportCell.text) })
    return .tag(
      "details", ["class": "settings"],
      [.tag("summary", [:], "Settings, seed and digests"), list] + (rows.isEmpty ? [] : [table.html]))
  }

  private var commandLine: HTML {
    .tag(
      "div", ["class": "command"],
      [
        .tag("p", [:], "This figure again:"),
        .tag("pre", ["tabindex": "0"], [.tag("code", [:], ShellWords.line(figure.arguments))]),
      ])
  }
}
