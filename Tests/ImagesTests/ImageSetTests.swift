import Digests
import Foundation
import Testing

@testable import Images

@Suite("Choosing and loading images")
struct ImageSetTests {
  /// A small PNG, each of another colour.
  private func png(_ seed: Int) throws -> [UInt8] {
    try encodePNG(raster(5 + seed % 3, 6) { _, _ in (seed * 40 % 256, 128, 255 - seed * 17 % 256) })
  }

  private func names(_ set: ImageSet, below folder: TemporaryFolder) -> [String] {
    (0..<set.count).map { String(set.name(of: $0).dropFirst(folder.path.count + 1)) }
  }

  @Test("Folders are searched recursively, sorted by path in byte order, without hidden files and folders")
  func search() throws {
    let folder = try TemporaryFolder()
    for name in ["b/2.png", "b/10.PNG", "b.png", "a/x/deep.jpeg", "Z.jpg", ".hidden.png", ".git/z.png", "ä.png"] {
      try folder.write(try png(1), to: name)
    }
    try folder.write(Array("notes".utf8), to: "readme.txt")
    try folder.write(try png(2), to: "no-extension")
    let set = try ImageSet(paths: [folder.path])
    #expect(
      names(set, below: folder) == [
        "Z.jpg", "a/x/deep.jpeg", "b.png", "b/10.PNG", "b/2.png", "no-extension", "ä.png",
      ])
    #expect(set.candidateCount == 7 && !set.isPreprocessed && set.preprocessedSize == nil)
    // Content decides, not the name: the PNG called Z.jpg loads.
    #expect(throws: Never.self) { try load(set, 0, Preprocessing(imageSize: 4)) }
  }

  @Test("Links are followed, circles end, and a link to nowhere is an image that cannot be read")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.write(try png(1), to: "real/a.png")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path + "/real/circle", withDestinationPath: folder.path)
    try manager.createSymbolicLink(atPath: folder.path + "/b.png", withDestinationPath: folder.path + "/real/a.png")
    try manager.createSymbolicLink(atPath: folder.path + "/gone.png", withDestinationPath: "/nowhere/at/all.png")
    let set = try ImageSet(paths: [folder.path])
    #expect(names(set, below: folder) == ["b.png", "gone.png", "real/a.png"])
    let error = #expect(throws: ImageError.self) { try load(set, 1, Preprocessing(imageSize: 4)) }
    #expect(error == .notFound(path: folder.path + "/gone.png"))
  }

  @Test("Without a count, or with a large one, all images come in their order")
  func all() throws {
    #expect(chosenIndices(count: nil, of: 5, seed: 3) == [0, 1, 2, 3, 4])
    #expect(chosenIndices(count: 5, of: 5, seed: 3) == [0, 1, 2, 3, 4])
    #expect(chosenIndices(count: 9, of: 5, seed: 3) == [0, 1, 2, 3, 4])
    #expect(chosenIndices(count: 0, of: 5, seed: 3) == [])
  }

  @Test("The generator is SplitMix64: its published first numbers for the seed 1234567")
  func generator() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test("The seed chooses: the same for the same, another for another, a smaller count a beginning of a larger")
  func choice() {
    let ten = chosenIndices(count: 10, of: 1000, seed: 0)
    #expect(ten == chosenIndices(count: 10, of: 1000, seed: 0))
    #expect(ten != chosenIndices(count: 10, of: 1000, seed: 1))
    #expect(Array(chosenIndices(count: 40, of: 1000, seed: 0).prefix(10)) == ten)
    #expect(Set(chosenIndices(count: 999, of: 1000, seed: 0)).count == 999)
  }

  @Test("Each image is chosen about equally often")
  func uniformity() {
    var counts = [Int](repeating: 0, count: 20)
    for seed in 0..<4000 {
      for index in chosenIndices(count: 5, of: 20, seed: UInt64(seed)) { counts[index] += 1 }
    }
    // 1000 expected, deviation √(4000 · ¼ · ¾) = 27: five of them.
    #expect(counts.allSatisfy { abs($0 - 1000) < 137 }, "\(counts)")
  }

  @Test("The digest is that of the file's bytes, and the set's that of the digests")
  func digests() throws {
    let folder = try TemporaryFolder()
    let contents = try (0..<3).map { try png($0) }
    for (i, bytes) in contents.enumerated() { try folder.write(bytes, to: "\(i).png") }
    let set = try ImageSet(paths: [folder.path])
    let preprocessing = Preprocessing(imageSize: 4)
    var pixels = [Float](repeating: 0, count: preprocessing.valueCount)
    var found: [SHA256Digest] = []
    for i in 0..<3 {
      var span = pixels.mutableSpan
      found.append(try set.load(i, preprocessing: preprocessing, into: &span))
    }
    #expect(found == contents.map(digest))
    #expect(ImageSet.digest(combining: found) == digest(found.flatMap(\.bytes)).hex)
    #expect(ImageSet.digest(combining: found) != ImageSet.digest(combining: found.reversed()))
  }

  private func digest(_ bytes: [UInt8]) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bytes.span.bytes)
    return hash.finish()
  }

  @Test("Many threads load the same images and get the same values")
  func threads() throws {
    let set = try ImageSet(paths: [goldenFolder.path], count: 16, seed: 5)
    let preprocessing = Preprocessing(imageSize: 32)
    let serial = try (0..<set.count).map { try load(set, $0, preprocessing) }
    let mismatches = MismatchCounter()
    DispatchQueue.concurrentPerform(iterations: 8 * set.count) { i in
      let pixels = try? load(set, i % set.count, preprocessing)
      if pixels != serial[i % set.count] { mismatches.add() }
    }
    #expect(mismatches.count == 0)
  }

  @Test("A missing path, an empty folder, a device, and an unreadable image have a message each")
  func messages() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: ImageError.self) { try ImageSet(paths: [folder.path + "/none"]) }
    #expect(missing == .notFound(path: folder.path + "/none"))
    let empty = #expect(throws: ImageError.self) { try ImageSet(paths: [folder.path]) }
    #expect(
      empty?.description.contains("PNG, JPEG and WebP") == true && empty?.description.contains(folder.path) == true)
    #expect(throws: ImageError.noImages(paths: [])) { try ImageSet(paths: []) }
    #expect(throws: ImageError.notAFile(path: "/dev/null")) { try ImageSet(paths: ["/dev/null"]) }
    let text = try folder.write(Array("no image at all".utf8), to: "text.png")
    let set = try ImageSet(paths: [folder.path])
    let error = #expect(throws: ImageError.self) { try load(set, 0, Preprocessing(imageSize: 4)) }
    #expect(error?.description.hasPrefix(text) == true)
    let bytes = try golden("rgb8.png")
    let cut = try folder.write(Array(bytes.prefix(1000)), to: "cut.png")
    let damaged = #expect(throws: ImageError.self) { try load(ImageSet(paths: [cut]), 0, Preprocessing(imageSize: 4)) }
    #expect(damaged?.description.contains("cut off") == true)
  }
}

/// Counts from many threads.
final class MismatchCounter: @unchecked Sendable {
  // The lock guards the count, hence unchecked.
  private let lock = NSLock()
  private var value = 0
  var count: Int { lock.withLock { value } }
  func add() { lock.withLock { value += 1 } }
}
