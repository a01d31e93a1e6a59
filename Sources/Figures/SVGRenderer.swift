/// Writes a drawing list as an SVG whose words stay words.
struct SVGRenderer {
  let drawing: DrawingList
  let metadata: [(String, String)]

  func bytes() throws(FigureError) -> [UInt8] {
    var writer = SVGWriter()
    try writer.write(drawing.operations)
    // Several figures may stand on one page, where equal names would clash: the content names its clip paths.
    let prefix = "c" + String(writer.checksum, radix: 36)
    let body = writer.body.replacingAll(SVGWriter.prefixMark, with: prefix)
    let clips = writer.clips.map { "<clipPath id=\"\(prefix)-\($0.key)\">\($0.shape)</clipPath>" }
    let (width, height) = (Decimal.coordinate(drawing.width), Decimal.coordinate(drawing.height))
    // Programs that draw SVG 1.1 know links by this name only.
    let links = writer.hasPictures ? " xmlns:xlink=\"http://www.w3.org/1999/xlink\"" : ""
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg"\(links) width="\(width)pt" height="\(height)pt" viewBox="0 0 \(width) \(height)" \
      role="img" font-family="\(Typeface.fallbacks)">
      <title>\(SVGWriter.escaped(drawing.title))</title>
      <desc>\(SVGWriter.escaped(drawing.summary))</desc>

      """
    if !metadata.isEmpty {
      let rows = metadata.map { "<dt>\(SVGWriter.escaped($0.0))</dt><dd>\(SVGWriter.escaped($0.1))</dd>" }
      text += "<metadata><dl xmlns=\"http://www.w3.org/1999/xhtml\">\(rows.joined())</dl></metadata>\n"
    }
    if !clips.isEmpty { text += "<defs>\(clips.joined())</defs>\n" }
    return Array((text + body + "</svg>\n").utf8)
  }
}

extension Color {
  /// As style sheets write it, without its opacity: `#0072b2`.
  public var hexadecimal: String {
    let components = [red, green, blue].map { component in
      let digits = String(Int((component * 255).rounded()), radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    return "#" + components.joined()
  }
}

/// Operations as SVG elements.
struct SVGWriter {
  /// Stands for the prefix of names until the content, and with it the prefix, is known.
  static let prefixMark: Character = "\u{1}"

  /// Whether the elements become part of a page: tags become groups, and colours are noted.
  let isEmbedded: Bool
  private(set) var body = ""
  private(set) var colors: Set<Color> = []
  private(set) var hasPictures = false
  private(set) var clips: [(key: Int, shape: String)] = []

  init(isEmbedded: Bool = false) { self.isEmbedded = isEmbedded }

  mutating func write(_ operations: [DrawingOperation]) throws(FigureError) {
    for operation in operations {
      switch operation {
      case .polyline(let points, let stroke):
        body += "<polyline points=\"\(Self.list(points))\" fill=\"none\"\(attributes(stroke))/>\n"
      case .polygon(let points, let color):
        body += "<polygon points=\"\(Self.list(points))\"\(paint("fill", color))/>\n"
      case .rectangle(let box, let color):
        body += "<rect \(Self.attributes(box))\(paint("fill", color))/>\n"
      case .circle(let center, let radius, let fill, let outline):
        let place = "cx=\"\(Decimal.coordinate(center.x))\" cy=\"\(Decimal.coordinate(center.y))\""
        let rim = outline.map { attributes($0) } ?? ""
        body += "<circle \(place) r=\"\(Decimal.coordinate(radius))\"\(paint("fill", fill))\(rim)/>\n"
      case .text(let run): write(run)
      case .picture(let picture, let box): try write(picture, box)
      case .clipped(let box, let inner):
        let key = clips.count + 1
        clips.append((key, "<rect \(Self.attributes(box))/>"))
        body += "<g clip-path=\"url(#\(Self.prefixMark)-\(key))\">\n"
        try write(inner)
        body += "</g>\n"
      case .tagged(let tag, let inner):
        if isEmbedded { body += Self.opening(tag) }
        try write(inner)
        if isEmbedded { body += "</g>\n" }
      }
    }
  }

  private mutating func write(_ picture: Picture, _ box: Rectangle) throws(FigureError) {
    hasPictures = true
    // Some programs smooth what they enlarge, whatever they are told: squares of several pixels stay squares in all of them.
    // Browsers do as they are told.
    let isEnlarged = box.width >= Double(picture.width)
    let times = isEnlarged && !isEmbedded ? min(8, max(1, 1024 / max(picture.width, picture.height))) : 1
    let bytes = try picture.enlarged(times).png()
    body += "<image \(Self.attributes(box)) preserveAspectRatio=\"none\" "
    body +=
      times > 1 || isEnlarged && isEmbedded ? "style=\"image-rendering:crisp-edges;image-rendering:pixelated\" " : ""
    body += isEmbedded ? "" : "xlink:"
    body += "href=\"data:image/png;base64,\(Base64.text(bytes))\"/>\n"
  }

  private mutating func write(_ run: TextRun) {
    let (x, y) = (Decimal.coordinate(run.origin.x), Decimal.coordinate(run.origin.y))
    let place = run.isVertical ? "transform=\"translate(\(x) \(y)) rotate(-90)\"" : "x=\"\(x)\" y=\"\(y)\""
    let anchor =
      switch run.anchor {
      case .start: ""
      case .middle: " text-anchor=\"middle\""
      case .end: " text-anchor=\"end\""
      }
    let weight = run.isBold ? " font-weight=\"bold\"" : ""
    body += "<text \(place) font-size=\"\(Decimal.coordinate(run.size))\"\(anchor)\(weight)"
    body += "\(paint("fill", run.color)) xml:space=\"preserve\">\(Self.escaped(run.text))</text>\n"
  }

  /// A number that differs for different drawings (FNV-1a).
  var checksum: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in (body + clips.map(\.shape).joined()).utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return hash
  }

  // MARK: Attributes

  private static func list(_ points: [Point]) -> String {
    points.map { "\(Decimal.coordinate($0.x)),\(Decimal.coordinate($0.y))" }.joined(separator: " ")
  }

  private static func attributes(_ box: Rectangle) -> String {
    "x=\"\(Decimal.coordinate(box.x))\" y=\"\(Decimal.coordinate(box.y))\" "
      + "width=\"\(Decimal.coordinate(box.width))\" height=\"\(Decimal.coordinate(box.height))\""
  }

  private mutating func attributes(_ stroke: Stroke) -> String {
    var text = paint("stroke", stroke.color) + " stroke-width=\"\(Decimal.coordinate(stroke.width))\""
    if !stroke.dashes.isEmpty {
      text += " stroke-dasharray=\"\(stroke.dashes.map(Decimal.coordinate).joined(separator: " "))\""
    } else if stroke.isRound {
      text += " stroke-linecap=\"round\" stroke-linejoin=\"round\""
    }
    return text
  }

  private mutating func paint(_ attribute: String, _ color: Color) -> String {
    if isEmbedded { colors.insert(color.opacity(1)) }
    let opacity = color.opacity < 1 ? " \(attribute)-opacity=\"\(Decimal.coordinate(color.opacity))\"" : ""
    return " \(attribute)=\"\(color.hexadecimal)\"\(opacity)"
  }

  /// `text` for XML: markup escaped, characters that XML forbids replaced.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension String {
  /// The string with every `mark` replaced.
  fileprivate func replacingAll(_ mark: Character, with text: String) -> String {
    split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
  }
}
