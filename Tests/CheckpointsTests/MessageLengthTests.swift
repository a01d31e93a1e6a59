import Testing

@testable import Checkpoints

@Suite("The length of messages")
struct MessageLengthTests {
  @Test("A message of usual length stays as it is")
  func short() {
    let error = CheckpointError.malformed(path: "a.pth", what: String(repeating: "w", count: 1000))
    #expect(error.description.contains(String(repeating: "w", count: 1000)))
  }

  @Test("A name of a megabyte loses its middle; the file and the advice stay", arguments: ["w", "e\u{301}", "😀"])
  func long(letter: String) {
    let error = CheckpointError.malformed(path: "a.pth", what: String(repeating: letter, count: 1 << 20))
    let message = error.description
    // 1403 scalars of at most 4 bytes.
    #expect(message.utf8.count < 6000)
    #expect(message.hasPrefix("a.pth: the file is damaged: "))
    #expect(message.unicodeScalars.contains("…") && message.hasSuffix("download or copy it again"))
  }

  @Test("A character of a million combining marks is no way around the limit")
  func combining() {
    let error = CheckpointError.noSuchTensor(path: "a.pth", tensor: "a" + String(repeating: "\u{301}", count: 1 << 20))
    #expect(error.description.unicodeScalars.count < 1500)
  }
}
