/// Why labels cannot be used.
public enum ImageLabelsError: Error, Sendable, Hashable {
  case unreadable(file: String, reason: String)
  case noTensor(file: String, found: [String])
  case elementType(file: String, type: String)
  case shape(file: String, shape: [Int])
  case rows(file: String, rows: Int, images: Int)
  case value(file: String, place: String, value: String)
  case line(file: String, line: Int, found: String)
  case empty(file: String)
  case duplicate(file: String, path: String, lines: [Int])
  case severalLines(file: String, image: String, lines: [Int])
  case severalImages(file: String, line: Int, images: [String])
  case batchWithoutFolders(file: String)
  case imageWithoutFolder(image: String, roots: [String])
  case folders(found: Int, roots: [String], classes: Int, model: String)
  case noLabel(file: String, image: String)
  case outOfRange(file: String, place: String, label: Int, classes: Int, model: String)
}

extension ImageLabelsError: CustomStringConvertible {
  /// What is wrong, in which file and line or row, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): not usable as a file of labels: \(reason)"
    case .noTensor(let file, let found):
      "\(file): holds no tensor named labels (found \(Self.list(found))); labels are an integer tensor `labels` of shape (N,)"
    case .elementType(let file, let type):
      "\(file): tensor labels is of type \(type); labels are class indices, so store integers"
    case .shape(let file, let shape):
      "\(file): tensor labels has shape \(shape); labels have shape (N,), a class index for each image"
    case .rows(let file, let rows, let images):
      "\(file): tensor labels has \(rows) rows for \(images) images; row i belongs to the i-th image in the order given: "
        + "give exactly the images that the labels were made for, or a text file with a path beside each label"
    case .value(let file, let place, let value):
      "\(file): \(place): \(value) is no class index; they count from 0"
    case .line(let file, let line, let found):
      "\(file): line \(line) is no path and class index (found \"\(PrintableText.escaped(found))\"); "
        + "write the image's path, a tab, comma or blank, and a whole number"
    case .empty(let file):
      "\(file): lists no image; write a line for each: its path, a tab, comma or blank, and its class index"
    case .duplicate(let file, let path, let lines):
      "\(file): \(PrintableText.escaped(path)) stands in lines \(Self.list(lines)); leave one of them"
    case .severalLines(let file, let image, let lines):
      "\(file): lines \(Self.list(lines)) all end like \(image); write its path below the folder given with --images"
    case .severalImages(let file, let line, let images):
      "\(file): line \(line) fits \(images.joined(separator: " and ")); write more of the path, so that it fits one"
    case .batchWithoutFolders(let file):
      "\(file): images of a tensor lie in no folders that could tell classes; give --labels FILE with an integer tensor `labels`"
    case .imageWithoutFolder(let image, let roots):
      "\(image): lies in no folder below \(roots.joined(separator: ", ")), so --labels folder has no class for it; "
        + "give the folder above the class folders as --images, or --labels FILE"
    case .folders(let found, let roots, let classes, let model):
      "\(roots.joined(separator: ", ")): \(found) folders for a head of \(classes) classes (\(model)): a folder's place "
        + "would not be its class index; give --labels FILE with the head's own class indices, or images of all classes"
    case .noLabel(let file, let image):
      "\(file): no label for \(image); add a line for it, or leave the image out"
    case .outOfRange(let file, let place, let label, let classes, let model):
      "\(file): \(place): class index \(label), but the head of \(model) has \(classes) classes (0 … \(classes - 1)); "
        + "class indices count from 0, in the order of the head"
    }
  }

  /// At most five, and how many more there are.
  private static func list(_ items: [some CustomStringConvertible]) -> String {
    if items.isEmpty { return "no tensor at all" }
    let shown = items.prefix(5).map(\.description).joined(separator: ", ")
    return items.count > 5 ? "\(shown) and \(items.count - 5) more" : shown
  }
}
