import Testing

@testable import Checkpoints

/// Files that are two things at once have one reading or none.
///
/// The first bytes decide what a file is, and a file with bytes that this kind does not account for is refused.
@Suite("Files that are two things at once")
struct PolyglotTests {
  private let zip = torchArchive().bytes
  private let tensors = safetensors(#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, data: fourFloats)
  private let legacy = legacyFile(Op.dictionary(("w", Op.tensor())))

  @Test("Each part alone is read") func parts() throws {
    for bytes in [zip, tensors, legacy] { #expect(try readEveryWay(bytes) == ["w": [1, 2, 3, 4]]) }
  }

  @Test("safetensors with a zip archive behind is refused as safetensors") func zipBehindSafetensors() throws {
    try expectRefusal(tensors + zip, "follow the last tensor")
    // With offsets that a zip reader takes for right.
    var shifted = torchArchive()
    shifted.prefix = tensors
    try expectRefusal(shifted.bytes, "follow the last tensor", name: "x.pth")
  }

  @Test("A zip archive inside a tensor's data is data") func zipInsideSafetensors() throws {
    let header = #"{"w":{"dtype":"U8","shape":[\#(zip.count)],"data_offsets":[0,\#(zip.count)]}}"#
    #expect(try readEveryWay(safetensors(header, data: zip)) == ["w": zip.map { Float($0) }])
    // Built to end like an archive with right offsets, it is what it begins as.
    var shifted = torchArchive()
    let start = 8 + header.utf8.count
    shifted.prefix = [UInt8](repeating: 0, count: start)
    let data = Array(shifted.bytes.dropFirst(start))
    #expect(data.count == zip.count)
    #expect(try readEveryWay(safetensors(header, data: data), name: "x.pth") == ["w": data.map { Float($0) }])
  }

  @Test(
    "safetensors in front of a zip's directory is refused, whichever name it has",
    arguments: ["x.safetensors", "x.pth"])
  func safetensorsBeforeDirectory(name: String) throws {
    let directoryOnly = ZipBuilder([]).bytes
    try expectRefusal(tensors + directoryOnly, "follow the last tensor", name: name)
  }

  @Test("A legacy file with a zip archive behind is refused as legacy") func zipBehindLegacy() throws {
    var shifted = torchArchive()
    shifted.prefix = legacy
    try expectRefusal(shifted.bytes, "follow its last storage")
    try expectRefusal(legacy + [0], "1 bytes follow its last storage")
    try expectRefusal(legacy + legacy, "follow its last storage")
  }

  @Test("A zip archive with bytes behind is refused as zip", arguments: [1, 100, 70_000])
  func bytesBehindZip(count: Int) throws {
    try expectRefusal(
      zip + [UInt8](repeating: 0, count: count), count < 65_000 ? "follow its zip directory" : "no directory")
    for other in [legacy, tensors] { try expectRefusal(zip + other, "follow its zip directory") }
  }

  @Test("A zip archive with bytes before is what those bytes are") func bytesBeforeZip() throws {
    var shifted = torchArchive()
    shifted.prefix = Array("#!/bin/sh\nexit\n".utf8)
    try expectRefusal(shifted.bytes, "not a checkpoint")
    shifted.prefix = [0x80, 2, 0x2E]
    try expectRefusal(shifted.bytes, "plain pickle")
    // Bytes that begin as a member does, which the directory does not list.
    shifted.prefix = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26)
    try expectRefusal(shifted.bytes, "before its first zip member")
    try expectRefusal([UInt8](repeating: 0, count: 4) + zip, "not a checkpoint")
  }

  @Test("Two archives, one behind the other, are refused") func twoArchives() throws {
    try expectRefusal(zip + zip, "several zip directories")
    var second = torchArchive(storage: fourFloats.reversed())
    second.prefix = zip
    try expectRefusal(second.bytes, "several zip directories")
  }

  @Test("A comment that holds another end record is refused") func endInComment() throws {
    var archive = torchArchive()
    // The very same end record once more: readers from behind take the second, from before the first.
    archive.comment = Array(zip.suffix(22))
    try expectRefusal(archive.bytes, "several zip directories")
    // One that leads to a directory in the comment.
    let other = ZipBuilder([ZipBuilder.Member("x/data.pkl", [0x4E, 0x2E])])
    var hidden = other
    hidden.prefix = torchArchive().bytes
    archive.comment = Array(hidden.bytes.dropFirst(zip.count))
    try expectRefusal(archive.bytes, "several zip directories")
    archive.comment = [1, 2, 3]
    archive.suffix = Array(zip.suffix(22))
    try expectRefusal(archive.bytes, "several zip directories")
  }

  @Test("A comment longer or shorter than its length is refused") func commentLength() throws {
    var archive = torchArchive()
    archive.comment = [1, 2, 3]
    archive.suffix = [4]
    try expectRefusal(archive.bytes, "follow its zip directory")
    try expectRefusal(Array(archive.bytes.dropLast(2)), "cut off")
  }

  @Test("A directory that two end records share is refused") func nestedEnds() throws {
    var archive = torchArchive()
    archive.behindDirectory = Array(zip.suffix(22))
    try expectRefusal(archive.bytes, "several zip directories")
  }

  @Test("An archive of PyTorch and of NumPy is neither", arguments: ["w.npy", "x/w.npy", "x/data/1.npy"])
  func pyTorchAndNumPy(name: String) throws {
    var archive = torchArchive()
    archive.members.append(ZipBuilder.Member(name, numPyArray()))
    for file in ["x.npz", "x.pth"] { try expectRefusal(archive.bytes, "NumPy's arrays, too", name: file) }
    archive.members.reverse()
    try expectRefusal(archive.bytes, "NumPy's arrays, too")
  }

  @Test(
    "The name says nothing: each file is read the same under all",
    arguments: ["x.pth", "x.npz", "x.safetensors", "x.txt"])
  func names(name: String) throws {
    let numPy = ZipBuilder([ZipBuilder.Member("w.npy", numPyArray())]).bytes
    for bytes in [zip, tensors, legacy, numPy] {
      #expect(try readEveryWay(bytes, name: name) == ["w": [1, 2, 3, 4]])
    }
  }

  @Test("A JSON text is an index, whatever follows it is refused") func jsonPolyglot() throws {
    let index = Array(#"{"weight_map":{"w":"s"}}"#.utf8)
    try expectRefusal(index + zip, "after the end", name: "x.index.json")
    try expectRefusal(index + tensors, "after the end", name: "x.safetensors")
  }

  @Test(
    "A shard is judged as a file of its own",
    arguments: ["several", "follow the last tensor", "follow its last storage"])
  func shards(word: String) throws {
    let file = try TemporaryFile(Array(#"{"weight_map":{"w":"s"}}"#.utf8), name: "x.index.json")
    let bytes = [
      "several": zip + zip, "follow the last tensor": tensors + zip, "follow its last storage": legacy + zip,
    ]
    try (bytes[word] ?? []).write(to: file.folder + "/s")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }
}
