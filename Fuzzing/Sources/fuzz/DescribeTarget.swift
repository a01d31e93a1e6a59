import Checkpoints
import Diagnostics

/// State dictionaries of any names and shapes: what `describe` makes of them.
///
/// The input is text: `name extent,extent,…` on each line, and `#key=value` for metadata. The data are zeros that take no memory.
enum DescribeTarget {
  /// Bytes of data announced in all.
  private static let byteLimit = 1 << 34

  static func describe(_ input: [UInt8]) {
    guard let header = header(String(decoding: input, as: UTF8.self)) else { return }
    let path = ScratchFile.holding(header.bytes, extendedBy: header.dataBytes)
    do {
      let report = try ModelReport(CheckpointRequest(path: path))
      promise(!report.text(verbose: true).isEmpty, "an empty report")
    } catch let error as CheckpointError {
      ErrorPromise.check("\(error)", names: path)
    } catch {
      ErrorPromise.check("\(error)", names: "")
    }
  }

  private static func header(_ text: String) -> (bytes: [UInt8], dataBytes: Int)? {
    var tensors: [String: MetadataValue] = [:]
    var metadata: [String: String] = [:]
    var json = "{"
    var offset = 0
    for line in text.split(separator: "\n").prefix(2000) {
      if line.hasPrefix("#") {
        let parts = line.dropFirst().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { metadata[String(parts[0])] = String(parts[1]) }
        continue
      }
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard tensors.updateValue(.null, forKey: name) == nil else { return nil }
      let shape = parts.count == 2 ? parts[1].split(separator: ",").compactMap { Int($0) } : []
      var count = 4
      for extent in shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: extent)
        guard extent >= 0, !overflow, product <= byteLimit else { return nil }
        count = product
      }
      guard offset + count <= byteLimit else { return nil }
      if json.utf8.count > 1 { json += "," }
      json +=
        #"\#(quoted(name)):{"dtype":"F32","shape":[\#(shape.map(String.init).joined(separator: ","))],"#
        + #""data_offsets":[\#(offset),\#(offset + count)]}"#
      offset += count
    }
    if !metadata.isEmpty {
      if json.utf8.count > 1 { json += "," }
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      json += #""__metadata__":{\#(pairs.joined(separator: ","))}"#
    }
    json += "}"
    let bytes = Array(json.utf8)
    return ((0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes, offset)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
