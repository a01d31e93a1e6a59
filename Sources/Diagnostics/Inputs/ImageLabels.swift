internal import Checkpoints
internal import Digests
public import Images

/// The class of each image: by the folder it lies in, or from a file.
///
/// Labels belong to all images that there were to choose from, so that a smaller `--count` changes none of them.
public struct ImageLabels: Sendable {
  /// Where labels come from.
  public enum Source: Sendable, Hashable {
    /// The first folder below the path that was given, numbered in byte order, as torchvision's `ImageFolder` does.
    case folder
    /// The integer tensor `labels` of shape (N,) of a checkpoint container, row i for the i-th image in the order given; or a text
    /// file whose lines are a path and a class index with a tab, comma or blanks between, as ImageNet's `val.txt`.
    case file(String)

    /// As on the command line: `folder`, or a file's path.
    public init(option: String) { self = option == "folder" ? .folder : .file(option) }
  }

  /// A class index, and the line or row that it is from.
  struct Label: Sendable, Hashable {
    let value: Int
    /// "line 3", "row 2" or the name of a folder.
    let place: String
  }

  /// The name of the tensor.
  public static let tensor = "labels"

  /// Where labels come from.
  public let source: Source
  /// SHA-256 of what was read: the text file's bytes, the tensor (name, type, shape, bytes), or the names of folders and the class
  /// index of each image.
  public let digest: String
  /// One line that says where labels come from.
  public let words: String
  /// The names of the folders, sorted; nil for a file.
  public let classes: [String]?

  private let images: ImageSet
  private let roots: [String]
  /// For each image that there was to choose from.
  private let labels: [Label?]

  /// Reads labels.
  ///
  /// - Parameters:
  ///   - source: A file, or the folders of the images.
  ///   - images: The images chosen.
  ///   - roots: The paths that they were found below.
  /// - Throws: `ImageLabelsError`, with the file and the line or row.
  /// - Complexity: A step for each image that there was to choose from, and each line.
  public init(source: Source, images: ImageSet, roots: [String]) throws(ImageLabelsError) {
    let read: Reading =
      switch source {
      case .folder: try Self.folders(of: images, roots)
      case .file(let path): try Self.file(path, images, roots)
      }
    self.source = source
    self.images = images
    self.roots = roots
    (labels, classes, digest, words) = (read.labels, read.classes, read.digest, read.words)
  }

  /// The class indices of some images.
  ///
  /// - Parameters:
  ///   - indices: Images of the set (`ImageSet.name(of:)`).
  ///   - count: Number of classes of the model's head.
  ///   - model: The model's name, for messages.
  /// - Returns: A class index of 0 ..< count for each image.
  /// - Throws: `ImageLabelsError` for an image without label, a label that the head has no class for, and folders that are
  ///   not as many as the head's classes.
  public func labels(of indices: [Int], classes count: Int, model: String) throws(ImageLabelsError) -> [Int] {
    if let classes, classes.count != count {
      throw .folders(found: classes.count, roots: roots, classes: count, model: model)
    }
    var values: [Int] = []
    for index in indices {
      guard let label = labels[images.candidateIndex(of: index)] else {
        throw .noLabel(file: name, image: images.name(of: index))
      }
      guard label.value < count else {
        throw .outOfRange(file: name, place: label.place, label: label.value, classes: count, model: model)
      }
      values.append(label.value)
    }
    return values
  }

  private var name: String {
    if case .file(let path) = source { path } else { roots.joined(separator: ", ") }
  }
}

// MARK: Reading

extension ImageLabels {
  /// What was read.
  private struct Reading {
    var labels: [Label?]
    var classes: [String]?
    var digest: String
    var words: String
  }

  private static func folders(of images: ImageSet, _ roots: [String]) throws(ImageLabelsError) -> Reading {
    if images.isPreprocessed { throw .batchWithoutFolders(file: roots.first ?? images.name(of: 0)) }
    let names = (0..<images.candidateCount).map(images.candidateName)
    let found = FolderClasses(names: names, roots: roots)
    guard let classes = found.classes else {
      throw .imageWithoutFolder(image: found.imageWithoutClass ?? names[0], roots: roots)
    }
    // Names of folders hold no line breaks but by malice, and no path holds a NUL.
    let message = (classes + found.labels.map(String.init)).joined(separator: "\0")
    return Reading(
      labels: found.labels.map { Label(value: $0, place: classes[$0]) }, classes: classes,
      digest: hexDigest(Array(message.utf8)),
      words: "labels: the \(classes.count) folders below \(roots.joined(separator: ", ")) in byte order, "
        + "from \(classes[0]) = 0 to \(classes[classes.count - 1]) = \(classes.count - 1)")
  }

  private static func file(
    _ path: String, _ images: ImageSet, _ roots: [String]
  ) throws(ImageLabelsError) -> Reading {
    guard let bytes = try LabelLines.text(of: path) else { return try tensor(path, images) }
    let lines = try LabelLines(bytes, file: path)
    let labels = try lines.labels(of: images, roots: roots)
    return Reading(
      labels: labels, digest: hexDigest(bytes),
      words: "labels: \(lines.count) images listed in \(path), which \(labels.count { $0 != nil }) of "
        + "\(labels.count) images are by their path")
  }

  private static func tensor(_ path: String, _ images: ImageSet) throws(ImageLabelsError) -> Reading {
    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(opening: path) } catch { throw .unreadable(file: path, reason: "\(error)") }
    guard let info = checkpoint.tensor(named: tensor) else {
      throw .noTensor(file: path, found: checkpoint.tensors.map(\.name))
    }
    guard [.u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64].contains(info.elementType) else {
      throw .elementType(file: path, type: info.elementType.rawValue)
    }
    guard info.shape.count == 1 else { throw .shape(file: path, shape: info.shape) }
    guard info.shape[0] == images.candidateCount else {
      throw .rows(file: path, rows: info.shape[0], images: images.candidateCount)
    }
    let (values, digest): ([Float], String)
    do {
      values = try checkpoint.floats(tensor)
      digest = try checkpoint.digest(of: [tensor])
    } catch { throw .unreadable(file: path, reason: "\(error)") }
    var labels: [Label?] = []
    for (row, value) in values.enumerated() {
      // Whole numbers below 2²⁴ are exact in single precision; no head has as many classes.
      guard value >= 0, value < 0x1p24 else {
        throw .value(file: path, place: "row \(row)", value: Int(exactly: value).map(String.init) ?? "\(value)")
      }
      labels.append(Label(value: Int(value), place: "row \(row)"))
    }
    return Reading(labels: labels, digest: digest, words: "labels: tensor \(tensor) of \(path), a row for each image")
  }

  private static func hexDigest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(unsafe bytes.span.bytes)
    return hash.finish().hex
  }
}
