internal import Glibc

/// A path as the system knows it: bytes, which need not be UTF-8.
struct FilePath: Sendable, Hashable {
  let bytes: [UInt8]

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The path in words; bytes that are not UTF-8 show as U+FFFD.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The path of an entry of this folder.
  func appending(_ name: [UInt8]) -> FilePath {
    FilePath(bytes: bytes.last == UInt8(ascii: "/") ? bytes + name : bytes + [UInt8(ascii: "/")] + name)
  }

  /// What follows the last dot of the last component, in lower case; empty when there is no dot.
  var lowercasedExtension: String {
    let name = bytes.split(separator: UInt8(ascii: "/")).last ?? []
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }

  /// Calls `body` with the path as the system's calls take it.
  func withSystemPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return unsafe terminated.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { fatalError("an array of at least one element has an address") }
      return unsafe body(start)
    }
  }

  /// Byte order, as `sort` in the C locale has it.
  static func precedes(_ a: FilePath, _ b: FilePath) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// What lies at the path, links followed.
  func status() throws(ImageError) -> stat {
    var status = stat()
    let result = unsafe withSystemPath { unsafe stat($0, &status) }
    guard result == 0 else {
      throw failure(errno)
    }
    return status
  }

  /// What a failed call on this path means.
  func failure(_ number: CInt) -> ImageError {
    number == ENOENT || number == ENOTDIR
      ? .notFound(path: text) : .unreadable(path: text, reason: systemReason(number))
  }
}

extension stat {
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
}

/// The system's sentence for an error number.
func systemReason(_ number: CInt) -> String {
  unsafe String(cString: strerror(number))
}
