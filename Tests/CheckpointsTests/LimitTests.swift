import Foundation
import Testing

@testable import Checkpoints

/// Every limit on what a file may hold: what is at the limit is read, one beyond is refused.
@Suite("Limits")
struct LimitTests {
  /// Opens a file and says why not.
  private func failure(_ bytes: [UInt8], name: String = "x.bin") throws -> String {
    let file = try TemporaryFile(bytes, name: name)
    do throws(CheckpointError) {
      _ = try Checkpoint(opening: file.path)
      return ""
    } catch { return error.description }
  }

  /// A file of zeros but for its ends; costs no disk.
  private func sparse(_ start: [UInt8], byteCount: Int, end: [UInt8] = []) throws -> TemporaryFile {
    let file = try TemporaryFile(start)
    try #require(truncate(file.path, byteCount) == 0)
    let handle = try FileHandle(forUpdating: URL(filePath: file.path))
    try handle.seek(toOffset: UInt64(byteCount - end.count))
    try handle.write(contentsOf: Data(end))
    try handle.close()
    return file
  }

  private func value(_ stream: [UInt8]) throws(CheckpointError) -> MetadataValue {
    let pickle = try PickleMachine.decode(PickleInput(stream, path: "test.pkl"))
    var decoder = MetadataDecoder(pickle, selected: nil)
    return decoder.value(pickle.root)
  }

  // MARK: safetensors

  @Test("A header of 100 000 000 bytes is read, one of a byte more is not") func headerLength() throws {
    let blanks = String(repeating: " ", count: SafetensorsHeader.byteLimit - 2)
    #expect(try failure(safetensors("{}" + blanks)) == "")
    #expect(try failure(safetensors("{}" + blanks + " ")).contains("more than 100000000"))
  }

  @Test("A header of a million tensors is read, one more is not", arguments: [0, 1])
  func tensors(more: Int) throws {
    let count = tensorCountLimit + more
    var header: [UInt8] = [UInt8(ascii: "{")]
    header.reserveCapacity(count * 56)
    let tail = Array(#"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#.utf8)
    for index in 0..<count { header += [UInt8(ascii: "\"")] + hexadecimal(index) + tail }
    header[header.count - 1] = UInt8(ascii: "}")
    let message = try failure(little(header.count, 8) + header)
    #expect(more == 0 ? message == "" : message.contains("more than 1000000 tensors"))
  }

  @Test("__metadata__ of 65536 entries is read, one more is not", arguments: [0, 1])
  func metadata(more: Int) throws {
    let entries = (0..<SafetensorsHeader.metadataLimit + more).map { #""\#($0)":"""# }.joined(separator: ",")
    let message = try failure(safetensors(#"{"__metadata__":{\#(entries)}}"#))
    #expect(more == 0 ? message == "" : message.contains("more than 65536 entries"))
  }

  @Test("64 axes are read, 65 are not", arguments: [64, 65])
  func rank(count: Int) throws {
    let ones = [Int](repeating: 1, count: count)
    let header = #"{"w":{"dtype":"F32","shape":\#(ones),"data_offsets":[0,4]}}"#
    let array = ZipBuilder([
      ZipBuilder.Member("w.npy", numPyArray("(\(ones.map(String.init).joined(separator: ",")))", data: [0, 0, 0, 0]))
    ])
    let files = [
      safetensors(header, data: [0, 0, 0, 0]), torchArchive(tensor: Op.tensor(shape: ones, strides: ones)).bytes,
      array.bytes,
    ]
    for (bytes, word) in zip(files, ["64 dimensions", "_rebuild_tensor_v2", "65 axes"]) {
      let message = try failure(bytes)
      #expect(count == 64 ? message == "" : message.contains(word), "\(message)")
    }
  }

  // MARK: JSON

  private func json(_ text: String) throws(CheckpointError) -> MetadataValue {
    try MetadataValue(json: Array(text.utf8), path: "x.json")
  }

  @Test(
    "Nesting of 128 is read, of 129 not: as a tree, skipped, and in brackets of both kinds", arguments: ["[]", "{}"])
  func depth(kind: String) throws {
    func nested(_ depth: Int) -> String {
      let open = kind == "[]" ? "[" : "{\"a\":"
      return String(repeating: open, count: depth - 1) + kind
        + String(repeating: kind.last.map(String.init) ?? "", count: depth - 1)
    }
    #expect(throws: Never.self) { try json(nested(JSONScanner.depthLimit)) }
    #expect(throws: CheckpointError.self) { try json(nested(JSONScanner.depthLimit + 1)) }
    // Inside a tensor's entry two levels are used up.
    let inside = JSONScanner.depthLimit - 2
    func header(_ depth: Int) -> [UInt8] {
      safetensors(#"{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":\#(nested(depth))}}"#)
    }
    #expect(try failure(header(inside)) == "")
    #expect(try failure(header(inside + 1)).contains("nested deeper"))
  }

  @Test("A tree of 2²⁰ values is read, one more is not") func values() throws {
    let ones = String(repeating: "1,", count: JSONScanner.valueLimit - 2)
    #expect(try json("[\(ones)1]").list?.count == JSONScanner.valueLimit - 1)
    let error = #expect(throws: CheckpointError.self) { try json("[\(ones)1,1]") }
    #expect(error?.description.contains("more than 1048576 values") == true)
  }

  @Test("A number of 1024 characters is read, one more is not") func digits() throws {
    #expect(try json(String(repeating: "1", count: JSONScanner.numberLimit)).double == .infinity)
    #expect(throws: CheckpointError.self) { try json(String(repeating: "1", count: JSONScanner.numberLimit + 1)) }
  }

  @Test("A configuration of 16 MiB is read, a byte more is none") func configuration() throws {
    let text = #"{"hidden_size":8}"#
    for more in 0...1 {
      let file = try TemporaryFile(safetensors("{}"), name: "model.safetensors")
      let blanks = String(repeating: " ", count: ModelFolder.configurationLimit - text.utf8.count + more)
      try Array((text + blanks).utf8).write(to: file.folder + "/config.json")
      #expect(try Checkpoint(opening: file.path).config?["hidden_size"]?.int == (more == 0 ? 8 : nil))
    }
  }

  // MARK: Shards

  @Test("An index of 100 000 000 bytes is read, a byte more is not") func indexLength() throws {
    let text = #"{"weight_map":{}}"#
    for more in 0...1 {
      let file = try TemporaryFile(
        Array(text.utf8) + [UInt8](repeating: 0x20, count: ShardIndex.byteLimit - text.utf8.count + more))
      let input = try InputFile(opening: file.path)
      if more == 0 {
        #expect(try ShardIndex(of: input).tensors.isEmpty)
      } else {
        #expect(throws: CheckpointError.self) { try ShardIndex(of: input) }
      }
    }
  }

  @Test("1000 shards and a million tensors are read, one more is not", arguments: [0, 1])
  func shards(more: Int) throws {
    func index(_ count: Int, _ shard: (Int) -> String) throws -> InputFile {
      let entries = (0..<count).map { "\"\($0)\":\"\(shard($0))\"" }.joined(separator: ",")
      let file = try TemporaryFile(Array("{\"weight_map\":{\(entries)}}".utf8))
      // Open, it outlives its name.
      return try InputFile(opening: file.path)
    }
    let manyShards = try index(ShardIndex.shardLimit + more) { "s\($0)" }
    let manyTensors = try index(tensorCountLimit + more) { _ in "s" }
    for (file, word) in [(manyShards, "1000 shards"), (manyTensors, "1000000 tensors")] {
      var message = ""
      do throws(CheckpointError) { _ = try ShardIndex(of: file) } catch { message = error.description }
      #expect(more == 0 ? message == "" : message.contains(word), "\(message)")
    }
  }

  @Test("A shard may not come twice, whatever it is called") func shardAliases() throws {
    let file = try TemporaryFile(Array(#"{"weight_map":{"a":"s","b":"t"}}"#.utf8), name: "x.index.json")
    let header =
      #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    try safetensors(header).write(to: file.folder + "/s")
    try FileManager.default.linkItem(atPath: file.folder + "/s", toPath: file.folder + "/t")
    let linked = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(linked?.description.contains("same file") == true)
    for alias in ["./s", "././s", ".", "a/./s"] {
      try file.write(Array(#"{"weight_map":{"a":"s","b":"\#(alias)"}}"#.utf8))
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
      #expect(error?.description.contains("no place below") == true)
    }
  }

  // MARK: Zip archives

  @Test("2²⁰ members are read, one more is not")
  func members() throws {
    let count = ZipArchive.memberLimit
    var file: [UInt8] = []
    var directory: [UInt8] = []
    file.reserveCapacity(count * 39)
    directory.reserveCapacity(count * 55)
    let header = ZipBuilder.Header(name: Array("x/00000".utf8), method: 0, checksum: 0, compressed: 0, size: 0).fields
    let local = Array("PK\u{3}\u{4}".utf8) + header
    let central = Array("PK\u{1}\u{2}".utf8) + little(20, 2) + header + little(0, 10)
    for index in 0..<count {
      let name = [0x78, 0x2F] + hexadecimal(index)
      directory += central
      directory += little(file.count, 4)
      directory += name
      file += local
      file += name
    }
    let (start, directoryEnd) = (file.count, file.count + directory.count)
    func end(_ count: Int) -> [UInt8] {
      let numbers = [count, count, directory.count, start].flatMap { little($0, 8) }
      let wide = Array("PK\u{6}\u{6}".utf8) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + numbers
      let locator = Array("PK\u{6}\u{7}".utf8) + little(0, 4) + little(directoryEnd, 8) + little(1, 4)
      return wide + locator + Array("PK\u{5}\u{6}".utf8) + little(0, 4) + little(-1, 8) + little(-1, 4) + little(0, 2)
    }
    file += directory
    #expect(try failure(file + end(count)).contains("without data.pkl"))
    // The number alone decides.
    #expect(try failure(file + end(count + 1)).contains("more than 1048576"))
  }

  @Test("A directory of 256 MiB is read, a byte more is not", arguments: [0, 1])
  func directory(more: Int) throws {
    let size = ZipStructure.directoryByteLimit + more
    let end =
      Array("PK\u{5}\u{6}".utf8) + little(0, 4) + little(1, 2) + little(1, 2) + little(size, 4) + little(4, 4)
      + little(0, 2)
    let file = try sparse(Array("PK\u{3}\u{4}".utf8), byteCount: 4 + size + 22, end: end)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(error?.description.contains(more == 0 ? "cannot be read" : "more than 268435456") == true)
  }

  @Test("A comment of 65535 bytes, the longest there can be, is read") func comment() throws {
    var archive = torchArchive()
    archive.comment = [UInt8](repeating: 0x20, count: 0xFFFF)
    #expect(try failure(archive.bytes) == "")
    archive.suffix = [0x20]
    #expect(try failure(archive.bytes).contains("follow its zip directory"))
  }

  @Test("data.pkl and byteorder may unpack to their limits and not beyond") func smallMembers() throws {
    var archive = torchArchive()
    archive.members.append(ZipBuilder.Member("x/byteorder", [UInt8](repeating: 0x20, count: Contents.byteOrderLimit)))
    #expect(try failure(archive.bytes).contains("byte order"))
    archive.members[2] = ZipBuilder.Member("x/byteorder", [UInt8](repeating: 0x20, count: Contents.byteOrderLimit + 1))
    #expect(try failure(archive.bytes).contains("unpacks to 65 bytes"))
    // data.pkl, compressed, may not unpack to more than the file has.
    var bomb = ZipBuilder([ZipBuilder.Member("x/data.pkl", [3, 0], method: 8, byteCount: 0)])
    for more in 0...1 {
      let size = bomb.bytes.count + more
      bomb.members[0].local.size = size
      bomb.members[0].central.size = size
      let message = try failure(bomb.bytes)
      // What is within the limit is unpacked, and found to be shorter.
      #expect(message.contains("unpacks to \(size) bytes") == (more == 1) && message.contains("data.pkl"), "\(message)")
    }
  }

  @Test("An array may unpack to 1032 times its bytes, as far as deflate can go, and not beyond") func deflate() throws {
    for more in 0...1 {
      let size = 2 * Contents.deflateLimit + more
      let member = ZipBuilder.Member("w.npy", [3, 0], method: 8, byteCount: size)
      let message = try failure(ZipBuilder([member]).bytes)
      #expect(message.contains("claims to unpack") == (more == 1), "\(message)")
    }
  }

  @Test("A header of a NumPy array may have 10 000 bytes and not more") func arrayHeader() throws {
    let fields = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
    for more in 0...1 {
      // Version 1.0: ten bytes before the header.
      let blanks = String(repeating: " ", count: NumPyHeader.byteLimit - 10 - fields.utf8.count + more)
      let message = try failure(ZipBuilder([ZipBuilder.Member("w.npy", numPyArray(header: fields + blanks))]).bytes)
      #expect(more == 0 ? message == "" : message.contains("more than NumPy writes or reads"), "\(message)")
    }
  }

  @Test("Stored bytes are the same, read through or sought", arguments: [-4, 0, 4])
  func readThrough(more: Int) throws {
    let offset = (64 << 10) + more
    let storage = [UInt8](repeating: 1, count: offset) + fourFloats + [9]
    let tensor = Op.tensor(
      storage: Op.storage(type: "UntypedStorage", count: storage.count), offset: offset / 4, shape: [4], strides: [1])
    let typed = Op.call(
      "torch._utils", "_rebuild_tensor_v3", Op.storage(type: "UntypedStorage", count: storage.count),
      Op.int(offset / 4),
      Op.ints([4]), Op.ints([1]), [0x89], Op.emptyDictionary, Op.global("torch", "float32"))
    #expect(try readEveryWay(torchArchive(tensor: typed, storage: storage).bytes) == ["w": [1, 2, 3, 4]])
    #expect(try failure(torchArchive(tensor: tensor, storage: storage).bytes).contains("_rebuild_tensor_v2"))
  }

  // MARK: Pickles

  @Test("A pickle of 256 MiB is read, a byte more is not", arguments: [0, 1])
  func pickleLength(more: Int) throws {
    let count = PickleInput.byteLimit - 10 + more
    let file = try sparse([0x8E] + little(count, 8), byteCount: 10 + count, end: [0x2E])
    let input = PickleInput(try InputFile(opening: file.path), at: 0)
    if more == 0 {
      #expect(try PickleMachine.decode(input).byteCount == PickleInput.byteLimit)
    } else {
      let error = #expect(throws: CheckpointError.self) { try PickleMachine.decode(input) }
      #expect(error?.description.contains("longer than") == true)
    }
  }

  @Test("2²² values, 2²² memo entries and 2²⁴ opcodes are decoded, one more is not", arguments: [0, 1])
  func pickleCounts(more: Int) throws {
    let values = [UInt8](repeating: 0x4E, count: PickleMachine.nodeLimit + more) + [0x2E]
    let entries = [0x4E] + [UInt8](repeating: 0x94, count: PickleMachine.nodeLimit + more) + [0x2E]
    // A mark and its removal leave nothing behind.
    let steps = [UInt8](repeating: 0x28, count: PickleMachine.stepLimit / 2 - 1 + more)
    let opcodes = steps + [UInt8](repeating: 0x30, count: steps.count) + [0x4E, 0x2E]
    for (stream, word) in [(values, "values"), (entries, "remembers"), (opcodes, "opcodes")] {
      var message = ""
      do throws(CheckpointError) {
        _ = try PickleMachine.decode(PickleInput(stream, path: "x"))
      } catch { message = error.description }
      #expect(more == 0 ? message == "" : message.contains(word), "\(message)")
    }
  }

  @Test("Names of 1000 bytes and numbers of 64 characters are decoded, one more is not", arguments: [0, 1])
  func pickleTexts(more: Int) throws {
    let name = "c" + String(repeating: "a", count: 500) + "\n" + String(repeating: "b", count: 500 + more) + "\n."
    let number = "F" + String(repeating: "1", count: PickleMachine.numberLimit + more) + "\n."
    for text in [name, number] {
      if more == 0 {
        #expect(throws: Never.self) { try value(Array(text.utf8)) }
      } else {
        #expect(throws: CheckpointError.self) { try value(Array(text.utf8)) }
      }
    }
  }

  @Test("Metadata is decoded to a depth of 64 and to 2²⁰ values; what is beyond is marked") func metadataTree() throws {
    func depth(_ value: MetadataValue) -> Int { value[0].map { depth($0) + 1 } ?? 0 }
    let lists = MetadataDecoder.depthLimit
    func nested(_ count: Int) -> [UInt8] {
      [UInt8](repeating: 0x5D, count: count) + [UInt8](repeating: 0x61, count: count - 1) + [0x2E]
    }
    #expect(depth(try value(nested(lists))) == lists - 1)
    #expect(depth(try value(nested(lists + 1))) == lists)
    #expect("\(try value(nested(lists)))".contains("omitted") == false)
    #expect("\(try value(nested(lists + 1)))".contains("nested deeper") == true)
    func wide(_ count: Int) throws -> [MetadataValue] {
      try value([0x5D, 0x28] + [UInt8](repeating: 0x4E, count: count) + [0x65, 0x2E]).list ?? []
    }
    #expect(try wide(MetadataDecoder.valueLimit - 1).last == .null)
    #expect(try wide(MetadataDecoder.valueLimit).last == .omitted("more than 1048576 values"))
  }

  @Test("A state dictionary of a million tensors is read, one more is not", arguments: [0, 1])
  func stateDictionary(more: Int) throws {
    // One tensor under a million names.
    var pickle: [UInt8] =
      [0x80, 2] + Op.tensor(shape: [1], strides: [1]) + Op.put(1) + Op.pop + Op.emptyDictionary + Op.mark
    for index in 0..<tensorCountLimit + more { pickle += [0x8C, 5] + hexadecimal(index) + [0x68, 1] }
    let message = try failure(ZipBuilder(torchMembers(pickle + Op.setItems + [0x2E])).bytes)
    #expect(more == 0 ? message == "" : message.contains("more than 1000000 tensors"), "\(message)")
  }

  @Test("Tensors may be wrapped 7 times and state dictionaries lie 4 keys deep, not more", arguments: [0, 1])
  func wrappers(more: Int) throws {
    var tensor = Op.tensor()
    for _ in 1..<TensorDecoder.wrapperLimit + more {
      tensor = Op.call("torch._utils", "_rebuild_parameter", tensor, [0x89], Op.emptyDictionary)
    }
    #expect(try failure(torchArchive(tensor: tensor).bytes).contains("_rebuild_parameter") == (more == 1))
    var object = Op.dictionary(("w", Op.tensor()))
    for _ in 0..<StateDictionarySelection.wrapperLimit + more { object = Op.dictionary(("model", object)) }
    let message = try failure(ZipBuilder(torchMembers((PickleBuilder() + object).stream)).bytes)
    #expect(message.contains("no state dictionary") == (more == 1), "\(message)")
  }

  @Test("A storage's key may have 255 bytes and not more", arguments: [0, 1])
  func storageKey(more: Int) throws {
    let key = String(repeating: "k", count: TensorDecoder.keyLimit + more)
    var archive = torchArchive(tensor: Op.tensor(storage: Op.storage(key)))
    archive.members[1] = ZipBuilder.Member("x/data/\(key)", fourFloats)
    #expect(try failure(archive.bytes).contains("_rebuild_tensor_v2") == (more == 1))
  }

  @Test("The name of a NumPy type may have 64 bytes and not more", arguments: [0, 1])
  func typeName(more: Int) throws {
    let kind = String(repeating: "f", count: MetadataDecoder.typeNameLimit + more)
    let scalar = Op.call("numpy.core.multiarray", "scalar", Op.call("numpy", "dtype", Op.text(kind)), Op.bytes([1]))
    let decoded = try value((PickleBuilder() + scalar).stream)
    if case .array(let array) = decoded { #expect(more == 0 && array.numpyType == kind) } else { #expect(more == 1) }
  }

  @Test("All tensors as floats may take four times the file and a gibibyte, not more", arguments: [0, 1])
  func expansion(more: Int) throws {
    func archive(_ count: Int) -> [UInt8] { torchArchive(tensor: Op.tensor(shape: [count], strides: [0])).bytes }
    let count = archive(1).count + StateDictionary.expansionAllowance / 4
    let message = try failure(archive(count + more))
    #expect(more == 0 ? message == "" : message.contains("expands far beyond"), "\(message)")
  }

  @Test("A message has 1400 characters and some at most, whatever a file calls its tensors") func messages() throws {
    let name = String(repeating: "n", count: 1_000_000)
    let header = #"{"\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    let message = try failure(safetensors(header))
    #expect(message.count < String.messageLimit + 10 && message.contains("cut off"))
  }
}

/// Five digits that no other number below 2²⁰ has.
private func hexadecimal(_ number: Int) -> [UInt8] {
  let digits = Array("0123456789abcdefg".utf8)
  return [
    digits[number >> 16 & 31], digits[number >> 12 & 15], digits[number >> 8 & 15], digits[number >> 4 & 15],
    digits[number & 15],
  ]
}
