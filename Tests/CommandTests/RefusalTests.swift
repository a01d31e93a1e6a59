import Foundation
import Testing

@Suite("Files that cannot be used")
struct RefusalTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs frequency, which must fail with one clear message, and leaves the result that was there before as it was.
  private func expectRefusal(
    _ arguments: [String], _ fragments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try folder.write("old figure", to: "frequency.png")
    try folder.write("old numbers", to: "frequency.json")
    let before = try folder.entries()
    let outcome = try Program.run(["frequency", "-q"] + arguments, in: folder, limits: Limits.memory)
    #expect(outcome.status == 1, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    let errors = outcome.errorLines.filter { !$0.hasPrefix("warning: ") }
    #expect(errors.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(
      errors.first?.hasPrefix("Error: ") == true && !outcome.errors.contains("Error: Error"),
      sourceLocation: sourceLocation)
    for fragment in fragments {
      #expect(outcome.errors.contains(fragment), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
    #expect(!outcome.errors.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, sourceLocation: sourceLocation)
    #expect(try folder.entries() == before, sourceLocation: sourceLocation)
    #expect(try folder.read("frequency.png") == "old figure", sourceLocation: sourceLocation)
    #expect(try folder.read("frequency.json") == "old numbers", sourceLocation: sourceLocation)
  }

  // MARK: Checkpoints

  @Test(
    "A checkpoint cut off anywhere is refused as such",
    arguments: ["mae-zip.pth", "mae-legacy.pth", "timm-vit.safetensors"], [0.001, 0.02, 0.5, 0.9, 0.9999])
  func truncated(name: String, share: Double) throws {
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.frequency(name))))
    let file = try folder.write(Array(whole.prefix(Int(Double(whole.count) * share))), to: "cut.bin")
    try expectRefusal([file, "--heads", "4"] + GoldenFiles.images, file)
  }

  @Test("describe refuses a cut checkpoint with one message, too", arguments: [0.02, 0.5, 0.9999])
  func describeTruncated(share: Double) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.mae[0]))
    try folder.write([UInt8](whole.prefix(Int(Double(whole.count) * share))), to: "cut.bin")
    let outcome = try Program.run(["describe", "cut.bin"], in: folder, limits: Limits.memory)
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("Error: cut.bin: "), "\(outcome.errors)")
  }

  @Test("A text file, an empty file, an empty folder and a missing path are each named for what they are")
  func noCheckpoints() throws {
    try expectRefusal([try folder.write("epoch 1 loss 0.3\n", to: "notes.pth")], "notes.pth", "not a checkpoint")
    try expectRefusal([try folder.write("", to: "empty.bin")], "the file is empty")
    try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: false)
    try expectRefusal(["folder"], "folder: no checkpoint in this folder (it is empty)")
    try expectRefusal(["missing.pth"], "missing.pth: No such file or directory")
    try expectRefusal(["/dev/zero"], "not a regular file")
  }

  @Test("Every archive that lies is refused", arguments: GoldenFiles.hostileNames)
  func hostile(name: String) throws {
    try expectRefusal(["\(GoldenFiles.hostile)/\(name)"], name)
  }

  @Test("There are archives that lie") func hostileFilesAreThere() { #expect(GoldenFiles.hostileNames.count > 20) }

  @Test("A pickle that calls os.system is refused, and what it calls does not run") func pickle() throws {
    let marker = folder.path("ran")
    let command = "touch \(marker)"
    // PROTO 2, GLOBAL os system, BINUNICODE, TUPLE1, REDUCE, STOP
    let call: [UInt8] =
      [0x80, 2] + Array("cos\nsystem\nX".utf8) + littleEndian(command.utf8.count, 4) + Array(command.utf8)
      + [0x85, 0x52, 0x2E]
    // The older format: magic number, protocol 1001 and system information come first, each a pickle.
    let magic: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    let header = magic + [0x80, 2, 0x4D, 0xE9, 3, 0x2E] + [0x80, 2, 0x7D, 0x2E]
    let files = [
      "bare.pkl": call, "legacy.pth": header + call, "zip.pth": archive([("a/data.pkl", call), ("a/version", [0x33])]),
    ]
    for (name, bytes) in files {
      try expectRefusal([try folder.write(bytes, to: name)], name)
      #expect(!FileManager.default.fileExists(atPath: marker))
    }
  }

  @Test("A zip bomb is refused without inflating it", arguments: ["a/data.pkl", "a/data/0"])
  func bomb(member: String) throws {
    // Inflated it takes twice the limit.
    let size = 3_200_000_000
    let stream = deflatedZeros(size)
    let small: [UInt8] = [0x80, 2, 0x7D, 0x2E]
    var members: [Member] = [Member(member, stream, inflated: size)]
    if member != "a/data.pkl" { members.insert(Member("a/data.pkl", small), at: 0) }
    try expectRefusal([try folder.write(archive(members), to: "bomb.pth")], "bomb.pth")
  }

  @Test("NaN weights are refused with the tensor's name") func notANumber() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.timm[0])))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try #require(try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: Any])
    let tensor = try #require(header["blocks.1.mlp.fc1.weight"] as? [String: Any])
    let offset = try #require((tensor["data_offsets"] as? [Int])?.first)
    bytes.replaceSubrange(8 + length + offset + 40..<8 + length + offset + 44, with: [0, 0, 0xC0, 0x7F])
    let file = try folder.write(bytes, to: "nan.safetensors")
    try expectRefusal([file, "--heads", "3"] + GoldenFiles.images, "blocks.1.mlp.fc1.weight", "NaN")
  }

  @Test("A tensor's name cannot write on the terminal") func hostileName() throws {
    let header = #"{"a\u001b[2J\nError: fine":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let bytes = littleEndian(header.utf8.count, 8) + Array(header.utf8) + [0, 0, 0, 0]
    try expectRefusal([try folder.write(bytes, to: "name.safetensors")], "name.safetensors")
  }

  @Test("A width whose heads nobody can tell is asked for") func unknownHeads() throws {
    try expectRefusal([GoldenFiles.mae[0]], "give --heads")
    try expectRefusal([GoldenFiles.mae[0], "--heads", "5"] + GoldenFiles.images, "heads")
    try expectRefusal(
      GoldenFiles.mae + GoldenFiles.images + ["--layers", "2"], "no layer 2; it has embedding, 0, 1, norm")
  }

  // MARK: Images

  @Test("Images without pixels, cut or of another kind: with none left the command fails") func images() throws {
    try FileManager.default.createDirectory(atPath: folder.path("images"), withIntermediateDirectories: false)
    let empty =
      [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + chunk("IHDR", [0, 0, 0, 0, 0, 0, 0, 8, 8, 2, 0, 0, 0])
      + chunk("IEND", [])
    try folder.write(empty, to: "images/zero.png")
    try expectRefusal(GoldenFiles.mae + ["--images", "images/zero.png"], "images/zero.png")
    try folder.write([], to: "images/nothing.jpg")
    try folder.write("no image", to: "images/words.png")
    let photograph = [UInt8](try Data(contentsOf: URL(fileURLWithPath: GoldenFiles.photographs + "/upright.jpg")))
    try folder.write(Array(photograph.prefix(200)), to: "images/cut.jpg")
    try expectRefusal(GoldenFiles.mae + ["--images", "images"], "none of the images can be used", "images/")
  }

  @Test("No images, sizes that do not fit and sizes that cannot be computed are refused") func imageSets() throws {
    try FileManager.default.createDirectory(atPath: folder.path("none"), withIntermediateDirectories: false)
    try expectRefusal(GoldenFiles.mae + ["--images", "none"], "no images found below none")
    try expectRefusal(GoldenFiles.mae + ["--images", "missing"], "missing")
    try expectRefusal(
      GoldenFiles.mae + ["--images", GoldenFiles.frequency("images-36x36.safetensors")], "36 × 36", "--image-size 36")
    try expectRefusal(GoldenFiles.mae + ["--images", GoldenFiles.photographs, "--image-size", "57"], "--image-size")
    for side in ["4000", "100000", "4000000000000"] {
      try expectRefusal(GoldenFiles.mae + ["--images", GoldenFiles.photographs, "--image-size", side], "image")
    }
  }

  /// A chunk of a PNG with its checksum.
  private func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(kind.utf8) + data
    return littleEndian(data.count, 4).reversed() + content + littleEndian(checksum(content), 4).reversed()
  }
}
