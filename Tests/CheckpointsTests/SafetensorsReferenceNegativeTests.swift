import Foundation
import Testing

@testable import Checkpoints

/// What the public tests of the reference reader (huggingface/safetensors: Rust, Python and its folder of attacks) show that it
/// refuses, made anew from what they describe.
@Suite("What the reference reader of safetensors refuses")
struct SafetensorsReferenceNegativeTests {
  private static func entry(
    _ name: String = "test", _ type: String = "I32", _ shape: String = "[2,2]", _ offsets: String = "[0,16]"
  ) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  private static func file(_ entries: String..., data: Int = 16, length: UInt64? = nil) -> [UInt8] {
    safetensors("{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 0, count: data), length: length)
  }

  static let cases: [(what: String, word: String, bytes: [UInt8])] = [
    // Rust, module of tests of the tensor type.
    (
      "ten tensors over the same sixteen bytes", "overlaps",
      safetensors(
        "{\((0..<10).map { entry("weight_\($0)") }.joined(separator: ","))}", data: [UInt8](repeating: 0, count: 16))
    ),
    ("bytes behind the last tensor, as a polyglot file has them", "follow the last tensor", file(entry(), data: 50)),
    ("a data buffer that lacks two bytes", "cut off", file(entry(), data: 14)),
    ("a header of 2⁶⁴ − 2⁴⁰ + 60 bytes", "more than 100000000", file(entry(), length: 0xFFFF_FF00_0000_003C)),
    ("no header at all", "the file is empty", []),
    ("a header's length and no header", "cut off", safetensors("", length: 60)),
    ("a header that is not UTF-8", "unknown content", [1, 0, 0, 0, 0, 0, 0, 0, 0xFF]),
    ("a header that is no JSON", "safetensors header", [1, 0, 0, 0, 0, 0, 0, 0, 0x7B]),
    (
      "offsets of fewer bytes than shape and type need", "takes 16 bytes",
      file(entry("test", "I32", "[2,2]", "[0, 4]"), data: 0)
    ),
    ("an extent whose product exceeds 64 bits", "fits 64 bits", file(entry("test", "I32", "[2,18446744073709551614]"))),
    ("a product whose bytes exceed 64 bits", "exceeds 64 bits", file(entry("test", "I32", "[2,9223372036854775807]"))),
    (
      "a header longer than the limit with strings alone", "more than 100000000",
      safetensors(#"{"__metadata__":{"a":""}}"#, length: 100_000_001)
    ),
    (
      "elements of half a byte that end inside one", "element type F4",
      file(entry("test", "F4", "[1,3]", "[0,2]"), data: 2)
    ),
    (
      "elements of half a byte in a whole byte too many", "element type F4",
      file(entry("test", "F4", "[1,2]", "[0,2]"), data: 2)
    ),
    // Python, by file.
    ("a file cut inside its header", "cut off", Array(file(entry()).prefix(8 + 30))),
    (
      "four mebibytes announced, one byte there", "cut off",
      file(entry("liar", "F32", "[1024,1024]", "[0,4194304]"), data: 1)
    ),
    ("an unknown element type", "element type nonsense", file(entry("test", "nonsense"))),
    ("an element type in another case", "element type i32", file(entry("test", "i32"))),
    ("a text where the file was", "a text file", Array("something".utf8)),
    ("a dictionary where a tensor should be", "needs dtype", file(#""test":{"some":"thing"}"#, data: 0)),
    ("a list where the header should be", "unknown content", safetensors("[]")),
    // Its folder of attacks.
    ("a header that claims a thousand bytes of a smaller file", "cut off", file(entry("weight", "F32"), length: 1000)),
    (
      "a hundred thousand tensors over the same 160 kilobytes", "overlaps",
      safetensors(
        "{\((0..<100_000).map { entry("w\($0)", "F32", "[200,200]", "[0,160000]") }.joined(separator: ","))}",
        data: [UInt8](repeating: 0, count: 160_000))
    ),
    ("negative offsets", "no count", file(entry("test", "I32", "[2,2]", "[-16,0]"))),
    ("offsets outside the file", "hole", file(entry("test", "I32", "[2,2]", "[1000,1016]"))),
    ("offsets the wrong way round", "data_offsets are", file(entry("test", "I32", "[2,2]", "[16,0]"))),
    // The format's description.
    ("one name twice", "occurs twice", file(entry("a", "U8", "[8]", "[0,8]"), entry("a", "U8", "[8]", "[8,16]"))),
    ("numbers among the strings", "maps strings to strings", file(#""__metadata__":{"step":1}"#, entry())),
    ("a hole between two tensors", "hole", file(entry("a", "U8", "[4]", "[0,4]"), entry("b", "U8", "[4]", "[12,16]"))),
    ("a first tensor behind a hole", "hole", file(entry("a", "U8", "[4]", "[12,16]"))),
    (
      "tensors that overlap by a byte", "overlaps",
      file(entry("a", "U8", "[9]", "[0,9]"), entry("b", "U8", "[8]", "[8,16]"))
    ),
    ("fractions for extents", "no count", file(entry("a", "U8", "[16.0]"))),
    ("an exponent for an extent", "no count", file(entry("a", "U8", "[1e1]", "[0,10]"), data: 10)),
    ("a comma too many", "safetensors header", file(entry(), "")),
    ("a second value behind the header", "after the end", safetensors("{}{}")),
    ("a byte order mark", "unknown content", safetensors("\u{FEFF}{}")),
    (
      "NaN, which only Python writes", "safetensors header",
      file(#""a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":NaN}"#)
    ),
  ]

  @Test("Each is refused when the file is opened", arguments: cases.indices)
  func refused(index: Int) throws {
    try expectRefusal(Self.cases[index].bytes, Self.cases[index].word, name: "x.safetensors")
  }

  @Test("Ten million tensors in one header are refused by its length, before it is read") func tenMillion() throws {
    // 10⁷ entries take some 600 megabytes, in a sparse file here; the length alone decides.
    let file = try TemporaryFile(safetensors("{\"weight_0\":{", length: 600_000_000), name: "x.safetensors")
    #expect(truncate(file.path, 700_000_000) == 0)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: file.path) }
    #expect(error?.description.contains("more than 100000000") == true)
  }

  @Test("A file that is not there is named as such") func missing() throws {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: "notafile.safetensors") }
    #expect(error?.description.hasPrefix("notafile.safetensors: No such file or directory") == true)
  }

  static let allowed: [(what: String, bytes: [UInt8], names: [String])] = [
    ("blanks behind the header", safetensors("{}\r \t\n"), []),
    ("blanks before and behind the header", safetensors("\t\n{}\r "), []),
    ("no tensor", safetensors("{}      "), []),
    ("strings alone", safetensors(#"{"__metadata__":{"framework":"pt"}}     "#), []),
    ("a scalar", file(entry("test", "I32", "[]", "[0,4]"), data: 4), ["test"]),
    ("a tensor without elements", file(entry("test", "I32", "[2,0]", "[0, 0]"), data: 0), ["test"]),
    (
      "several tensors without elements at one place",
      file(entry("a", "I32", "[2,0]", "[0,0]"), entry("b", "F32", "[0]", "[0,0]"), data: 0), ["a", "b"]
    ),
    (
      "tensors in another order than their bytes",
      file(entry("a", "U8", "[8]", "[8,16]"), entry("b", "U8", "[8]", "[0,8]")), ["a", "b"]
    ),
  ]

  @Test("What its tests accept is accepted", arguments: allowed.indices)
  func accepted(index: Int) throws {
    let values = try readEveryWay(Self.allowed[index].bytes, name: "x.safetensors")
    #expect(values.keys.sorted() == Self.allowed[index].names, "\(Self.allowed[index].what)")
  }
}
