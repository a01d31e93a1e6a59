import Foundation
import Testing

@testable import Checkpoints

/// The files that `Scripts/reference_checkpoints.py` wrote, and what it says they hold.
struct Golden {
  struct Tensor {
    let type: ElementType
    let shape: [Int]
    let values: [Float]
  }

  let file: String
  let tensors: [String: Tensor]
  let ema: [String: [Float]]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden").path

  static func path(_ file: String) -> String { "\(folder)/\(file)" }

  static func bytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(file))))
  }

  /// Every file that can be opened.
  static let files = [
    "plain.zip.pth", "plain.legacy.pth", "plain.safetensors", "strided.zip.pth", "strided.legacy.pth",
    "strided.safetensors", "newer.pth", "run.p2.pth", "run.p3.pth", "run.p4.pth", "run.p5.pth", "run.legacy.pth",
    "views.legacy.pth", "mmengine.pth", "dino.pth", "nested.pth", "folder", "sharded", "sharded_bin",
    "sharded/model.safetensors.index.json", "sharded_bin/pytorch_model.bin.index.json",
  ]

  /// Reads what a file holds; `folder` has an `expected.json` of its own, and a slash at its end.
  init(_ file: String, in folder: String = "") throws {
    self.file = file
    let truth = try MetadataValue(json: try Self.bytes("\(folder)expected.json"), path: "expected.json")
    let entry = try #require(truth["files"]?[file], "expected.json lacks \(file)")
    let described = try #require(entry["tensors"])
    var tensors: [String: Tensor] = [:]
    for name in described.keys {
      let tensor = try #require(described[name])
      let values = try #require(tensor["values"]?.list).map { try #require($0.string.flatMap(Self.number)) }
      tensors[name] = Tensor(
        type: try #require(tensor["type"]?.string.flatMap { ElementType(rawValue: $0) }),
        shape: try #require(tensor["shape"]?.list).compactMap(\.int), values: values)
    }
    self.tensors = tensors
    var ema: [String: [Float]] = [:]
    for name in entry["ema"]?.keys ?? [] { ema[name] = entry["ema"]?[name]?.doubles?.map { Float($0) } }
    self.ema = ema
  }

  /// Python writes `inf` and `nan` as Swift reads them.
  private static func number(_ text: String) -> Float? { Double(text).map { Float($0) } }
}
