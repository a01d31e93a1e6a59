/// Short labels for paths that no two of them share.
public enum PathLabels {
  /// The last component of each path, with as many folders before it as it takes to tell it from the others.
  ///
  /// A path that is given twice gets a number, too.
  public static func labels(of paths: [String]) -> [String] {
    let components = paths.map { $0.split(separator: "/").map(String.init) }
    var labels = components.enumerated().map { index, own in
      let others = components.enumerated().filter { $0.offset != index && $0.element != own }.map(\.element)
      let needed = (1...max(own.count, 1)).first { length in
        !others.contains { $0.suffix(length) == own.suffix(length) }
      }
      return own.suffix(needed ?? own.count).joined(separator: "/")
    }
    var seen: [String: Int] = [:]
    for index in labels.indices {
      let count = seen[labels[index], default: 0] + 1
      seen[labels[index]] = count
      if count > 1 { labels[index] += " (\(count))" }
    }
    return labels
  }
}
