import Checkpoints
import Foundation

/// Logs of training runs, and values of JSON.
enum LogTarget {
  static func readValue(_ input: [UInt8]) {
    do {
      let value = try MetadataValue(json: input, path: "value.json")
      _ = value.doubles
      _ = value["model_type"]
    } catch {
      ErrorPromise.check("\(error)", names: "value.json")
    }
  }

  static func read(_ path: String, as format: WeightLog.Format) {
    do {
      _ = try WeightLog.format(of: path)
    } catch {
      ErrorPromise.check("\(error)", names: path)
    }
    do {
      for log in try WeightLog.series(reading: [path, path], format: format) { check(log) }
    } catch {
      ErrorPromise.check("\(error)", names: path)
    }
  }

  private static func check(_ log: WeightLog) {
    promise(Set(log.records.map(\.weights.count)).count <= 1, "records with different numbers of layers")
    for record in log.records {
      let sum = record.weights.reduce(0, +)
      promise(record.weights.allSatisfy { $0 >= 0 } && abs(sum - 1) < 0.02, "no distribution: \(record.weights)")
    }
  }

  /// The first byte chooses the name of a file that lies alone in a run's folder.
  static func readFolder(_ input: [UInt8]) {
    let names = [
      "scalars.json", "20230101_000000.log", "log.txt", "events.out.tfevents.1.host", "epoch_1.pth", "w.csv",
    ]
    guard let first = input.first else { return }
    let path = ScratchFolder.write(Array(input.dropFirst()), as: names[Int(first) % names.count])
    defer { unlink(path) }
    do {
      let run = try RunFolder(ScratchFolder.path)
      for (format, paths) in run.logs {
        for log in try WeightLog.series(reading: paths, format: format) { check(log) }
      }
      for member in run.checkpoints { _ = try Checkpoint(opening: member.path) }
    } catch {
      ErrorPromise.check("\(error)", names: ScratchFolder.path)
    }
  }
}
