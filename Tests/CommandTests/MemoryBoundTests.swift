import Foundation
import Testing

/// What the program may hold while it looks at a file that somebody sent: the file's size and a constant.
///
/// Constants are above what an empty file takes, some 30 MiB, which is measured, too. They have about the room of a half: memory
/// that an allocator keeps differs between systems.
@Suite(
  "Memory in proportion to the file", .serialized,
  .disabled(if: Limits.isSanitized, "a sanitizer takes several times the program's memory for itself"))
struct MemoryBoundTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let mebibyte = 1 << 20

  /// What the program takes for the smallest file.
  ///
  /// Its run is over in a few milliseconds, and a busy machine looks too seldom to see the most of it: of several runs the largest.
  private static let least = Result {
    let folder = try TemporaryFolder()
    let empty = try folder.write(littleEndian(2, 8) + Array("{}".utf8), to: "empty.safetensors")
    return try (0..<10).map { _ in try PeakMemory(["describe", empty], in: folder).bytes }.max() ?? 0
  }

  /// Runs `describe` and compares its peak with that of the smallest file.
  private func expectPeak(
    _ bytes: [UInt8], _ name: String = "x.pth", status: Int32, says word: String = "", below limit: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expectPeak(
      ["describe", try folder.write(bytes, to: name)], status: status, says: word, below: limit,
      sourceLocation: sourceLocation)
  }

  private func expectPeak(
    _ arguments: [String], status: Int32, says word: String, below limit: Int, sourceLocation: SourceLocation
  ) throws {
    let least = try Self.least.get()
    let run = try PeakMemory(arguments, in: folder)
    #expect(run.status == status, "\(run.errors.prefix(500))", sourceLocation: sourceLocation)
    #expect(word.isEmpty || run.errors.contains(word), "\(run.errors.prefix(500))", sourceLocation: sourceLocation)
    let above = run.bytes - least
    #expect(
      above <= limit, "\(above >> 20) MiB more than the smallest file takes, \(limit >> 20) allowed",
      sourceLocation: sourceLocation)
  }

  /// A file of zeros behind its first bytes, which costs no disk.
  private func sparse(_ start: [UInt8], _ name: String, byteCount: Int) throws -> String {
    let path = try folder.write(start, to: name)
    try #require(truncate(path, byteCount) == 0, "no sparse file of \(byteCount) bytes can be made here")
    return path
  }

  // MARK: Sizes that are only claimed

  @Test("A header of ten million tensors is refused by its length: nothing of it is read") func tenMillionTensors()
    throws
  {
    let path = try sparse(littleEndian(600_000_000, 8) + Array("{".utf8), "x.safetensors", byteCount: 700_000_000)
    try expectPeak(
      ["describe", path], status: 1, says: "more than 100000000", below: 8 * Self.mebibyte,
      sourceLocation: #_sourceLocation)
  }

  @Test("Of a position embedding and of fusion logits no more is read than a network can have") func oversizedParts()
    throws
  {
    let kernel = #""patch_embed.proj.weight":{"dtype":"F32","shape":[64,3,8,8],"data_offsets":[0,49152]}"#
    for (name, shape, count) in [
      ("pos_embed", "1,100000000,64", 6_400_000_000), ("proj_weights", "500000000", 500_000_000),
    ] {
      let end = 49152 + 4 * count
      let part = #""\#(name)":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[49152,\#(end)]}"#
      let block = #""blocks.0.norm1.weight":{"dtype":"F32","shape":[64],"data_offsets":[\#(end),\#(end + 256)]}"#
      let header = Array("{\(kernel),\(part),\(block)}".utf8)
      let path = try sparse(
        littleEndian(header.count, 8) + header, "x.safetensors", byteCount: 8 + header.count + end + 256)
      try expectPeak(
        ["describe", path], status: 0, says: "", below: 8 * Self.mebibyte, sourceLocation: #_sourceLocation)
    }
  }

  @Test("A tensor of a tebibyte is described without being read") func tebibyte() throws {
    let size = 1 << 40
    let header = Array(#"{"w":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]}}"#.utf8)
    let path = try sparse(littleEndian(header.count, 8) + header, "x.safetensors", byteCount: 8 + header.count + size)
    try expectPeak(["describe", path], status: 0, says: "", below: 8 * Self.mebibyte, sourceLocation: #_sourceLocation)
    let zeros = try sparse([], "zeros.pth", byteCount: size)
    try expectPeak(
      ["describe", zeros], status: 1, says: "not a checkpoint", below: 8 * Self.mebibyte,
      sourceLocation: #_sourceLocation)
    let zip = try sparse(Array("PK\u{3}\u{4}".utf8), "zip.pth", byteCount: size)
    try expectPeak(
      ["describe", zip], status: 1, says: "cut off", below: 8 * Self.mebibyte, sourceLocation: #_sourceLocation)
  }

  @Test("A pickle and an array that would unpack to hundreds of times the file are not unpacked") func zipBombs() throws
  {
    let size = 200 << 20
    let stream = deflatedZeros(size)
    let pickle = archive([Member("x/data.pkl", stream, inflated: size)])
    try expectPeak(pickle, status: 1, says: "unpacks to", below: pickle.count + 8 * Self.mebibyte)
    // Of an array the header is unpacked, and no more.
    let array = archive([Member("w.npy", stream, inflated: size)])
    try expectPeak(
      array, "x.npz", status: 1, says: "does not begin as a NumPy array", below: array.count + 8 * Self.mebibyte)
  }

  @Test("An array whose header claims four gibibytes is refused by that number") func arrayHeader() throws {
    let array =
      [0x93] + Array("NUMPY".utf8) + [2, 0] + littleEndian(0xFFFF_FFFF, 4) + [UInt8](repeating: 0x20, count: 20_000)
    try expectPeak(
      archive([("w.npy", array)]), "x.npz", status: 1, says: "more than NumPy writes", below: 8 * Self.mebibyte)
  }

  // MARK: Counts

  @Test(
    "A million tensors in a header of 100 megabytes, the largest that is read, take four bytes for each of the file")
  func largestHeader() throws {
    var header: [UInt8] = []
    header.reserveCapacity(100_000_000)
    let tail = Array(#"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#.utf8)
    for index in 0..<1_000_000 {
      header.append(UInt8(ascii: index == 0 ? "{" : " "))
      header.append(UInt8(ascii: "\""))
      var digits = index
      for _ in 0..<6 {
        header.append(UInt8(0x30 + digits % 10))
        digits /= 10
      }
      header += tail
    }
    header[header.count - 1] = UInt8(ascii: "}")
    header += [UInt8](repeating: 0x20, count: 100_000_000 - header.count)
    // Measured 280 MiB with the table that describe prints: names, shapes and places.
    try expectPeak(
      littleEndian(header.count, 8) + header, "x.safetensors", status: 0, below: 100_000_000 + 350 * Self.mebibyte)
  }

  @Test("Millions of empty values in JSON are refused or passed over, not kept") func json() throws {
    let metadata = Array((#"{"__metadata__":{"# + String(repeating: #""":"","#, count: 1_000_000) + #""":""}}"#).utf8)
    try expectPeak(
      littleEndian(metadata.count, 8) + metadata, "x.safetensors", status: 1, says: "more than 65536 entries",
      below: metadata.count + 32 * Self.mebibyte)
    let lists = String(repeating: "[],", count: 3_000_000)
    let field = Array(#"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":[\#(lists)[]]}}"#.utf8)
    try expectPeak(
      littleEndian(field.count, 8) + field, "x.safetensors", status: 0, below: field.count + 8 * Self.mebibyte)
    let index = Array(#"{"other":[\#(lists)[]],"metadata":[\#(lists)[]],"weight_map":{}}"#.utf8)
    // The metadata of an index are kept: up to 2²⁰ values of some 100 bytes.
    try expectPeak(
      index, "x.index.json", status: 1, says: "more than 1048576 values", below: index.count + 160 * Self.mebibyte)
    let deep = Array((#"{"weight_map":"# + String(repeating: "[", count: 10_000_000)).utf8)
    try expectPeak(deep, "deep.index.json", status: 1, says: "no valid JSON", below: deep.count + 8 * Self.mebibyte)
    let nested = Array((#"{"metadata":"# + String(repeating: "[", count: 10_000_000)).utf8)
    try expectPeak(nested, "deep.index.json", status: 1, says: "nested deeper", below: nested.count + 8 * Self.mebibyte)
  }

  @Test("An index of ten thousand shards is refused by their number, before one is opened") func shards() throws {
    let entries = (0..<10_000).map { #""t\#($0)":"s\#($0)""# }.joined(separator: ",")
    let index = Array(#"{"weight_map":{\#(entries)}}"#.utf8)
    try expectPeak(
      index, "x.index.json", status: 1, says: "more than 1000 shards", below: index.count + 8 * Self.mebibyte)
  }

  @Test("A line of a gibibyte in a log is passed over in pieces") func longLine() throws {
    let start = Array("{\"weight_0\":0.25,\"weight_1\":0.75,\"step\":1}\n".utf8)
    let path = try sparse(start, "log.json", byteCount: 1 << 30)
    // A line of 16 MiB is held, twice while its buffer grows.
    try expectPeak(
      ["weights", path, "--over-training", "--json", folder.path("w.json"), "-o", folder.path("w.png")], status: 0,
      says: "", below: 80 * Self.mebibyte, sourceLocation: #_sourceLocation)
  }

  // MARK: Pickles

  /// What goes before STOP, in an archive with a storage of four floats.
  private func checkpoint(_ pickle: [UInt8]) -> [UInt8] {
    archive([
      ("x/data.pkl", [0x80, 2] + pickle + [0x2E]),
      ("x/data/0", [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]),
    ])
  }

  private func text(_ text: String) -> [UInt8] { [0x58] + littleEndian(text.utf8.count, 4) + Array(text.utf8) }

  /// Leaves a value in the memo, to be fetched by two bytes.
  private func remember(_ value: [UInt8], _ index: UInt8) -> [UInt8] { value + [0x71, index, 0x30] }

  private var storage: [UInt8] {
    [0x28] + text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text("0") + text("cpu") + [0x4B, 4, 0x74, 0x51]
  }

  /// A tensor of the shape and strides in memo 1; memo 2 and 3 are taken.
  private var sharedTensor: (before: [UInt8], each: [UInt8]) {
    (
      remember(Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8), 2) + remember(storage, 3),
      [0x68, 2, 0x28, 0x68, 3, 0x4B, 0, 0x68, 1, 0x68, 1, 0x89, 0x7D, 0x74, 0x52]
    )
  }

  /// The dictionary of a good tensor `w` and of something else.
  private func beside(_ value: [UInt8], before: [UInt8] = []) -> [UInt8] {
    let four: [UInt8] = [0x4B, 4, 0x85]
    let one: [UInt8] = [0x4B, 1, 0x85]
    let tensor: [UInt8] =
      Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [0x28] + storage + [0x4B, 0] + four + one + [
        0x89, 0x7D, 0x74, 0x52,
      ]
    return before + [0x7D, 0x28] + text("w") + tensor + text("x") + value + [0x75]
  }

  private func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    var all = [UInt8]()
    all.reserveCapacity(bytes.count * count)
    for _ in 0..<count { all.append(contentsOf: bytes) }
    return all
  }

  @Test("Nested, cyclic and empty lists, a million of each, take some hundred bytes for each that the file names")
  func lists() throws {
    let count = 1_000_000
    // A node, its list and the list's block of memory.
    let constant = 160 * Self.mebibyte
    let nested = checkpoint(beside(repeated([0x5D], count) + repeated([0x61], count - 1)))
    try expectPeak(nested, status: 0, below: nested.count + constant)
    let cyclic = checkpoint(beside([0x5D, 0x71, 9] + repeated([0x68, 9, 0x61], count)))
    try expectPeak(cyclic, status: 0, below: cyclic.count + constant)
    let flat = checkpoint(beside([0x28] + repeated([0x5D, 0x4E, 0x61], count) + [0x74]))
    try expectPeak(flat, status: 0, below: flat.count + 2 * constant)
  }

  @Test("A memo of four million entries takes a table of that many") func memo() throws {
    let file = checkpoint([0x4E] + repeated([0x94], 4_000_000) + [0x30] + beside([0x4E]))
    try expectPeak(file, status: 0, below: file.count + 240 * Self.mebibyte)
  }

  @Test("One shape, text, array or list under a million names is kept once") func sharing() throws {
    let count = 200_000
    let names: [[UInt8]] = (100_000..<100_000 + count).map { index in [0x8C, 6] as [UInt8] + Array("\(index)".utf8) }
    // A shape of a million extents, 8 megabytes as integers, which is no tensor's.
    let tensor = sharedTensor
    var named: [UInt8] = [0x7D, 0x28]
    for name in names { named += name + tensor.each }
    named.append(0x75)
    let long = remember([0x28] + repeated([0x4B, 1], 1_000_000) + [0x74], 1) + tensor.before
    let shapes = checkpoint(long + named)
    try expectPeak(shapes, status: 1, says: "_rebuild_tensor_v2", below: shapes.count + 128 * Self.mebibyte)
    // Shapes of 64 extents: 512 bytes each, which would be 200 megabytes.
    let ranks = remember([0x28] + repeated([0x4B, 1], 64) + [0x74], 1) + tensor.before
    let tensors = checkpoint(ranks + named)
    try expectPeak(tensors, status: 0, below: tensors.count + 256 * Self.mebibyte)
    // A name of a megabyte: 200 gigabytes.
    let key = remember(text(String(repeating: "k", count: 1 << 20)), 1) + remember(storage, 3)
    let value = remember(
      Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [
        0x28, 0x68, 3, 0x4B, 0, 0x4B, 4, 0x85, 0x4B, 1, 0x85, 0x89, 0x7D, 0x74, 0x52,
      ], 2)
    let keys = checkpoint(key + value + [0x7D, 0x28] + repeated([0x68, 1, 0x68, 2], count) + [0x75])
    try expectPeak(keys, status: 0, below: keys.count + 64 * Self.mebibyte)
    // An array of a megabyte, made anew from the same bytes each time: 200 gigabytes.
    let bytes = [0x42] + littleEndian(1 << 20, 4) + [UInt8](repeating: 0, count: 1 << 20)
    let array =
      remember(bytes, 1) + remember(Array("cnumpy\ndtype\n".utf8) + text("u1") + [0x85, 0x52], 2)
      + remember([0x4A] + littleEndian(1 << 20, 4) + [0x85], 3)
      + remember(Array("cnumpy.core.numeric\n_frombuffer\n".utf8), 4) + remember(text("C"), 5)
    let call: [UInt8] = [0x68, 4, 0x28, 0x68, 1, 0x68, 2, 0x68, 3, 0x68, 5, 0x74, 0x52]
    let arrays = checkpoint(beside([0x5D, 0x28] + repeated(call, count) + [0x65], before: array))
    try expectPeak(arrays, status: 0, below: arrays.count + 128 * Self.mebibyte)
    // A list of a million at the depth where decoding ends, a million times.
    let wide = remember([0x28] + repeated([0x4E], 1_000_000) + [0x74], 1)
    let deep = [0x28] + repeated([0x68, 1], 1_000_000) + [0x74] + repeated([0x85], 61)
    let lists = checkpoint(beside(deep, before: wide))
    try expectPeak(lists, status: 0, below: lists.count + 128 * Self.mebibyte)
  }

  @Test("A dictionary under every key that is looked for, in itself, is searched once") func cyclicKeys() throws {
    var pickle: [UInt8] = [0x7D, 0x71, 1, 0x28]
    for key in ["model", "module", "state_dict", "model_state_dict", "net", "model_ema", "ema", "teacher", "student"] {
      pickle += text(key)
      pickle += [0x68, 1]
    }
    for index in 100_000..<300_000 {
      pickle += [0x8C, 6]
      pickle += Array("\(index)".utf8)
      pickle.append(0x4E)
    }
    let file = checkpoint(pickle + [0x75])
    try expectPeak(file, status: 1, says: "no state dictionary", below: file.count + 64 * Self.mebibyte)
  }
}
