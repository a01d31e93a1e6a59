import Testing

@testable import Checkpoints

/// A zip file says everything twice: where it says two things, some reader sees another file than ours.
@Suite("Zip archives whose records disagree")
struct ArchiveDisagreementTests {
  typealias Change = @Sendable (inout ZipBuilder) -> Void

  // MARK: What is honest is read

  static let honest: [(String, Change)] = [
    ("as made by zipfile", { _ in }),
    ("descriptors as PyTorch writes them", { z in for i in z.members.indices { z.members[i].describeBehind() } }),
    ("descriptors without signature", { $0.members[1].describeBehind(signature: false) }),
    ("descriptors of 64 bits", { $0.members[1].describeBehind(wide: true) }),
    (
      "a flagged descriptor of a member without bytes that is not there",
      { z in
        z.members.append(ZipBuilder.Member("x/empty", []))
        z.members[2].describeBehind()
        z.members[2].behind = []
      }
    ),
    ("padding in a local header, to align the data", { $0.members[1].local.extra = [0x46, 0x42, 2, 0, 0x5A, 0x5A] }),
    ("64-bit end records beside complete old ones", { $0.wideEnd = { _ in } }),
    (
      "64-bit end records and no numbers in the old one",
      { z in
        z.wideEnd = { _ in }
        z.end = { $0 = [0xFFFF, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF] }
      }
    ),
    (
      "64-bit sizes of small members, as zipfile writes when told to",
      { z in
        z.members[1].local.extra = little(1, 2) + little(16, 2) + little(16, 8) + little(16, 8)
        (z.members[1].local.size, z.members[1].local.compressed) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      }
    ),
    ("members in another order than in the directory", { $0.directoryOrder = [1, 0] }),
    ("a comment", { $0.comment = Array("a checkpoint".utf8) }),
    ("a comment with the mark of an end record and nothing behind it", { $0.comment = Array("PK\u{5}\u{6}".utf8) }),
    ("levels of compression in one header only", { $0.members[0].local.flags = 2 }),
  ]

  @Test("What honest writers write is read", arguments: honest.indices)
  func read(index: Int) throws {
    var archive = torchArchive()
    Self.honest[index].1(&archive)
    #expect(try readEveryWay(archive.bytes) == ["w": [1, 2, 3, 4]], "\(Self.honest[index].0)")
  }

  // MARK: What disagrees is refused

  static let lies: [(String, String, Change)] = [
    ("name", "disagree about its name", { $0.members[1].local.name = Array("x/data/1".utf8) }),
    ("length of the name", "disagree about its name", { $0.members[1].local.name = Array("x/data/01".utf8) }),
    ("name of data.pkl", "disagree about its name", { $0.members[0].local.name = Array("x/data.pk1".utf8) }),
    (
      "name of a member nobody needs", "disagree about its name",
      { z in
        z.members.append(ZipBuilder.Member("x/version", [0x33]))
        z.members[2].local.name = Array("x/code.py".utf8)
      }
    ),
    ("size", "disagree about its size", { $0.members[1].local.size = 12 }),
    ("packed size", "disagree about its size", { $0.members[1].local.compressed = 12 }),
    (
      "no sizes and no descriptor", "disagree about its size",
      { z in
        (z.members[1].local.size, z.members[1].local.compressed) = (0, 0)
      }
    ),
    (
      "64-bit size", "disagree about its size",
      { z in
        z.members[1].local.extra = little(1, 2) + little(16, 2) + little(12, 8) + little(12, 8)
        (z.members[1].local.size, z.members[1].local.compressed) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      }
    ),
    ("64-bit size without its field", "disagree about its size", { $0.members[1].local.size = 0xFFFF_FFFF }),
    ("compression", "disagree about its compression", { $0.members[1].local.method = 8 }),
    ("compression, the other way round", "disagree about its compression", { $0.members[1].central.method = 8 }),
    ("checksum", "disagree about its checksum", { $0.members[1].local.checksum = 1 }),
    ("encryption bit before the member", "disagree about its flags", { $0.members[0].local.flags = 1 }),
    ("encryption bit in the directory", "encrypted", { $0.members[0].central.flags = 1 }),
    (
      "encryption bit in both", "encrypted",
      { z in
        z.members[0].local.flags = 1
        z.members[0].central.flags = 1
      }
    ),
    ("bit of strong encryption", "encrypted", { $0.members[1].central.flags = 0x40 }),
    ("bit of hidden headers", "encrypted", { $0.members[1].central.flags = 0x2000 }),
    ("descriptor bit before the member", "disagree about its flags", { $0.members[1].local.flags = 8 }),
    ("descriptor bit in the directory", "disagree about its flags", { $0.members[1].central.flags = 8 }),
    (
      "descriptor bit without a descriptor", "contradict the directory",
      { z in
        z.members[0].describeBehind()
        z.members[0].behind = []
      }
    ),
    (
      "descriptor of another size", "contradict the directory",
      { z in
        z.members[1].describeBehind()
        z.members[1].behind[8] = 12
      }
    ),
    (
      "descriptor of another checksum", "contradict the directory",
      { z in
        z.members[1].describeBehind()
        z.members[1].behind[4] ^= 1
      }
    ),
    (
      "two members at one place", "shares bytes",
      { z in
        z.members.append(ZipBuilder.Member("x/data/1", fourFloats))
        z.members[2].local.name = Array("x/data/0".utf8)
        z.members[2].offset = 30 + 10 + z.members[0].data.count
      }
    ),
    ("a directory entry that quotes another member's header", "shares bytes", { $0.members[1].offset = 0 }),
    (
      "a member inside another's data", "shares bytes",
      { z in
        let inner = Array(ZipBuilder([ZipBuilder.Member("x/data/0", fourFloats)]).bytes.dropLast(22))
        z.members[0] = ZipBuilder.Member("x/outer", inner)
        z.members[1].offset = 30 + 7
        z.members[1].data = []
        z.members[1].local.name = []
      }
    ),
    (
      "a member that reaches into the next", "shares bytes",
      { z in
        (z.members[0].local.size, z.members[0].local.compressed) = (
          z.members[0].data.count + 9, z.members[0].data.count + 9
        )
        z.members[0].central = z.members[0].local
      }
    ),
    (
      "a last member that reaches into the directory", "shares bytes",
      { z in
        (z.members[1].local.size, z.members[1].local.compressed) = (20, 20)
        z.members[1].central = z.members[1].local
      }
    ),
    (
      "a member that the directory does not list", "belong to nothing",
      { z in
        z.members[0].behind = ZipBuilder([ZipBuilder.Member("x/data/0", fourFloats)]).bytes.dropLast(22 + 46 + 8)
      }
    ),
    (
      "a member before all that the directory lists", "before its first zip member",
      { z in
        z.prefix = Array(ZipBuilder([ZipBuilder.Member("x/data/0", fourFloats)]).bytes.dropLast(22 + 46 + 8))
      }
    ),
    ("bytes before the directory", "belong to nothing", { $0.gap = [0] }),
    ("bytes behind the directory", "not where its end record says", { $0.behindDirectory = [0] }),
    ("one name twice", "two zip members", { $0.members.append($0.members[1]) }),
    ("data.pkl twice", "several data.pkl", { $0.members.append(ZipBuilder.Member("y/data.pkl", [0x2E])) }),
    ("names that differ in case", "in case alone", { $0.members.append(ZipBuilder.Member("x/DATA.pkl", [0x2E])) }),
    ("a storage's name in other case", "in case alone", { $0.members.append(ZipBuilder.Member("X/data/0", [0x2E])) }),
    (
      "a name that leads up", "which no writer does",
      { $0.members.append(ZipBuilder.Member("x/../../etc/passwd", [1])) }
    ),
    (
      "a name that leads up on Windows", "which no writer does",
      { $0.members.append(ZipBuilder.Member("x\\..\\y", [1])) }
    ),
    ("a name from the root", "which no writer does", { $0.members.append(ZipBuilder.Member("/etc/passwd", [1])) }),
    ("a name from a share", "which no writer does", { $0.members.append(ZipBuilder.Member("\\\\host\\x", [1])) }),
    ("a name with NUL", "which no writer does", { $0.members.append(ZipBuilder.Member("x/data.pkl\0.txt", [1])) }),
    ("an empty name", "which no writer does", { $0.members.append(ZipBuilder.Member("", [1])) }),
    (
      "a name that is not UTF-8", "no valid name",
      { z in
        z.members.append(ZipBuilder.Member("", [1]))
        z.members[2].local.name = [0x78, 0xFF]
        z.members[2].central.name = [0x78, 0xFF]
      }
    ),
    (
      "another name in the field for Unicode names", "read in two ways",
      { z in
        let field =
          little(0x7075, 2) + little(5 + 8, 2) + [1] + little(crc32("x/data/7".utf8), 4) + Array("x/data/0".utf8)
        z.members.append(ZipBuilder.Member("x/data/7", fourFloats))
        z.members[2].central.extra = field
      }
    ),
    ("extra fields that end too early", "cannot be read", { $0.members[1].central.extra = [1, 0, 16, 0] }),
    ("two fields of 64-bit sizes", "cannot be read", { $0.members[1].central.extra = [1, 0, 0, 0, 1, 0, 0, 0] }),
    ("64-bit size in the directory without its field", "cannot be read", { $0.members[1].central.size = 0xFFFF_FFFF }),
    ("fewer members than the directory has", "follow its last entry", { $0.end = { ($0[0], $0[1]) = (1, 1) } }),
    ("more members than the directory has", "cannot be read", { $0.end = { ($0[0], $0[1]) = (3, 3) } }),
    ("two numbers of members", "not where its end record says", { $0.end = { $0[0] = 1 } }),
    ("a directory at another place", "not where its end record says", { $0.end = { $0[3] -= 1 } }),
    ("a directory behind the end", "no directory at its end", { $0.end = { $0[3] += 1000 } }),
    ("a shorter directory", "not where its end record says", { $0.end = { $0[2] -= 1 } }),
    ("another number in the 64-bit record", "end records disagree", { $0.wideEnd = { ($0[0], $0[1]) = (1, 1) } }),
    ("another place in the 64-bit record", "end records disagree", { $0.wideEnd = { $0[3] -= 1 } }),
    (
      "a place beyond 64 bits", "cannot be read",
      { z in
        z.wideEnd = { $0[3] = -1 }
        z.end = { $0[3] = 0xFFFF_FFFF }
      }
    ),
    (
      "2⁶² bytes of directory", "not where its end record says",
      { z in
        z.wideEnd = { $0[2] = 1 << 62 }
        z.end = { $0[2] = 0xFFFF_FFFF }
      }
    ),
  ]

  @Test("Each disagreement is refused when the file is opened", arguments: lies.indices)
  func refused(index: Int) throws {
    var archive = torchArchive()
    Self.lies[index].2(&archive)
    try expectRefusal(archive.bytes, Self.lies[index].1)
  }

  @Test("Arrays of NumPy's archives are held to the same", arguments: ["name", "size", "compression", "offset"])
  func numPy(what: String) throws {
    var archive = ZipBuilder([ZipBuilder.Member("w.npy", numPyArray())])
    #expect(try readEveryWay(archive.bytes) == ["w": [1, 2, 3, 4]])
    switch what {
    case "name": archive.members[0].local.name = Array("v.npy".utf8)
    case "size": archive.members[0].local.size -= 4
    case "compression": archive.members[0].local.method = 8
    default:
      archive.members.append(archive.members[0])
      archive.members[1].central.name = Array("v.npy".utf8)
      archive.members[1].offset = 0
    }
    try expectRefusal(archive.bytes, "zip member")
  }

  @Test("Names that differ in case are two arrays, as NumPy has it") func arrayNames() throws {
    let archive = ZipBuilder(["W.npy", "w.npy"].map { ZipBuilder.Member($0, numPyArray()) })
    #expect(try readEveryWay(archive.bytes) == ["w": [1, 2, 3, 4], "W": [1, 2, 3, 4]])
  }

  @Test("An overlap bomb, one packed member under a thousand names, is refused") func overlapBomb() throws {
    var archive = ZipBuilder([ZipBuilder.Member("w.npy", numPyArray())])
    let first = archive.members[0]
    for index in 1...1000 {
      var member = first
      member.central.name = Array("w\(index).npy".utf8)
      member.offset = 0
      archive.members.append(member)
    }
    try expectRefusal(archive.bytes, "shares bytes")
  }
}
