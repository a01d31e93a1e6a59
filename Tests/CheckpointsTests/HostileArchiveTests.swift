import Foundation
import Testing

@testable import Checkpoints

@Suite("Archives that lie")
struct HostileArchiveTests {
  /// Each file with a word its message must contain.
  static let lies: [(String, String)] = [
    ("system_root", "posix.system"), ("system_key", "posix.system"), ("stride_past", "its storage has 4"),
    ("offset_past", "its storage has 4"), ("offset_negative", "outside its storage"),
    ("stride_negative", "strides"), ("shape_negative", "shape"), ("shape_overflow", "expands"),
    ("stride_overflow", "strides"), ("expansion", "expands"), ("rank_mismatch", "3 extents and 2 strides"),
    ("count_lie", "announces a storage"), ("count_negative", "announces a storage"), ("storage_missing", "missing"),
    ("storage_outside", "missing"), ("storage_short", "announces a storage"), ("big_endian", "byte order"),
    ("duplicate", "two zip members"), ("compressed", "compressed"), ("bomb", "unpacks to"),
    ("pickle_cut", "cut off"), ("empty_pickle", "cut off"), ("quantised", "_rebuild_qtensor"),
    ("no_directory", "cut off"),
  ]

  @Test("Each lie is refused with the file, the reason and the next step", arguments: lies)
  func refused(file: String, word: String) throws {
    let path = Golden.path("hostile/\(file).pth")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(opening: path) }
    let message = try #require(error?.description)
    #expect(message.hasPrefix(path))
    #expect(message.contains(word), "\(message)")
    #expect(message.contains(";") && message.count < 700, "\(message)")
  }

  @Test("The good archive that the lies were made from is read")
  func good() throws {
    #expect(try Checkpoint(opening: Golden.path("hostile/good.pth")).floats("w") == [1, 2, 3, 4])
  }

  @Test("A call of os.system beside tensors is data, and is not made")
  func inert() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("hostile/system_inside.pth"))
    #expect(try checkpoint.floats("w") == [1, 2, 3, 4])
    let call = MetadataValue.object(
      type: "posix.system", arguments: [.string("touch /tmp/checkpoint_was_run")], state: .null)
    #expect(checkpoint.metadata["x"] == call)
    #expect(!FileManager.default.fileExists(atPath: "/tmp/checkpoint_was_run"))
  }

  @Test("Bytes that do not match their checksum are found when they are read")
  func checksum() throws {
    let checkpoint = try Checkpoint(opening: Golden.path("hostile/checksum.pth"))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.floats("w") }
    #expect(error?.description.contains("CRC") == true)
    #expect(throws: CheckpointError.self) { try checkpoint.digest(of: ["w"]) }
  }
}
