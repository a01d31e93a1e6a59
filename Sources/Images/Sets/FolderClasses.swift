/// The classes that the folders of images stand for, as in torchvision's `ImageFolder`: the first folder below the path that was
/// given, numbered in byte order.
public struct FolderClasses: Sendable, Hashable {
  /// The names of the folders, sorted by their bytes; nil when an image lies in none.
  public let classes: [String]?
  /// An index into `classes` for each image; empty without classes.
  public let labels: [Int]
  /// The first image that lies in no folder below the paths given; nil when all have a class.
  public let imageWithoutClass: String?

  /// Reads the classes off paths; nothing is opened.
  ///
  /// - Parameters:
  ///   - names: Paths of images.
  ///   - roots: The paths below which they were found.
  public init(names: [String], roots: [String]) {
    let folders = names.map { name -> String? in
      guard let components = Self.relativePath(of: name, roots: roots)?.split(separator: "/") else { return nil }
      return components.count > 1 ? String(components[0]) : nil
    }
    if let index = folders.firstIndex(of: nil) {
      (classes, labels, imageWithoutClass) = (nil, [], names[index])
    } else {
      let sorted = Set(folders.compactMap(\.self)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
      (classes, labels, imageWithoutClass) = (sorted, folders.compactMap { $0.flatMap { places[$0] } }, nil)
    }
  }

  /// An image's path below the first of the paths given that it lies below; nil when it lies below none.
  public static func relativePath(of name: String, roots: [String]) -> Substring? {
    // Of roots within each other, the outer one was searched first.
    for root in roots {
      let prefix = root.hasSuffix("/") ? root : root + "/"
      if name.utf8.starts(with: prefix.utf8) {
        return name[name.utf8.index(name.startIndex, offsetBy: prefix.utf8.count)...]
      }
    }
    return nil
  }
}
