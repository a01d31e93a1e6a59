internal import Checkpoints

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

  /// The checkpoints of one run in the order of their numbers, `epoch_9.pth` before `epoch_10.pth`; others as they are.
  ///
  /// A shell puts `run/*.pth` into the order of letters. Paths are taken to come from such a pattern where they are three or more, of one
  /// folder, differ in nothing but numbers, and stand in that order: of two, the order says which is compared with which.
  public static func inOrderOfTraining(_ paths: [String]) -> [String] {
    let patterns = Set(paths.map { $0.replacing(#/[0-9]+/#, with: "#") })
    let folders = Set(paths.map { $0.split(separator: "/", omittingEmptySubsequences: false).dropLast() })
    // Locales pass over punctuation at first: `epoch_100.pth` then stands before `epoch_10.pth`.
    let letters = paths.map { String($0.filter { $0.isLetter || $0.isNumber }) }
    let isListed = paths == paths.sorted() || letters == letters.sorted()
    guard paths.count > 2, patterns.count == 1, folders.count == 1, isListed else { return paths }
    return paths.sortedNaturally()
  }
}
