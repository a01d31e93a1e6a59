/// The source text of an MMEngine configuration, searched for plain values; nothing in it is run.
///
/// `meta.cfg` holds text such as `model = dict(backbone=dict(arch='b', out_indices=[0, 2], …), neck=dict(…))`. A value that is no
/// literal, such as the name of a variable, counts as absent.
struct PythonConfig: Sendable {
  private let tokens: ArraySlice<PythonToken>
  /// The whole text, where the values of names stand.
  private let whole: ArraySlice<PythonToken>

  /// Real configurations are about eight levels deep; a stranger's text must not make the search quadratic.
  private static let deepestLevel = 32
  /// Real pipelines have about ten steps.
  private static let longestList = 64

  /// Wraps a configuration's source text.
  init(_ text: String) {
    tokens = PythonToken.tokens(of: text)[...]
    whole = tokens
  }

  private init(_ tokens: ArraySlice<PythonToken>, of whole: ArraySlice<PythonToken>) {
    (self.tokens, self.whole) = (tokens, whole)
  }

  /// The arguments of `name=dict(…)` or the items of `name={…}`: the outermost of that name, the first of several.
  func section(_ name: String) -> PythonConfig? {
    var level = [tokens]
    for _ in 0..<Self.deepestLevel where !level.isEmpty {
      for tokens in level {
        for entry in Self.entries(of: tokens) where entry.name == name {
          if let arguments = Self.dictionary(entry.value) { return PythonConfig(arguments, of: whole) }
        }
      }
      level = level.flatMap(Self.groups)
    }
    return nil
  }

  /// The arguments of `name=dict(…)` at the outermost level of this section, also where `name` is that of a variable.
  func part(_ name: String) -> PythonConfig? {
    value(name).flatMap { Self.dictionary(resolved($0)) }.map { PythonConfig($0, of: whole) }
  }

  /// The dictionaries in `name=[dict(…), …]` at the outermost level of this section, also where it is a variable; nil where
  /// there is no such list, or something else in it.
  func parts(_ name: String) -> [PythonConfig]? {
    guard let value = value(name).map(resolved), value.first == .symbol("["), let items = Self.groups(in: value).first,
      value.count == items.count + 2
    else { return nil }
    let parts = Self.items(of: items)
    // Each may be a variable, for which the whole text is searched.
    guard parts.count <= Self.longestList else { return nil }
    var found: [PythonConfig] = []
    for item in parts {
      guard let arguments = Self.dictionary(resolved(item)) else { return nil }
      found.append(PythonConfig(arguments, of: whole))
    }
    return found
  }

  /// Whether something other than `None` stands under a name, at the outermost level of this section.
  func states(_ name: String) -> Bool { value(name).map { Self.text($0) != "None" } ?? false }

  /// The source text of a value, shortened, for messages; nil where there is none.
  func words(_ name: String) -> String? {
    guard let value = value(name) else { return nil }
    let words = value.prefix(40).map { token in
      switch token {
      case .word(let word): word
      case .string(let text): "'\(text)'"
      case .symbol(let symbol): String(symbol)
      case .newline: " "
      }
    }
    return String(words.joined().prefix(80))
  }

  /// What a name stands for in the outermost statements; the value itself where it is no name.
  private func resolved(_ value: ArraySlice<PythonToken>) -> ArraySlice<PythonToken> {
    guard value.count == 1, case .word(let name)? = value.first else { return value }
    return Self.entries(of: whole).last { $0.name == name }?.value ?? value
  }

  /// The integer of `name=12`, at the outermost level of this section.
  func integer(_ name: String) -> Int? { scalar(name).flatMap { Int($0) } }

  /// The number of `name=0.75` or `name=1e-6`, at the outermost level of this section.
  func number(_ name: String) -> Double? { scalar(name).flatMap { Double($0) } }

  /// The numbers of `name=[123.675, 116.28, 103.53]`, at the outermost level of this section.
  func numbers(_ name: String) -> [Double]? {
    guard let value = value(name).map(resolved), value.first == .symbol("[") || value.first == .symbol("("),
      let items = Self.groups(in: value).first, value.count == items.count + 2
    else { return nil }
    let numbers = Self.items(of: items).map { Self.text($0).flatMap { Double($0) } }
    return numbers.contains(nil) ? nil : numbers.compactMap(\.self)
  }

  /// The value of `name=True`, at the outermost level of this section.
  func bool(_ name: String) -> Bool? { scalar(name).flatMap { ["True": true, "False": false][$0] } }

  /// The text of `name='b'`, at the outermost level of this section; adjacent literals are joined as Python does.
  func string(_ name: String) -> String? {
    guard let value = value(name), !value.isEmpty else { return nil }
    var text = ""
    for token in value {
      guard case .string(let part) = token else { return nil }
      text += part
    }
    return text
  }

  /// The integers of `name=[0, 2, -1]`, `name=(0, 2)` or `name=11`, at the outermost level of this section.
  func integers(_ name: String) -> [Int]? {
    guard let value = value(name), let first = value.first else { return nil }
    guard first == .symbol("[") || first == .symbol("(") else { return Self.integer(value).map { [$0] } }
    guard let items = Self.groups(in: value).first, value.count == items.count + 2 else { return nil }
    var numbers: [Int] = []
    for item in Self.items(of: items) {
      guard let number = Self.integer(item) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  // MARK: Walking over tokens

  private func value(_ name: String) -> ArraySlice<PythonToken>? {
    Self.entries(of: tokens).first { $0.name == name }?.value
  }

  private func scalar(_ name: String) -> String? { value(name).flatMap(Self.text) }

  private static func integer(_ value: ArraySlice<PythonToken>) -> Int? { text(value).flatMap { Int($0) } }

  /// The characters of a value in which no string occurs.
  private static func text(_ value: ArraySlice<PythonToken>) -> String? {
    var text = ""
    for token in value {
      switch token {
      case .word(let word): text += word
      case .symbol(let symbol): text.append(symbol)
      case .string, .newline: return nil
      }
    }
    return text
  }

  /// `name = value` and `'name': value` among the items.
  private static func entries(
    of tokens: ArraySlice<PythonToken>
  ) -> [(name: String, value: ArraySlice<PythonToken>)] {
    items(of: tokens).compactMap { item in
      guard item.count > 2 else { return nil }
      return switch (item[item.startIndex], item[item.startIndex + 1]) {
      case (.word(let name), .symbol("=")), (.string(let name), .symbol(":")): (name, item.dropFirst(2))
      default: nil
      }
    }
  }

  /// What stands between commas, and between the ends of statements, outside all brackets.
  private static func items(of tokens: ArraySlice<PythonToken>) -> [ArraySlice<PythonToken>] {
    var (depth, start) = (0, tokens.startIndex)
    var items: [ArraySlice<PythonToken>] = []
    for index in tokens.indices {
      depth += tokens[index].nesting
      guard depth == 0, tokens[index] == .symbol(",") || tokens[index] == .newline else { continue }
      items.append(tokens[start..<index])
      start = index + 1
    }
    items.append(tokens[start...])
    return items.filter { !$0.isEmpty }
  }

  /// The contents of the outermost brackets.
  private static func groups(in tokens: ArraySlice<PythonToken>) -> [ArraySlice<PythonToken>] {
    var (depth, start) = (0, tokens.startIndex)
    var groups: [ArraySlice<PythonToken>] = []
    for index in tokens.indices {
      let nesting = tokens[index].nesting
      if nesting > 0, depth == 0 { start = index + 1 }
      depth += nesting
      if nesting < 0, depth == 0 { groups.append(tokens[start..<index]) }
    }
    return groups
  }

  /// The arguments of `dict(…)` or the items of `{…}`.
  private static func dictionary(_ value: ArraySlice<PythonToken>) -> ArraySlice<PythonToken>? {
    let body = value.first == .word("dict") ? value.dropFirst() : value
    guard body.first == (body.count < value.count ? .symbol("(") : .symbol("{")) else { return nil }
    return groups(in: body).first
  }
}
