/// Fewer points for long lines, without a visible difference.
enum Thinning {
  /// The width on the page, in points, in which a line is reduced to its first, lowest, highest and last point.
  static let cell = 0.25

  /// The line itself while it is short or turns back, otherwise up to four points for each cell: no extreme is lost.
  static func thinned(_ line: [Point], over longest: Int = 2000, cell: Double = cell) -> [Point] {
    guard line.count > longest, zip(line, line.dropFirst()).allSatisfy({ $0.x <= $1.x }) else { return line }
    var result: [Point] = []
    var start = 0
    while start < line.count {
      let bound = line[start].x + cell
      var end = start
      var (lowest, highest) = (start, start)
      while end < line.count, line[end].x < bound || end == start {
        if line[end].y < line[lowest].y { lowest = end }
        if line[end].y > line[highest].y { highest = end }
        end += 1
      }
      for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(line[index]) }
      start = end
    }
    return result
  }
}
