internal import Digests

extension Checkpoint {
  /// SHA-256 over tensors: the same for the same names, types, shapes and bytes, whatever container holds them.
  ///
  /// The message is, for each tensor in the byte order of the names: the name, the element type's raw value, the
  /// number of extents, each extent, the number of bytes, and the elements in row-major order as stored. Texts are
  /// preceded by their length; every number is 8 bytes, little-endian.
  ///
  /// - Parameter names: The tensors; one named twice counts once.
  /// - Returns: 64 hexadecimal digits.
  /// - Throws: `CheckpointError` for an unknown name or a damaged file.
  public func digest(of names: [String]) throws(CheckpointError) -> String {
    var hash = SHA256()
    var last: String?
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      if let last, last.utf8.elementsEqual(name.utf8) { continue }
      last = name
      let (info, place, source) = try located(name)
      hash.update(text: info.name)
      hash.update(text: info.elementType.rawValue)
      hash.update(number: info.shape.count)
      for extent in info.shape { hash.update(number: extent) }
      hash.update(number: info.byteCount)
      try ElementStream.forEachChunk(of: info, at: place, in: source, into: &hash) {
        (chunk, hash) throws(CheckpointError) in hash.update(chunk)
      }
    }
    return hash.finish().hex
  }
}

extension SHA256 {
  fileprivate mutating func update(text: String) {
    let bytes = Array(text.utf8)
    update(number: bytes.count)
    unsafe update(bytes.span.bytes)
  }

  fileprivate mutating func update(number: Int) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    unsafe update(bytes.span.bytes)
  }
}
