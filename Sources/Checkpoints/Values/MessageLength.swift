extension String {
  /// Scalars of a message; enough for any two paths and for what is wrong.
  static let messageLimit = 1400
  /// What stays at the end: what to do next stands there.
  private static let messageEnd = 400

  /// A message whose length a file cannot choose: names and texts of strangers stand in it, and what is too long loses its middle.
  package var boundedMessage: String {
    let scalars = unicodeScalars
    // Scalars, not characters: thousands of combining marks make one character.
    guard utf8.count > Self.messageLimit, scalars.count > Self.messageLimit else { return self }
    var text = String.UnicodeScalarView(scalars.prefix(Self.messageLimit - Self.messageEnd))
    text.append(contentsOf: " … ".unicodeScalars)
    text.append(contentsOf: scalars.suffix(Self.messageEnd))
    return String(text)
  }
}
