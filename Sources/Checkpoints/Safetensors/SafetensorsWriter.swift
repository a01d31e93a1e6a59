public import OutputFiles

/// Writes safetensors files: whole or not at all.
///
/// - Source: github.com/huggingface/safetensors, "Format": the header's length in 8 bytes, a JSON object, the values.
public struct SafetensorsWriter: Sendable {
  /// A tensor to be.
  public struct Tensor: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Row-major.
    public var shape: [Int]

    /// A tensor of that name and shape.
    public init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
    }

    var count: Int { shape.reduce(1, *) }
  }

  /// How values are stored.
  public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// 4 bytes, exactly what is in memory.
    case single
    /// 2 bytes, rounded to the nearest.
    case half

    var elementType: String { self == .single ? "F32" : "F16" }
    var byteCount: Int { self == .single ? 4 : 2 }
  }

  /// The tensors in the order of the file.
  public let tensors: [Tensor]
  /// What the file says about itself: strings by name.
  public let metadata: [String: String]
  /// How values are stored.
  public let precision: Precision

  /// A file with these tensors.
  public init(tensors: [Tensor], metadata: [String: String], precision: Precision = .single) {
    self.tensors = tensors
    self.metadata = metadata
    self.precision = precision
  }

  /// Writes the file.
  ///
  /// - Parameters:
  ///   - path: Where.
  ///   - values: Gets a tensor's index, in order, and hands all its values over, in one piece or several.
  /// - Throws: `OutputError`; what was at the path is then unchanged.
  public func write(
    to path: String,
    _ values: (Int, _ append: (Span<Float>) throws(OutputError) -> Void) throws(OutputError) -> Void
  ) throws(OutputError) {
    let header = header
    try AtomicFile.write(to: path) { (file) throws(OutputError) in
      unsafe try file.append(header.span.bytes)
      for (index, tensor) in tensors.enumerated() {
        var count = 0
        try values(index) { (part) throws(OutputError) in
          count += part.count
          switch precision {
          case .single: unsafe try file.append(part.bytes)
          case .half:
            let halves = part.indices.map { HalfPrecision.half(part[$0]) }
            unsafe try file.append(halves.span.bytes)
          }
        }
        precondition(count == tensor.count, "\(tensor.name) has \(tensor.count) values, not \(count)")
      }
    }
  }

  /// The header's length in 8 bytes, little-endian, and the header, ended by blanks so that values begin at a multiple of 8.
  private var header: [UInt8] {
    var json = "{\"__metadata__\":{"
    json += metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0)):\(Self.quoted($1))" }.joined(separator: ",")
    json += "}"
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.count * precision.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      json += ",\(Self.quoted(tensor.name)):{\"dtype\":\"\(precision.elementType)\",\"shape\":[\(shape)],"
      json += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    json += "}"
    var bytes = Array(json.utf8)
    while !bytes.count.isMultiple(of: 8) { bytes.append(UInt8(ascii: " ")) }
    let length = UInt64(bytes.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + bytes
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
