import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("Fixed and learned position embeddings")
struct FixedPositionTests {
  private func tables() throws -> [String: [Float]] {
    try JSONDecoder().decode(
      [String: [Float]].self, from: Data(contentsOf: URL(filePath: golden("fixed-positions.json"))))
  }

  private func network(_ side: Int, width: Int) -> Architecture {
    Architecture(imageSize: 2 * side, patchSize: 2, width: width, depth: 1, heads: 1)
  }

  @Test("Tables of transformers (as MAE's) and MMPretrain are ours, by columns or by rows first")
  func references() throws {
    let tables = try tables()
    #expect(tables.count == 4)
    for (library, columnFirst) in [("transformers", true), ("mmpretrain", false)] {
      let small = network(3, width: 8).fixedPositions(width: 8, columnFirst: columnFirst)
      // MMPretrain computes the angles, up to 13, in single precision: an ε of the angle, 13 · 6e-8.
      #expect(largestDifference(small, tables["\(library)-8-3"]) <= 1e-6, "\(library)")
      let large = network(14, width: 16).fixedPositions(width: 16, columnFirst: columnFirst)
      #expect(largestDifference(Array(large.suffix(14 * 16)), tables["\(library)-16-14"]) <= 2e-6, "\(library)")
    }
    #expect(
      network(3, width: 8).fixedPositions(width: 8) == network(3, width: 8).fixedPositions(width: 8, columnFirst: true))
  }

  @Test("A table is known as fixed in each precision, one that was trained a little is not")
  func precision() throws {
    let a = network(3, width: 8)
    for table in try tables().filter({ $0.key.hasSuffix("8-3") }).values {
      #expect(a.isFixedPositions(table, width: 8))
      #expect(a.isFixedPositions(table.map { Float(Float16($0)) }, width: 8))
      #expect(a.isFixedPositions(table.map { Float(bitPattern: ($0.bitPattern &+ 0x8000) & 0xFFFF_0000) }, width: 8))
      // Fine-tuning moves values by about a learning rate of 1e-3 for some hundred steps.
      let trained = zip(table, TinyFile.values(80, name: "update")).map { $0 + 0.02 * $1 }
      #expect(!a.isFixedPositions(trained, width: 8))
    }
  }

  @Test("Hugging Face's and MMPretrain's fixed embeddings are told from learned ones, such as DeiT's")
  func files() throws {
    let tables = try tables()
    var files = [(TinyFile.huggingFace(), "vit.embeddings.position_embeddings", "transformers-8-3")]
    var original = TinyFile.original()
    files.append((original, "pos_embed", "transformers-8-3"))
    original.shapes["dist_token"] = [1, 1, 8]
    original.shapes["pos_embed"] = [1, 11, 8]
    #expect(try original.load().fixedParameters.isEmpty)
    files.append((TinyFile.mmpretrain(), "backbone.pos_embed", "mmpretrain-8-3"))
    for (file, tensor, table) in files {
      var file = file
      #expect(try file.load().fixedParameters.isEmpty, "\(tensor)")
      file.values[tensor] = tables[table]
      #expect(try file.load().fixedParameters == ["position"], "\(tensor)")
    }
  }
}
