/// The source text of an MMEngine configuration, searched for plain values; nothing in it is run.
///
/// `meta.cfg` holds text such as `model = dict(backbone=dict(arch='b', out_indices=[0, 2], …), neck=dict(…))`.
struct PythonConfig: Sendable {
  private let text: Substring

  /// Wraps a configuration's source text.
  init(_ text: String) { self.text = text[...] }

  private init(text: Substring) { self.text = text }

  /// The arguments of `name=dict(…)` or the items of `name={…}`, the first of that name.
  func section(_ name: String) -> PythonConfig? {
    for start in starts(of: name) {
      let value = text[start...].drop { $0 == " " || $0 == "\n" }
      if value.hasPrefix("dict(") { return PythonConfig(text: enclosed(value.dropFirst(4))) }
      if value.hasPrefix("{") { return PythonConfig(text: enclosed(value)) }
    }
    return nil
  }

  /// The integer of `name=12`.
  func integer(_ name: String) -> Int? { scalar(name).flatMap { Int($0) } }

  /// The number of `name=0.75` or `name=1e-6`.
  func number(_ name: String) -> Double? { scalar(name).flatMap { Double($0) } }

  /// The value of `name=True`.
  func bool(_ name: String) -> Bool? { scalar(name).flatMap { ["True": true, "False": false][$0] } }

  /// The text of `name='b'`.
  func string(_ name: String) -> String? {
    guard let value = scalar(name), let quote = value.first, quote == "'" || quote == "\"", value.last == quote,
      value.count >= 2
    else { return nil }
    return String(value.dropFirst().dropLast())
  }

  /// The integers of `name=[0, 2, 4]` or `name=(0, 2, 4)`.
  func integers(_ name: String) -> [Int]? {
    guard let start = starts(of: name).first else { return nil }
    let value = text[start...].drop { $0 == " " || $0 == "\n" }
    guard value.hasPrefix("[") || value.hasPrefix("(") else { return nil }
    let items = enclosed(value).split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    let numbers = items.compactMap { Int($0) }
    return numbers.count == items.count ? numbers : nil
  }

  private func scalar(_ name: String) -> String? {
    guard let start = starts(of: name).first else { return nil }
    let value = text[start...].drop { $0 == " " }.prefix { !",)}\n".contains($0) }
    return String(value.filter { $0 != " " })
  }

  /// Where the values of `name=` (or `'name':`) begin.
  private func starts(of name: String) -> [Substring.Index] {
    var starts: [Substring.Index] = []
    for marker in ["\(name)=", "\(name) =", "'\(name)':", "\"\(name)\":"] {
      var rest = text
      while let range = rest.firstRange(of: marker) {
        let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
        if !(before.isLetter || before.isNumber || before == "_") { starts.append(range.upperBound) }
        rest = rest[range.upperBound...]
      }
    }
    return starts.sorted()
  }

  /// What stands between the bracket that `value` begins with and its partner.
  private func enclosed(_ value: Substring) -> Substring {
    var depth = 0
    for index in value.indices {
      if "([{".contains(value[index]) { depth += 1 }
      if ")]}".contains(value[index]) {
        depth -= 1
        if depth == 0 { return value[value.index(after: value.startIndex)..<index] }
      }
    }
    return value.dropFirst()
  }
}
