import Diagnostics
import Foundation
import Synchronization
import Tensors
import Testing

@testable import Ranks

@Suite("Spectra divided over ranks")
struct FrequencyRankTests {
  private let photographs = goldenFolder.appendingPathComponent("photographs")
  private let checkpoint = CheckpointRequest(
    path: goldenFolder.appendingPathComponent("frequency/timm-vit.safetensors").path, options: .init(heads: 3))

  private func diagnosis(_ images: [String], batchSize: Int) -> FrequencyDiagnosis {
    var diagnosis = FrequencyDiagnosis(checkpoints: [checkpoint, checkpoint], images: images)
    diagnosis.batchSize = batchSize
    diagnosis.team = Team(threads: 2)
    return diagnosis
  }

  /// What each rank gets, in order of rank, without what may differ: time, and the number of ranks.
  private func results(_ diagnosis: FrequencyDiagnosis, ranks count: Int) -> [Result<FrequencyResult, any Error>] {
    RehearsedRanks.rehearse(count) { ranks in
      var divided = diagnosis
      divided.ranks = ranks
      return try comparable(divided.run())
    }
  }

  private func comparable(_ result: FrequencyResult) -> FrequencyResult {
    var result = result
    for index in result.models.indices { result.models[index].seconds = 0 }
    result.settings.ranks = nil
    return result
  }

  @Test("Every rank gets the bits that one rank gets", arguments: [1, 2, 3, 5], [1, 2, 100])
  func equal(ranks: Int, batchSize: Int) throws {
    let diagnosis = diagnosis([photographs.path], batchSize: batchSize)
    let alone = try comparable(diagnosis.run())
    for result in results(diagnosis, ranks: ranks) { #expect(try result.get() == alone) }
  }

  @Test("Images that cannot be used are named in their order, whichever rank met them")
  func skipped() throws {
    let folder = try TemporaryFolder()
    for name in ["lying.jpg", "small.png"] {
      try FileManager.default.copyItem(atPath: photographs.appendingPathComponent(name).path, toPath: folder.path(name))
    }
    for name in ["a.jpg", "m.jpg", "z.jpg"] { try folder.write("no image", to: name) }
    let diagnosis = diagnosis([folder.url.path], batchSize: 1)
    let alone = try comparable(diagnosis.run())
    #expect(alone.images?.skipped?.count == 3)
    for result in results(diagnosis, ranks: 3) { #expect(try result.get() == alone) }
  }

  @Test("Where no image can be used, every rank throws what one rank throws")
  func noImage() throws {
    let folder = try TemporaryFolder()
    for name in ["a.jpg", "b.jpg", "c.jpg"] { try folder.write("no image", to: name) }
    let diagnosis = diagnosis([folder.url.path], batchSize: 1)
    var expected: DiagnosisError?
    do { _ = try diagnosis.run() } catch { expected = error as? DiagnosisError }
    #expect(expected != nil)
    for result in results(diagnosis, ranks: 2) {
      #expect { try result.get() } throws: { $0 as? DiagnosisError == expected }
    }
  }

  @Test("Progress counts the images of all ranks and ends with all of them")
  func progress() throws {
    let done = Mutex<[Int]>([])
    var diagnosis = diagnosis([photographs.path], batchSize: 1)
    diagnosis.checkpoints = [checkpoint]
    let count = try #require(try diagnosis.run().images?.count)
    let work = diagnosis
    let group = RehearsedRanks.group(of: 2)
    let other = DispatchGroup()
    other.enter()
    Thread.detachNewThread {
      var divided = work
      divided.ranks = group[1]
      _ = try? divided.run()
      other.leave()
    }
    diagnosis.ranks = group[0]
    _ = try diagnosis.run { if case .images(_, let number, _) = $0 { done.withLock { $0.append(number) } } }
    other.wait()
    #expect(done.withLock(\.self) == Array(stride(from: 0, to: count, by: 2)) + [count])
  }
}
