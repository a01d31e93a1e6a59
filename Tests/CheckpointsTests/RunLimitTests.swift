import Foundation
import Testing

@testable import Checkpoints

/// Limits on logs and run folders: a log may be of any length, its lines, records and columns may not.
@Suite("Limits of logs and run folders")
struct RunLimitTests {
  private func log(_ bytes: [UInt8], _ format: WeightLog.Format) throws -> WeightLog {
    let file = try TemporaryFile(bytes)
    return try #require(try WeightLog.series(reading: [file.path], format: format).first)
  }

  @Test("A line below 16 MiB is read, one of 16 MiB is counted and skipped", arguments: [0, 1])
  func line(more: Int) throws {
    let start = #"{"weight_0":1,"step":1,"x":""#
    let count = LineStream.lineLimit - 1 - start.utf8.count - 2 + more
    let line = Array(start.utf8) + [UInt8](repeating: 0x79, count: count) + Array("\"}\n".utf8)
    let log = try log(line + Array("{\"weight_0\":1,\"step\":2}\n".utf8), .jsonLines)
    #expect(log.records.compactMap(\.step) == (more == 0 ? [1, 2] : [2]))
    #expect(log.remarks.contains { $0.contains("1 damaged line") } == (more == 1))
  }

  @Test("A position of 4095 is a weight's, 4096 is not") func position() {
    #expect(ScalarKey("weight_4095")?.role == .weight(4095))
    #expect(ScalarKey("weight_4096") == nil && ScalarKey("weight_99999999999999999999") == nil)
  }

  @Test("65536 columns are read, one more is not", arguments: [0, 1])
  func columns(more: Int) throws {
    let others = (1..<CSVLine.columnLimit - 1 + more).map { "c\($0)" }.joined(separator: ",")
    let table = "weight_0,step,\(others)\n1,5" + String(repeating: ",", count: CSVLine.columnLimit - 2 + more) + "\n"
    if more == 0 {
      #expect(try log(Array(table.utf8), .csv).records.map(\.step) == [5])
    } else {
      let error = #expect(throws: CheckpointError.self) { try log(Array(table.utf8), .csv) }
      #expect(error?.description.contains("more than 65536 columns") == true)
    }
  }

  @Test("An event of 1 MiB is read, one of a byte more is passed over", arguments: [0, 1])
  func event(more: Int) throws {
    let small = eventRecord(eventMessage(step: 2, tag: "weight_0", value: 1))
    let scalar = eventMessage(step: 1, tag: "weight_0", value: 1)
    // Field 9, of which we know nothing, fills the record.
    let room = EventFile.recordLimit + more - scalar.count
    let padding = [0x4A] + varint(UInt64(room - 4)) + [UInt8](repeating: 0, count: room - 4)
    #expect(scalar.count + padding.count == EventFile.recordLimit + more)
    let log = try log(eventRecord(scalar + padding) + small, .events)
    #expect(log.records.compactMap(\.step) == (more == 0 ? [1, 2] : [2]))
  }

  @Test(
    "A frame whose length leads outside the file ends the reading, whatever it claims",
    arguments: [1, 1 << 31, 1 << 62, .max - 15, .max])
  func eventLength(length: Int) throws {
    let good = eventRecord(eventMessage(step: 1, tag: "weight_0", value: 1))
    let frame = little(length, 8)
    let log = try log(good + frame + little(Int(CRC32C.masked(frame[...])), 4), .events)
    #expect(log.records.map(\.step) == [1] && log.remarks.count == 1, "\(log.remarks)")
  }

  @Test("Lengths beyond 64 bits inside an event end that message")
  func fieldLength() throws {
    for length in [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [UInt8](repeating: 0xFF, count: 11)] {
      var fields = ProtocolBuffer(([0x2A] + length + [0])[...])
      #expect(fields.next() == nil)
    }
    var tag = ProtocolBuffer([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0][...])
    #expect(tag.next() == nil)
  }

  @Test(
    "Steps and epochs beyond what a run can reach are left out of the records, not converted",
    arguments: ["1e15", "1e300", "-1e15", "NaN", "Infinity", "999999999999999999999999"])
  func steps(number: String) throws {
    let log = try log(Array("{\"weight_0\":1,\"step\":\(number),\"epoch\":\(number)}\n".utf8), .jsonLines)
    #expect(log.records.map(\.step) == [nil])
  }

  @Test("Events of one far weight take room for what they say alone") func farWeights() throws {
    // Each would take 32 kilobytes if the 4095 weights before were kept, too: 3 gigabytes for these.
    let records = (0..<100_000).flatMap { eventRecord(eventMessage(step: $0, tag: "weight_4095", value: 1)) }
    let log = try log(records, .events)
    #expect(log.records.isEmpty && log.remarks.contains { $0.contains("100000 records left out") })
  }

  @Test("Of histories longer than the limit the last entries are read, however many keys name one buffer")
  func history() throws {
    let count = WeightLog.valueLimit / 64 + 1
    // 64 keys, one array of bytes for all: 1 in the first place would not do, so each weight is a 64th.
    let sixtyFourth = little(Int(Float(1.0 / 64).bitPattern), 4)
    let values = (0..<count).flatMap { _ in sixtyFourth }
    let array = Op.call(
      "numpy.core.numeric", "_frombuffer", Op.bytes(values), Op.call("numpy", "dtype", Op.text("f4")), Op.ints([count]),
      Op.text("C"))
    let buffer = Op.dictionary(("_log_history", array)) + Op.put(9) + Op.pop
    let scalars = Op.emptyDictionary + Op.mark + (0..<64).flatMap { Op.text("weight_\($0)") + Op.get(9) } + Op.setItems
    let object =
      buffer
      + Op.dictionary(
        ("state_dict", Op.dictionary(("w", Op.tensor()))), ("message_hub", Op.dictionary(("log_scalars", scalars))))
    let file = try TemporaryFile(ZipBuilder(torchMembers((PickleBuilder() + object).stream)).bytes, name: "x.pth")
    let checkpoint = try Checkpoint(opening: file.path)
    let log = try #require(WeightLog.histories(in: checkpoint, at: TrainingPlace(of: checkpoint, name: "x.pth")).first)
    #expect(log.records.count == WeightLog.valueLimit / 64)
    #expect(log.records.first?.weights == [Double](repeating: 1.0 / 64, count: 64))
    #expect(log.remarks.contains { $0.contains("only the last 375000 entries") }, "\(log.remarks)")
  }

  @Test("A folder of 200 000 entries is a run's, of one more is not") func folder() throws {
    #expect(throws: Never.self) { try RunFolder.check(entryCount: RunFolder.entryLimit, of: "run") }
    let error = #expect(throws: CheckpointError.self) {
      try RunFolder.check(entryCount: RunFolder.entryLimit + 1, of: "run")
    }
    #expect(error?.description.contains("200001 entries") == true)
  }

  @Test("Folders of a run are entered three deep, and a link to the folder itself is no way on") func depth() throws {
    let file = try TemporaryFile([], name: "empty")
    var folder = file.folder
    for level in 1...4 {
      folder += "/logs"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      try Array("{\"weight_0\":1}\n".utf8).write(to: "\(folder)/log\(level).json")
    }
    #expect(symlink(file.folder, "\(file.folder)/vis_data") == 0)
    let logs = try RunFolder(file.folder).logs[.jsonLines] ?? []
    #expect(logs.contains { $0.hasSuffix("log3.json") } && !logs.contains { $0.hasSuffix("log4.json") })
    #expect(logs.count < 20)
  }
}

/// A frame of a TensorBoard file.
private func eventRecord(_ message: [UInt8]) -> [UInt8] {
  let length = little(message.count, 8)
  return length + little(Int(CRC32C.masked(length[...])), 4) + message + little(Int(CRC32C.masked(message[...])), 4)
}

/// An event with one scalar.
private func eventMessage(step: Int, tag: String, value: Float) -> [UInt8] {
  let scalar = [0x0A] + varint(UInt64(tag.utf8.count)) + Array(tag.utf8) + [0x15] + little(Int(value.bitPattern), 4)
  let summary = [0x0A] + varint(UInt64(scalar.count)) + scalar
  return [0x10] + varint(UInt64(step)) + [0x2A] + varint(UInt64(summary.count)) + summary
}

private func varint(_ value: UInt64) -> [UInt8] {
  value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
}
