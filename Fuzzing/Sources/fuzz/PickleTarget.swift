/// A PyTorch archive around a pickle that may say anything.
enum PickleTarget {
  private static let storage = [UInt8](repeating: 0x3F, count: 64)

  static func archive(around pickle: [UInt8]) -> [UInt8] {
    StoredZip.archive([
      ("a/data.pkl", pickle), ("a/byteorder", Array("little".utf8)), ("a/data/0", storage), ("a/data/1", storage),
      ("a/version", Array("3\n".utf8)),
    ])
  }
}
