internal import Foundation
internal import Images

/// A text file that lists images and their classes: a path, then a class index, with a tab, a comma or blanks between.
///
/// A line belongs to the image that has this path below the folder given, else to the one whose whole path ends with it.
struct LabelLines {
  private struct Line {
    let number: Int
    let label: Int
  }

  private let file: String
  /// By path, without empty components and `.`.
  private let lines: [String: Line]

  /// How many images are listed.
  var count: Int { lines.count }

  /// Reads every line.
  ///
  /// Empty lines are passed over, and a first line that is a heading, such as `path,label`: no file's name, no digit.
  init(_ bytes: [UInt8], file: String) throws(ImageLabelsError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unreadable(file: file, reason: "it is neither text in UTF-8 nor a checkpoint; save it as UTF-8")
    }
    self.file = file
    var lines: [String: Line] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let number = index + 1
      guard let (path, word) = try Self.parts(of: line, number, file) else { continue }
      guard let label = Int(word) else {
        if index == 0, !word.contains(where: \.isNumber), !path.contains(where: { "./".contains($0) }) { continue }
        throw .line(file: file, line: number, found: String(line.prefix(80)))
      }
      guard label >= 0, label < 1 << 24 else { throw .value(file: file, place: "line \(number)", value: "\(label)") }
      let key = Self.components(path).joined(separator: "/")
      if let other = lines[key] {
        throw .duplicate(file: file, path: key, lines: [other.number, number])
      }
      lines[key] = Line(number: number, label: label)
    }
    guard !lines.isEmpty else { throw .empty(file: file) }
    self.lines = lines
  }

  /// The path and the last word of a line; nil for an empty line.
  private static func parts(
    of line: Substring, _ number: Int, _ file: String
  ) throws(ImageLabelsError) -> (path: Substring, word: Substring)? {
    var rest = line
    let isBetween = { (character: Character) in character.isWhitespace || character == "," }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    while rest.first?.isWhitespace == true || rest.first == "\u{FEFF}" { rest.removeFirst() }
    if rest.isEmpty { return nil }
    guard let end = rest.lastIndex(where: isBetween) else {
      throw .line(file: file, line: number, found: String(line.prefix(80)))
    }
    let word = rest[rest.index(after: end)...]
    rest = rest[..<end]
    while let last = rest.last, isBetween(last) { rest.removeLast() }
    let path = unquoted(rest)
    guard !path.isEmpty, !word.isEmpty else {
      throw .line(file: file, line: number, found: String(line.prefix(80)))
    }
    return (path, unquoted(word))
  }

  private static func unquoted(_ text: Substring) -> Substring {
    text.count > 1 && text.first == "\"" && text.last == "\"" ? text.dropFirst().dropLast() : text
  }

  private static func components(_ path: some StringProtocol) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map { String($0) }
  }
}

// MARK: Whose line it is

extension LabelLines {
  /// The label of every image that there was to choose from; nil where no line is the image's.
  func labels(of images: ImageSet, roots: [String]) throws(ImageLabelsError) -> [ImageLabels.Label?] {
    let names = (0..<images.candidateCount).map(images.candidateName)
    let exact = names.map { FolderClasses.relativePath(of: $0, roots: roots).flatMap(listed) }
    // A line that is an image's path below its folder is no other image's by its end.
    let taken = Set(exact.compactMap(\.self))
    let ends = Set(lines.keys.filter { !taken.contains($0) }.map { Self.components($0).last })
    var owners: [String: String] = [:]
    var labels: [ImageLabels.Label?] = []
    for (name, own) in zip(names, exact) {
      let path = Self.components(name.hasPrefix("/") ? name : Self.workingFolder + "/" + name)
      var keys = own.map { [$0] } ?? []
      if ends.contains(path.last) {
        keys += path.indices.compactMap { listed(path[$0...].joined(separator: "/")) }.filter { !taken.contains($0) }
      }
      let matches = keys.compactMap { key in lines[key].map { (key, $0) } }
      guard matches.count < 2 else {
        throw .severalLines(file: file, image: name, lines: matches.map(\.1.number).sorted())
      }
      if let (key, line) = matches.first, let other = owners.updateValue(name, forKey: key) {
        throw .severalImages(file: file, line: line.number, images: [other, name])
      }
      labels.append(matches.first.map { ImageLabels.Label(value: $0.1.label, place: "line \($0.1.number)") })
    }
    return labels
  }

  /// The path as it is listed; nil when it is not.
  private func listed(_ path: some StringProtocol) -> String? {
    let key = Self.components(path).joined(separator: "/")
    return lines[key] == nil ? nil : key
  }

  private static var workingFolder: String { FileManager.default.currentDirectoryPath }
}

// MARK: Files

extension LabelLines {
  /// The bytes of a text file; nil for a file of other content.
  ///
  /// - Throws: `ImageLabelsError.unreadable`.
  static func text(of path: String) throws(ImageLabelsError) -> [UInt8]? {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
      throw .unreadable(file: path, reason: (error as NSError).localizedDescription)
    }
    // Every container of tensors has zeros near its beginning, no text has.
    return data.prefix(64).contains(0) ? nil : [UInt8](data)
  }
}
