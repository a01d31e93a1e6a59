import ArgumentParser

/// A value that can be written on the command line again, as the text that it is parsed from.
protocol CommandWord {
  var word: String { get }
}

extension CommandWord where Self: RawRepresentable, RawValue == String {
  var word: String { rawValue }
}

extension CommandWord where Self: LosslessStringConvertible {
  var word: String { description }
}

extension Int: CommandWord {}
extension UInt64: CommandWord {}
extension Double: CommandWord {}
extension String: CommandWord {}

/// A group in which the name of a property is not that of its option.
protocol RenamedOptions {
  /// The option's name without hyphens before it, by the property's name.
  static var optionNames: [String: String] { get }
}

extension ParsableArguments {
  /// The words of a command line that say what these options say: those alone that differ from what holds without them.
  ///
  /// They come from the properties themselves, so that no list can forget one. Arguments that are no options, such as paths, are left
  /// out.
  var words: [String] {
    var words: [String] = []
    for (given, usual) in zip(Self.properties(self), Self.properties(Self.usual)) {
      let mine = given.words
      if mine != usual.words { words += mine }
    }
    return words
  }

  /// The names of the options that say something, such as `--heads`.
  var given: [String] {
    zip(Self.properties(self), Self.properties(Self.usual)).filter { $0.words != $1.words }.map { $0.0.name }
  }

  /// What holds when nothing is said.
  static var usual: Self {
    do {
      return try parse([])
    } catch {
      preconditionFailure("\(Self.self) has an option that must be given")
    }
  }

  /// The options of a group and of the groups in it, in the order of their declaration.
  private static func properties(_ group: Self) -> [OptionProperty] {
    let names = (Self.self as? any RenamedOptions.Type)?.optionNames ?? [:]
    return Mirror(reflecting: group).children.flatMap { child -> [OptionProperty] in
      guard let label = child.label, label.hasPrefix("_") else {
        preconditionFailure("\(Self.self): \(child.label ?? "a property") is no option")
      }
      let property = String(label.dropFirst())
      let name = names[property] ?? OptionProperty.hyphenated(property)
      switch child.value {
      case let option as any WrappedOption: return [OptionProperty(name: name, value: option.value, isFlag: false)]
      case let flag as any WrappedFlag: return [OptionProperty(name: name, value: flag.value, isFlag: true)]
      case is any WrappedArgument: return []
      case let group as any WrappedGroup: return group.properties
      default: preconditionFailure("\(Self.self): \(label) is no option")
      }
    }
  }

  /// The same, where the group's type is not known.
  fileprivate var ownProperties: [OptionProperty] { Self.properties(self) }
}

/// An option and its value.
private struct OptionProperty {
  /// As on the command line.
  let name: String
  /// The words that give it this value; empty where it has none.
  let words: [String]

  /// - Parameters:
  ///   - name: Without hyphens before it.
  ///   - value: What the property holds.
  ///   - isFlag: Whether it is said by being there.
  init(name: String, value: Any, isFlag: Bool) {
    self.name = "--\(name)"
    if isFlag {
      words = (Self.wrapped(value) as? Bool).map { [$0 ? "--\(name)" : "--no-\(name)"] } ?? []
    } else if let values = value as? [any CommandWord] {
      words = values.flatMap { Self.words("--\(name)", $0.word) }
    } else {
      words = Self.wrapped(value).map { Self.words("--\(name)", Self.word($0, name: name)) } ?? []
    }
  }

  /// The option that the parser makes of a property, such as `image-size` of `imageSize`.
  static func hyphenated(_ property: String) -> String {
    property.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }

  /// A value that begins with a hyphen would be taken for an option of its own.
  private static func words(_ name: String, _ value: String) -> [String] {
    value.hasPrefix("-") ? ["\(name)=\(value)"] : [name, value]
  }

  private static func word(_ value: Any, name: String) -> String {
    guard let value = value as? any CommandWord else {
      preconditionFailure("--\(name): \(type(of: value)) cannot be written as a word")
    }
    return value.word
  }

  /// The value, or nil for an optional without one.
  private static func wrapped(_ value: Any) -> Any? {
    let mirror = Mirror(reflecting: value)
    return mirror.displayStyle == .optional ? mirror.children.first?.value : value
  }
}

// What the property wrappers of the parser hold, whatever its type.
private protocol WrappedOption { var value: Any { get } }
private protocol WrappedFlag { var value: Any { get } }
private protocol WrappedArgument {}
private protocol WrappedGroup { var properties: [OptionProperty] { get } }

extension Option: WrappedOption { fileprivate var value: Any { wrappedValue } }
extension Flag: WrappedFlag { fileprivate var value: Any { wrappedValue } }
extension Argument: WrappedArgument {}
extension OptionGroup: WrappedGroup { fileprivate var properties: [OptionProperty] { wrappedValue.ownProperties } }
