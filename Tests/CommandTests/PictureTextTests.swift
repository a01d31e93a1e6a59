import Foundation
import Testing

@Suite("What a figure says of itself")
struct PictureTextTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A chunk of a PNG: four letters and the data.
  private struct Chunk {
    let kind: String
    let data: ArraySlice<UInt8>
  }

  private func chunks(_ bytes: [UInt8]) throws -> [Chunk] {
    try #require(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    var chunks: [Chunk] = []
    var at = 8
    while at + 12 <= bytes.count {
      let length = Self.number(bytes[at..<at + 4])
      try #require(at + 12 + length <= bytes.count)
      chunks.append(
        Chunk(kind: String(decoding: bytes[at + 4..<at + 8], as: UTF8.self), data: bytes[at + 8..<at + 8 + length]))
      at += 12 + length
    }
    try #require(at == bytes.count)
    return chunks
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  /// Keyword → text of `tEXt` (Latin-1) and uncompressed `iTXt` (UTF-8) chunks.
  private func texts(_ chunks: [Chunk]) -> [String: String] {
    var texts: [String: String] = [:]
    for chunk in chunks where ["tEXt", "iTXt"].contains(chunk.kind) {
      let parts = chunk.data.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let keyword = String(decoding: parts[0], as: UTF8.self)
      if chunk.kind == "tEXt" {
        texts[keyword] = String(String.UnicodeScalarView(parts[1].map { Unicode.Scalar($0) }))
      } else {
        // Compression flag and method, then language tag and translated keyword, each ended by a zero.
        let rest = parts[1].dropFirst(2).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        texts[keyword] = rest.count == 3 ? String(decoding: rest[2], as: UTF8.self) : nil
      }
    }
    return texts
  }

  @Test("A PNG holds its resolution, the command, the version and the checkpoint's digest") func metadata() throws {
    let arguments =
      ["frequency"] + GoldenFiles.mae + GoldenFiles.images + ["--name", "Größe", "--dpi", "100", "--json", "-"]
    let outcome = try Program.run(arguments, in: folder)
    #expect(outcome.status == 0)
    let chunks = try chunks(try folder.bytes("frequency.png"))
    #expect(chunks.first?.kind == "IHDR" && chunks.last?.kind == "IEND")
    let size = try #require(chunks.first { $0.kind == "pHYs" }).data
    // 100 dots an inch are 3937 a metre.
    #expect(Self.number(size.prefix(4)) == 3937 && size.last == 1)

    let texts = texts(chunks)
    let version = try Program.run(["--version"], in: folder).output.dropLast()
    #expect(texts["Software"] == "mff-inspect \(version)")
    #expect(texts["Command"] == "mff-inspect \(arguments.joined(separator: " "))")
    struct Result: Decodable {
      struct Model: Decodable { let digest: String }
      let models: [Model]
    }
    let result = try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
    let digest = try #require(result.models.first?.digest)
    #expect(texts["Checkpoint digest"] == "Größe: \(digest)")
  }
}
