/// Writes pickles opcode by opcode, so that any of them can lie.
struct PickleBuilder {
  var bytes: [UInt8] = [0x80, 2]

  /// The finished stream.
  var stream: [UInt8] { bytes + [0x2E] }

  static func + (left: PickleBuilder, right: [UInt8]) -> PickleBuilder {
    var sum = left
    sum.bytes += right
    return sum
  }
}

/// The opcodes of single values.
enum Op {
  static let none: [UInt8] = [0x4E]
  static let mark: [UInt8] = [0x28]
  static let tuple: [UInt8] = [0x74]
  static let emptyTuple: [UInt8] = [0x29]
  static let emptyList: [UInt8] = [0x5D]
  static let emptyDictionary: [UInt8] = [0x7D]
  static let append: [UInt8] = [0x61]
  static let appends: [UInt8] = [0x65]
  static let setItem: [UInt8] = [0x73]
  static let setItems: [UInt8] = [0x75]
  static let reduce: [UInt8] = [0x52]
  static let build: [UInt8] = [0x62]
  static let newObject: [UInt8] = [0x81]
  static let object: [UInt8] = [0x6F]
  static let persistent: [UInt8] = [0x51]
  static let pop: [UInt8] = [0x30]
  static let stackGlobal: [UInt8] = [0x93]

  static func text(_ text: String) -> [UInt8] { [0x58] + little(text.utf8.count, 4) + Array(text.utf8) }
  static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
  static func instance(_ module: String, _ name: String) -> [UInt8] { Array("i\(module)\n\(name)\n".utf8) }
  static func int(_ value: Int) -> [UInt8] { [0x8A, 8] + little(value, 8) }
  static func ints(_ values: [Int]) -> [UInt8] { mark + values.flatMap { int($0) } + tuple }
  static func tuple(_ parts: [UInt8]...) -> [UInt8] { mark + parts.flatMap(\.self) + tuple }
  static func bytes(_ bytes: [UInt8]) -> [UInt8] { [0x42] + little(bytes.count, 4) + bytes }
  static func put(_ index: Int) -> [UInt8] { [0x72] + little(index, 4) }
  static func get(_ index: Int) -> [UInt8] { [0x6A] + little(index, 4) }
  static func call(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
    global(module, name) + mark + arguments.flatMap(\.self) + tuple + reduce
  }

  /// A dictionary with text for keys.
  static func dictionary(_ entries: (String, [UInt8])...) -> [UInt8] {
    emptyDictionary + mark + entries.flatMap { text($0.0) + $0.1 } + setItems
  }

  /// PyTorch's name of a storage.
  static func storage(_ key: String = "0", type: String = "FloatStorage", count: Int = 4) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count)) + persistent
  }

  /// The call that rebuilds a tensor.
  static func tensor(
    storage: [UInt8] = Op.storage(), offset: Int = 0, shape: [Int] = [2, 2], strides: [Int] = [2, 1]
  ) -> [UInt8] {
    call(
      "torch._utils", "_rebuild_tensor_v2", storage, int(offset), ints(shape), ints(strides), [0x89],
      call("collections", "OrderedDict"))
  }
}

/// 1, 2, 3, 4 as `Float`.
let fourFloats: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]

/// What `torch.save({"w": tensor})` writes, as far as it matters.
func torchMembers(_ pickle: [UInt8], storage: [UInt8] = fourFloats) -> [ZipBuilder.Member] {
  [ZipBuilder.Member("x/data.pkl", pickle), ZipBuilder.Member("x/data/0", storage)]
}

/// The archive of a dictionary with a tensor `w`.
func torchArchive(tensor: [UInt8] = Op.tensor(), storage: [UInt8] = fourFloats) -> ZipBuilder {
  ZipBuilder(torchMembers((PickleBuilder() + Op.dictionary(("w", tensor))).stream, storage: storage))
}

/// The legacy file of an object with its storages.
func legacyFile(_ object: [UInt8], keys: [String] = ["0"], storages: [UInt8] = little(4, 8) + fourFloats) -> [UInt8] {
  let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  let system = Op.emptyDictionary + Op.text("little_endian") + [0x88] + Op.setItem
  let list = Op.emptyList + Op.mark + keys.flatMap { Op.text($0) } + Op.appends
  let pickles = [magic, Op.int(1001), system, object, list].flatMap { (PickleBuilder() + $0).stream }
  return pickles + storages
}

/// A `.npy` of floats.
func numPyArray(_ shape: String = "(4,)", type: String = "<f4", data: [UInt8] = fourFloats) -> [UInt8] {
  numPyArray(header: "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n", data: data)
}

/// A `.npy` with any header.
func numPyArray(header: String, data: [UInt8] = fourFloats) -> [UInt8] {
  [0x93] + Array("NUMPY".utf8) + [1, 0] + little(header.utf8.count, 2) + Array(header.utf8) + data
}
