import Testing

@testable import Checkpoints

/// Every product and sum of numbers that come from a file, at the places where 64 bits end.
@Suite("Numbers whose products and sums exceed 64 bits")
struct OverflowTests {
  /// Around the ends of 31, 32, 62, 63 and 64 bits.
  static let numbers: [Int] = [
    1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 40, 1 << 61, 1 << 62 - 1, 1 << 62, .max / 4, .max / 2 + 1,
    .max - 1, .max,
  ]

  private func expectError(_ bytes: [UInt8], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = try TemporaryFile(bytes)
    #expect(throws: CheckpointError.self, "\(what)", sourceLocation: sourceLocation) {
      let checkpoint = try Checkpoint(opening: file.path)
      try checkpoint.checkExtents()
    }
  }

  @Test("safetensors: extent × extent × element, begin and end of the data, length of the header", arguments: numbers)
  func safetensorsNumbers(number: Int) throws {
    func header(_ shape: String, _ offsets: String, _ type: String = "F32") -> [UInt8] {
      safetensors(#"{"w":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#, data: [0, 0, 0, 0])
    }
    for shape in ["[\(number)]", "[\(number),\(number)]", "[2,\(number),3]", "[0,\(number),\(number)]"] {
      for type in ["U8", "F32", "C64"] { try expectError(header(shape, "[0,4]", type), "\(shape) \(type)") }
    }
    for offsets in ["[0,\(number)]", "[\(number),\(number)]", "[\(number),4]", "[4,\(number)]", "[\(number),0]"] {
      try expectError(header("[1]", offsets), offsets)
    }
    try expectError(safetensors("{}", length: UInt64(number)), "header")
    try expectError(safetensors("{}", length: .max - UInt64(number)), "header")
  }

  @Test(
    "safetensors: integers beyond 64 bits, negative ones and fractions, wherever a count stands",
    arguments: ["9223372036854775808", "18446744073709551616", "1e400", "-1", "-9223372036854775809", "4.0", "1e0"])
  func safetensorsTexts(number: String) throws {
    for fields in [
      #""shape":[\#(number)],"data_offsets":[0,4]"#, #""shape":[1],"data_offsets":[\#(number),4]"#,
      #""shape":[1],"data_offsets":[0,\#(number)]"#,
    ] {
      try expectRefusal(safetensors(#"{"w":{"dtype":"F32",\#(fields)}}"#, data: [0, 0, 0, 0]), "no count")
    }
  }

  @Test("Pickles: extents, strides, offset and count, in every place and with either sign", arguments: numbers)
  func pickleNumbers(number: Int) throws {
    for number in [number, -number] {
      let tensors: [[UInt8]] = [
        Op.tensor(shape: [number], strides: [1]), Op.tensor(shape: [number, number], strides: [number, 1]),
        Op.tensor(shape: [2, number], strides: [1, 0]),
        Op.tensor(shape: [2], strides: [number]), Op.tensor(shape: [3, 3], strides: [number, number]),
        Op.tensor(offset: number, shape: [1], strides: [1]), Op.tensor(offset: number, shape: [2], strides: [number]),
        Op.tensor(storage: Op.storage(count: number)),
        Op.tensor(storage: Op.storage(type: "DoubleStorage", count: number)),
        Op.tensor(storage: Op.storage(type: "ComplexDoubleStorage", count: number)),
      ]
      for (index, tensor) in tensors.enumerated() {
        // Two negative extents would have a positive product.
        try expectError(torchArchive(tensor: tensor).bytes, "zip \(index)")
        try expectError(legacyFile(Op.dictionary(("w", tensor))), "legacy \(index)")
        try expectError(
          legacyFile(Op.dictionary(("w", tensor)), storages: little(number, 8) + fourFloats), "legacy trailer \(index)")
      }
    }
  }

  @Test("Pickles: integers beyond 64 bits are no extents, strides, offsets or counts", arguments: [9, 16, 255])
  func largeIntegers(byteCount: Int) throws {
    let large = [0x8A, UInt8(byteCount)] + [UInt8](repeating: 1, count: byteCount)
    let one = Op.tuple(large)
    func tensor(_ storage: [UInt8], _ offset: [UInt8], _ shape: [UInt8], _ strides: [UInt8]) -> [UInt8] {
      Op.call("torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, [0x89], Op.emptyDictionary)
    }
    let counted = Op.tuple(Op.text("storage"), Op.global("torch", "FloatStorage"), Op.text("0"), Op.text("cpu"), large)
    let (zero, four, stride) = (Op.int(0), Op.ints([4]), Op.ints([1]))
    for parts in [
      tensor(Op.storage(), large, four, stride), tensor(Op.storage(), zero, one, stride),
      tensor(Op.storage(), zero, four, one), tensor(counted + Op.persistent, zero, four, stride),
    ] {
      try expectRefusal(torchArchive(tensor: parts).bytes, "_rebuild_tensor_v2")
    }
  }

  @Test("Legacy views: offset and length of the window", arguments: numbers)
  func views(number: Int) throws {
    for (offset, count) in [(number, 4), (0, number), (number, number), (-number, 4), (0, -number), (4, 1), (1, 4)] {
      let view = Op.tuple(Op.text("v"), Op.int(offset), Op.int(count))
      let storage = Op.tuple(
        Op.text("storage"), Op.global("torch", "FloatStorage"), Op.text("0"), Op.text("cpu"), Op.int(4), view)
      let tensor = Op.tensor(storage: storage + Op.persistent)
      try expectError(legacyFile(Op.dictionary(("w", tensor))), "\(offset), \(count)")
    }
  }

  @Test("Pickles: lengths of texts, bytes, integers and frames", arguments: numbers)
  func pickleLengths(number: Int) throws {
    for opcode: UInt8 in [0x8D, 0x8E, 0x96] {
      try expectRefusal(ZipBuilder(torchMembers([0x80, 4, opcode] + little(number, 8))).bytes, "cut off")
    }
    for opcode: UInt8 in [0x58, 0x42, 0x54, 0x8B] {
      try expectError(ZipBuilder(torchMembers([0x80, 4, opcode] + little(number | 1 << 30, 4))).bytes, "\(opcode)")
    }
    // A frame's length is a hint, which nothing depends on.
    let framed = [0x80, 4, 0x95] + little(number, 8) + Op.dictionary(("w", Op.tensor())) + [0x2E]
    #expect(try readEveryWay(ZipBuilder(torchMembers(framed)).bytes) == ["w": [1, 2, 3, 4]])
  }

  @Test("NumPy: extent × extent × element + header", arguments: numbers)
  func numPyNumbers(number: Int) throws {
    for shape in ["(\(number),)", "(\(number),\(number))", "(2,\(number),3)", "(0,\(number),\(number))"] {
      for type in ["|u1", "<f4", "<c16"] {
        try expectError(
          ZipBuilder([ZipBuilder.Member("w.npy", numPyArray(shape, type: type))]).bytes, "\(shape) \(type)")
      }
    }
  }

  @Test("Zip: sizes and offsets of 64 bits in a member's fields and in the end records", arguments: numbers)
  func zipNumbers(number: Int) throws {
    let wide = little(1, 2) + little(24, 2) + little(number, 8) + little(number, 8) + little(number, 8)
    for member in 0...1 {
      var sizes = torchArchive()
      sizes.members[member].central.extra = wide
      sizes.members[member].local.extra = wide
      (sizes.members[member].central.size, sizes.members[member].central.compressed) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      (sizes.members[member].local.size, sizes.members[member].local.compressed) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      try expectError(sizes.bytes, "sizes of member \(member)")
      sizes.members[member].offset = 0xFFFF_FFFF
      try expectError(sizes.bytes, "sizes and offset of member \(member)")
      var offset = torchArchive()
      offset.members[member].offset = 0xFFFF_FFFF
      offset.members[member].central.extra = little(1, 2) + little(8, 2) + little(number, 8)
      try expectError(offset.bytes, "offset of member \(member)")
    }
    for index in 0...3 {
      var end = torchArchive()
      end.wideEnd = { $0[index] = number }
      end.end = { $0[index] = index < 2 ? 0xFFFF : 0xFFFF_FFFF }
      try expectError(end.bytes, "end record, number \(index)")
    }
    var both = torchArchive()
    both.wideEnd = { ($0[2], $0[3]) = (number, number) }
    both.end = { ($0[2], $0[3]) = (0xFFFF_FFFF, 0xFFFF_FFFF) }
    try expectError(both.bytes, "size and offset")
  }

  @Test("Integers of JSON beyond 64 bits become floating-point numbers, and no counts") func json() throws {
    let value = try MetadataValue(
      json: Array("[9223372036854775807,9223372036854775808,-9223372036854775809,1e999]".utf8), path: "x")
    #expect(value.list == [.int(.max), .double(0x1p63), .double(-0x1p63), .double(.infinity)])
  }
}
