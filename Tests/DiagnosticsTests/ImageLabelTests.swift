import Foundation
import Images
import Testing

import Diagnostics

/// Labels by folder, tensor and list: each follows its image whatever was chosen, and what would be a guess is refused.
@Suite struct ImageLabelTests {
  let folder = try? TemporaryFolder()

  /// Makes empty files at these places; labels never look inside images.
  private func images(_ names: [String], below root: String = "images") throws -> String {
    let folder = try #require(folder)
    for name in names {
      let url = folder.url.appendingPathComponent("\(root)/\(name)")
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: url)
    }
    return folder.path(root)
  }

  /// Writes a list and returns its path.
  private func list(_ text: String) throws -> String {
    let folder = try #require(folder)
    let name = "\(UUID().uuidString).txt"
    try folder.write(text, to: name)
    return folder.path(name)
  }

  /// Writes a safetensors file with one tensor of raw little-endian values.
  private func tensor<T>(_ values: [T], dtype: String, shape: [Int], named name: String = "labels") throws -> String {
    let folder = try #require(folder)
    let bytes = values.withUnsafeBytes { Array($0) }
    let header = #"{"\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[0,\#(bytes.count)]}}"#
    let path = folder.path("\(UUID().uuidString).safetensors")
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try Data(length + Array(header.utf8) + bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func labels(_ source: ImageLabels.Source, _ root: String, count: Int? = nil) throws -> ImageLabels {
    try ImageLabels(source: source, images: try ImageSet(paths: [root], count: count, seed: 5), roots: [root])
  }

  /// The labels of all images of a folder, by a list.
  private func labels(_ text: String, _ root: String, classes: Int = 10) throws -> [Int] {
    let set = try ImageSet(paths: [root])
    return try ImageLabels(source: .file(try list(text)), images: set, roots: [root])
      .labels(of: Array(0..<set.count), classes: classes, model: "m")
  }

  private func refusal(_ work: () throws -> Void) throws -> ImageLabelsError {
    try #require(throws: ImageLabelsError.self) { try work() }
  }

  // MARK: Folders

  @Test("Folders are classes in byte order, and an image keeps its class whatever was chosen")
  func folders() throws {
    let names = (0..<12).map { "\(["b", "B", "a"][$0 % 3])/\($0).png" }
    let root = try images(names)
    let all = try labels(.folder, root)
    #expect(all.classes == ["B", "a", "b"])
    #expect(all.words.contains("3 folders") && all.words.contains("B = 0") && all.words.contains("b = 2"))
    for count in 1...11 {
      // Two images of twelve may all be of one class: its index must not become 0.
      let set = try ImageSet(paths: [root], count: count, seed: UInt64(count))
      let some = try ImageLabels(source: .folder, images: set, roots: [root])
      let expected = (0..<count).map { index in
        let parts = set.name(of: index).split(separator: "/")
        return ["B": 0, "a": 1, "b": 2][parts[parts.count - 2]]
      }
      #expect(try some.labels(of: Array(0..<count), classes: 3, model: "m") == expected.compactMap(\.self))
      #expect(some.digest == all.digest && all.digest.count == 64)
      #expect(try some.labels(of: [count - 1], classes: 3, model: "m").first == expected[count - 1])
    }
  }

  @Test("Folders that are not as many as the head's classes are refused, more and fewer")
  func folderCount() throws {
    let root = try images(["a/1.png", "b/2.png", "c/3.png"])
    let labels = try labels(.folder, root)
    for classes in [2, 4, 1000] {
      let error = try refusal { _ = try labels.labels(of: [0], classes: classes, model: "deit") }
      #expect(error == .folders(found: 3, roots: [root], classes: classes, model: "deit"))
      #expect(error.description.contains("head of \(classes) classes (deit)"))
      #expect(error.description.contains("--labels FILE"))
    }
  }

  @Test("Images without a folder, and batches, have no classes by folder")
  func noFolder() throws {
    let root = try images(["a/1.png", "2.png"])
    let error = try refusal { _ = try labels(.folder, root) }
    #expect(error == .imageWithoutFolder(image: root + "/2.png", roots: [root]))
    #expect(error.description.contains("--labels FILE"))
    let batch = try tensor([Float](repeating: 0, count: 24), dtype: "F32", shape: [2, 3, 2, 2], named: "images")
    let other = try refusal { _ = try labels(.folder, batch) }
    #expect(other == .batchWithoutFolders(file: batch) && other.description.contains("tensor `labels`"))
  }

  @Test("Option values are the word folder, or a file") func option() {
    #expect(ImageLabels.Source(option: "folder") == .folder)
    #expect(ImageLabels.Source(option: "./folder") == .file("./folder"))
  }

  // MARK: Tensors

  @Test("A tensor's row i is the i-th image's of those given, also where only some are chosen")
  func rows() throws {
    let root = try images((0..<6).map { "\($0).png" })
    let values = [3, 1, 4, 1, 5, 0]
    let files = [
      try tensor(values.map { Int64($0) }, dtype: "I64", shape: [6]),
      try tensor(values.map { Int32($0) }, dtype: "I32", shape: [6]),
      try tensor(values.map { UInt8($0) }, dtype: "U8", shape: [6]),
    ]
    for file in files {
      for count in [2, 6] {
        let set = try ImageSet(paths: [root], count: count, seed: 3)
        let labels = try ImageLabels(source: .file(file), images: set, roots: [root])
        let expected = (0..<count).map { values[set.candidateIndex(of: $0)] }
        #expect(try labels.labels(of: Array(0..<count), classes: 6, model: "m") == expected)
        #expect(try labels.labels(of: [1, 0, 1], classes: 6, model: "m") == [expected[1], expected[0], expected[1]])
        #expect(labels.digest.count == 64 && labels.words.contains(file) && labels.classes == nil)
      }
    }
    // Images of a tensor have labels in the same way.
    let batch = try tensor([Float](repeating: 0, count: 24), dtype: "F32", shape: [2, 3, 2, 2], named: "images")
    let two = try labels(.file(try tensor([7, 9] as [Int16], dtype: "I16", shape: [2])), batch)
    #expect(try two.labels(of: [1, 0], classes: 10, model: "m") == [9, 7])
  }

  @Test("Tensors that cannot be labels are refused by what is wrong")
  func tensors() throws {
    let root = try images(["1.png", "2.png"])
    func words(_ file: String, _ indices: [Int] = [0, 1]) throws -> String {
      let words = try refusal {
        _ = try labels(.file(file), root).labels(of: indices, classes: 5, model: "deit")
      }.description
      #expect(words.hasPrefix(file))
      return words
    }
    #expect(try words(tensor([1, 2] as [Float], dtype: "F32", shape: [2])).contains("of type f32"))
    #expect(try words(tensor([1, 2] as [Int32], dtype: "I32", shape: [2, 1])).contains("shape [2, 1]"))
    #expect(try words(tensor([1] as [Int32], dtype: "I32", shape: [1])).contains("1 rows for 2 images"))
    #expect(try words(tensor([1, 2, 3] as [Int32], dtype: "I32", shape: [3])).contains("3 rows for 2 images"))
    #expect(try words(tensor([1, -1] as [Int32], dtype: "I32", shape: [2])).contains("row 1: -1 is no class index"))
    #expect(try words(tensor([UInt64.max, 1], dtype: "U64", shape: [2])).contains("row 0: 1.8446744e+19"))
    let five = try words(tensor([0, 5] as [Int32], dtype: "I32", shape: [2]))
    #expect(five.contains("row 1: class index 5, but the head of deit has 5 classes (0 … 4)"))
    let targets = try tensor([0, 1] as [Int32], dtype: "I32", shape: [2], named: "targets")
    #expect(try words(targets).contains("found targets"))
    // A label that no class is there for does not matter while its image is not used.
    let file = try tensor([4, 5] as [Int32], dtype: "I32", shape: [2])
    #expect(try labels(.file(file), root).labels(of: [0], classes: 5, model: "m") == [4])
  }

  // MARK: Lists

  @Test("Tabs, commas, blanks, quotes, a heading and Windows' line breaks are read")
  func formats() throws {
    let root = try images(["a/1.png", "a/two words.png", "c,d.png"])
    for between in ["\t", ",", " ", ", ", "   "] {
      for end in ["\n", "\r\n"] {
        let lines = ["a/1.png", "a/two words.png", "c,d.png"].enumerated().map { "\($1)\(between)\($0 + 4)" }
        #expect(try labels(lines.joined(separator: end) + end, root) == [4, 5, 6])
        #expect(try labels("path\(between)label\(end)\(end)" + lines.joined(separator: end), root) == [4, 5, 6])
      }
    }
    #expect(try labels("\u{FEFF}\"a/1.png\",\"1\"\n\"a/two words.png\",2\n\"c,d.png\",3", root) == [1, 2, 3])
  }

  @Test("A line is found by the path below the folder, else by the end of the path, and other lines do not matter")
  func paths() throws {
    let root = try images(["val/a/1.png", "val/b/1.png", "val/b/2.png"])
    #expect(try labels("val/a/1.png 1\nval/b/1.png 2\n./val//b/2.png 3\nval/c/9.png 7", root) == [1, 2, 3])
    #expect(try labels("a/1.png 1\nb/1.png 2\n2.png 3\ntrain/2.png 4\nc/1.png 5", root) == [1, 2, 3])
    #expect(try labels("\(root)/val/a/1.png 1\nb/1.png 2\nimages/val/b/2.png 3", root) == [1, 2, 3])
    // The nested image's whole path ends with the other's line, too, which is taken.
    let nested = try images(["1.png", "x/1.png"], below: "nested")
    #expect(try labels("1.png 3\nx/1.png 4", nested) == [3, 4])
    let error = try refusal { _ = try labels("1.png 3\ny/1.png 4", nested) }
    #expect(error == .noLabel(file: error.file, image: nested + "/x/1.png"))
  }

  @Test("The digest of a list is that of its bytes, and its words say how many images it labels")
  func identity() throws {
    let root = try images(["1.png", "2.png"])
    let text = "1.png 0\n7.png 3\n8.png 4\n"
    let labels = try labels(.file(try list(text)), root)
    // By sha256sum.
    #expect(labels.digest == "bc5b2a483241be6524ca3a8e5c278722422fc8888233f8065567c06abbfdb777")
    #expect(labels.words.contains("3 images listed") && labels.words.contains("1 of 2 images"))
    #expect(try labels.labels(of: [0], classes: 5, model: "m") == [0])
    let error = try refusal { _ = try labels.labels(of: [0, 1], classes: 5, model: "m") }
    #expect(error == .noLabel(file: error.file, image: root + "/2.png"))
    #expect(error.description.contains("no label for \(root)/2.png"))
  }

  @Test("Lines that cannot be used are named")
  func lines() throws {
    let root = try images(["a/1.png", "b/1.png"])
    func words(_ text: String) throws -> String { try refusal { _ = try labels(text, root) }.description }
    #expect(try words("a/1.png 0\nb/1.png one").contains("line 2 is no path and class index (found \"b/1.png one\")"))
    #expect(try words("a/1.png 1.0").contains("line 1 is no path and class index"))
    #expect(try words("a/1.png 0\n490").contains("line 2 is no path and class index"))
    #expect(try words("a/1.png 0\n 490").contains("line 2 is no path and class index"))
    #expect(try words("a/1.png 0\nb/1.png -1").contains("line 2: -1 is no class index"))
    #expect(try words("a/1.png 0\nb/1.png 99999999999").contains("line 2: 99999999999"))
    #expect(try words("a/1.png 0\n\nb/1.png 10").contains("line 3: class index 10, but the head of m has 10 classes"))
    #expect(try words("a/1.png 0\nb/1.png 0\n./a//1.png 0").contains("a/1.png stands in lines 1, 3"))
    #expect(try words("").contains("lists no image"))
    #expect(try words("image label\n").contains("lists no image"))
    #expect(try words("1.png 3").contains("line 1 fits \(root)/a/1.png and \(root)/b/1.png"))
    #expect(try words("a/1.png 0\nimages/a/1.png 1\nb/1.png 2").contains("lines 1, 2 all end like \(root)/a/1.png"))
    #expect(try words("a/1.png\u{1B}[2J x").contains("\\u{1B}"))
  }

  @Test("Files that are none are refused in words")
  func files() throws {
    let root = try images(["1.png"])
    let folder = try #require(folder)
    let missing = try refusal { _ = try labels(.file(folder.path("none.txt")), root) }
    #expect(missing.description.hasPrefix("\(folder.path("none.txt")): not usable as a file of labels"))
    #expect(try refusal { _ = try labels(.file(root), root) }.description.hasPrefix("\(root): not usable"))
    let latin = folder.path("latin.txt")
    try Data(Array("1.png 0 ".utf8) + [0xE9]).write(to: URL(fileURLWithPath: latin))
    #expect(try refusal { _ = try labels(.file(latin), root) }.description.contains("save it as UTF-8"))
    let cut = folder.path("cut.safetensors")
    try Data([9, 0, 0, 0, 0, 0, 0, 0, 0x7B]).write(to: URL(fileURLWithPath: cut))
    #expect(try refusal { _ = try labels(.file(cut), root) }.description.hasPrefix("\(cut): not usable"))
  }
}

extension ImageLabelsError {
  /// The file of a missing label.
  fileprivate var file: String {
    if case .noLabel(let file, _) = self { file } else { "" }
  }
}
