internal import Checkpoints

/// The order of the checkpoints of one run, as a command line names them.
public enum CheckpointOrder {
  /// The paths in natural order, `epoch_2` before `epoch_10`, where they are three or more that differ in numbers only, as a shell's
  /// `run/epoch_*.pth` names them by characters; others, and those in the opposite order, stay as they are.
  ///
  /// Two stay as they are, too: their difference is the second's less the first's.
  public static func natural(_ paths: [String]) -> [String] {
    guard paths.count > 2, Set(paths.map(pattern)).count == 1 else { return paths }
    let sorted = paths.sorted { $0.precedesNaturally($1) }
    return paths == sorted.reversed() ? paths : sorted
  }

  /// A path with `#` for each run of digits.
  private static func pattern(_ path: String) -> String {
    var pattern = ""
    for character in path {
      if !character.isASCII || !character.isWholeNumber {
        pattern.append(character)
      } else if pattern.last != "#" {
        pattern.append("#")
      }
    }
    return pattern
  }
}
