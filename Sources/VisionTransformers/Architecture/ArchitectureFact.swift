/// One value of an architecture, and where it came from.
public struct ArchitectureFact: Sendable, Hashable {
  /// The value's name in `Architecture`, such as `heads` or `decoder.width`.
  public let name: String
  /// The value in words.
  public let value: String
  /// Where it came from.
  public let source: ValueSource
}
