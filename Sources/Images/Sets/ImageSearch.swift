internal import Glibc

/// Finds the image files below a folder.
struct ImageSearch {
  /// Names that say image: the extensions that torchvision's `ImageFolder` looks for.
  ///
  /// Files that are not PNG, JPEG or WebP are found too: to be named as unreadable is better than to be missing without a
  /// word.
  private static let extensions: Set<String> = [
    "jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif",
  ]

  private struct Folder: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  private var found: [FilePath] = []
  /// Folders on the way; links may lead in circles, or twice to the same place.
  private var visited: Set<Folder> = []

  /// Paths of the images below a folder, hidden files and folders left out, links followed, sorted by path in byte
  /// order.
  ///
  /// - Throws: `ImageError.unreadable` for a folder that may not be listed: fewer images without a word would be a
  ///   different result.
  static func images(below folder: FilePath) throws(ImageError) -> [FilePath] {
    var search = ImageSearch()
    try search.visit(folder, status: try folder.status())
    return search.found.sorted(by: FilePath.precedes)
  }

  private mutating func visit(_ folder: FilePath, status: stat) throws(ImageError) {
    guard visited.insert(Folder(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))).inserted else { return }
    for (name, kind) in try Self.entries(of: folder) where name.first != UInt8(ascii: ".") {
      let path = folder.appending(name)
      switch kind {
      case .file:
        if try Self.isImage(path) { found.append(path) }
      case .folder:
        try visit(path, status: try path.status())
      case .unknown:
        // A link that leads nowhere is an image that cannot be read, if its name says image.
        guard let status = try? path.status() else {
          if Self.extensions.contains(path.lowercasedExtension) { found.append(path) }
          continue
        }
        if status.isFolder { try visit(path, status: status) }
        if status.isRegularFile, try Self.isImage(path) { found.append(path) }
      case .other:
        continue
      }
    }
  }

  /// By name, and where that says nothing, by content.
  private static func isImage(_ path: FilePath) throws(ImageError) -> Bool {
    if extensions.contains(path.lowercasedExtension) { return true }
    guard let file = try? ImageFile(opening: path), let start = try? file.beginning(WebPStructure.signatureLength)
    else { return false }
    return ImageFormat(content: start.span) != nil
  }

  private enum Kind {
    case file, folder, other
    /// A link, or a file system that does not say.
    case unknown
  }

  private static func entries(of folder: FilePath) throws(ImageError) -> [(name: [UInt8], kind: Kind)] {
    guard let stream = unsafe folder.withSystemPath({ unsafe opendir($0) }) else {
      throw .unreadable(path: folder.text, reason: systemReason(errno))
    }
    defer { unsafe closedir(stream) }
    var entries: [(name: [UInt8], kind: Kind)] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      let kind: Kind =
        switch unsafe Int(entry.pointee.d_type) {
        case Int(DT_REG): .file
        case Int(DT_DIR): .folder
        case Int(DT_LNK), Int(DT_UNKNOWN): .unknown
        default: .other
        }
      entries.append((name, kind))
    }
    return entries
  }
}
