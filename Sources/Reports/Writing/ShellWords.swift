/// Command lines as a shell reads them.
public enum ShellWords {
  /// The program and its arguments, quoted where a shell would read them otherwise.
  ///
  /// - Parameter arguments: What follows the program's name.
  /// - Returns: A line to paste.
  public static func line(_ arguments: [String]) -> String {
    (["mff-inspect"] + arguments).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", ",", "+", "@", "%": true
        default: false
        }
      }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
