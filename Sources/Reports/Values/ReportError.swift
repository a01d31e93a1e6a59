/// Why a page cannot be made.
public enum ReportError: Error, Sendable, Hashable {
  /// A figure cannot be drawn.
  case figure(section: String, file: String, reason: String)
  /// A result cannot be written as JSON.
  case numbers(section: String, file: String, reason: String)
  /// An anchor cannot be used.
  case anchor(id: String)
}

extension ReportError: CustomStringConvertible {
  /// What is wrong and what to do next.
  public var description: String {
    switch self {
    case .figure(let section, let file, let reason):
      "section \(section) of the page: the figure \(file) cannot be drawn (\(reason)); leave it out, or compute its result again"
    case .numbers(let section, let file, let reason):
      "section \(section) of the page: the numbers of \(file) cannot be written (\(reason)); compute the result again"
    case .anchor(let id):
      "section \(id) of the page: the anchor is empty, taken, or holds other characters than a–z, 0–9 and -; give it another"
    }
  }
}
