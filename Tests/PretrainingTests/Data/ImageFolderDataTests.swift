import Foundation
import Images
import Synchronization
import Testing

@testable import Pretraining

/// A folder of PNG files that disappears with this value.
private final class Folder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")

  /// Writes files of random content at these places below the folder; those named `broken` are no images.
  init(_ names: [String]) throws {
    for (number, name) in names.enumerated() {
      let file = url.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      let isBroken = name.contains("broken")
      let bytes = isBroken ? [1, 2, 3] : try encodedPNG(DeadLeaves(seed: 1, side: 24).picture(number).pixels, side: 24)
      try Data(bytes).write(to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

@Suite("Folders of images")
struct ImageFolderDataTests {
  private func data(
    _ folder: Folder, augmentation: Augmentation = .none, report: @escaping @Sendable (ImageError) -> Void = { _ in }
  ) throws -> ImageFolderData {
    try ImageFolderData(paths: [folder.url.path], imageSize: 21, augmentation: augmentation, seed: 0, report: report)
  }

  @Test("The first folder below the given one is the class, sorted by name")
  func labels() throws {
    let folder = try Folder(["zebra/1.png", "ant/deep/2.png", "ant/3.png", "bee/4.png"])
    let data = try data(folder)
    #expect(data.classes == ["ant", "bee", "zebra"])
    #expect(data.count == 4)
    #expect(try data.batch([0, 1, 2, 3], epoch: 0).labels == [0, 0, 1, 2])
    #expect(try data.requiredClasses() == ["ant", "bee", "zebra"])
  }

  @Test("Values are those of the picture, normalised as ImageNet")
  func values() throws {
    let folder = try Folder(["a/1.png", "b/2.png"])
    let batch = try data(folder).batch([1], epoch: 0)
    let pixels = DeadLeaves(seed: 1, side: 24).picture(1).pixels
    // 24 = 21 / 0.875: nothing is resized. The centre begins at 1.5, rounded to even.
    var expected: [Float] = []
    for channel in 0..<3 {
      let (mean, std) = (Normalization.imagenet.mean[channel], Normalization.imagenet.std[channel])
      for y in 2..<23 {
        for x in 2..<23 { expected.append((Float(pixels[3 * (y * 24 + x) + channel]) / 255 - mean) / std) }
      }
    }
    #expect(batch.images == expected)
  }

  @Test("Images in no sub-folder have no classes, and what needs them names one")
  func noClasses() throws {
    let folder = try Folder(["a/1.png", "2.png"])
    let data = try data(folder)
    #expect(data.classes == nil)
    #expect(try data.batch([0, 1], epoch: 0).labels.isEmpty)
    let error = try #require(throws: TrainingDataError.self) { try data.requiredClasses() }
    #expect(error.description.contains("2.png lies in none"))
    let oneClass = try Folder(["a/1.png"])
    let single = try self.data(oneClass)
    #expect(throws: TrainingDataError.self) { try single.requiredClasses() }
  }

  @Test("An unreadable image is named once, and the next one stands for it with its own label")
  func unreadable() throws {
    let folder = try Folder(["a/1.png", "a/2-broken.png", "b/3.png"])
    let reports = Mutex<[String]>([])
    let data = try data(folder) { error in reports.withLock { $0.append(error.description) } }
    for _ in 0..<3 {
      let batch = try data.batch([0, 1, 2], epoch: 0)
      #expect(batch.labels == [0, 1, 1])
      let size = 3 * 21 * 21
      #expect(batch.images[size..<2 * size] == batch.images[2 * size..<3 * size])
    }
    let words = reports.withLock { $0 }
    #expect(words.count == 1)
    #expect(words.first?.contains("2-broken.png") == true)
  }

  @Test("Nothing but unreadable images stops in words")
  func noneReadable() throws {
    let folder = try Folder(["a/broken1.png", "b/broken2.png"])
    let data = try data(folder)
    let error = try #require(throws: TrainingDataError.self) { try data.batch([0], epoch: 0) }
    #expect(error.description.contains("not one can be read"))
  }

  @Test("A missing folder is refused by name")
  func missing() {
    let error = #expect(throws: TrainingDataError.self) {
      try ImageFolderData(
        paths: ["/no/such"], imageSize: 8, augmentation: .none, seed: 0, report: { _ in })
    }
    #expect(error?.description.contains("/no/such") == true)
  }

  @Test("Augmented images depend on the epoch, not on the batch they are in")
  func augmented() throws {
    let folder = try Folder((0..<6).map { "a/\($0).png" })
    let data = try data(folder, augmentation: .randomResizedCrop)
    let size = 3 * 21 * 21
    let together = try data.batch([4, 2, 5], epoch: 3).images
    #expect(try data.batch([2], epoch: 3).images == Array(together[size..<2 * size]))
    #expect(try data.batch([2], epoch: 4).images != Array(together[size..<2 * size]))
  }

  @Test("A preprocessed batch is used as it is, and refused where that cannot be")
  func preprocessed() throws {
    let folder = try Folder(["a/1.png"])
    let values = (0..<96).map { (i: Int) -> Float in Float(i) / 7 }
    let header = #"{"images":{"dtype":"F32","shape":[2,3,4,4],"data_offsets":[0,384]}}"#
    var bytes = Data(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init))
    bytes += Data(header.utf8)
    for value in values { bytes += withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
    let path = folder.url.appendingPathComponent("batch.safetensors").path
    try bytes.write(to: URL(fileURLWithPath: path))
    func data(_ size: Int, _ augmentation: Augmentation) throws(TrainingDataError) -> ImageFolderData {
      try ImageFolderData(
        paths: [path], imageSize: size, augmentation: augmentation, seed: 0, report: { _ in })
    }
    let batch = try data(4, .none)
    #expect(try batch.batch([1, 0], epoch: 0).images == Array(values[48...] + values[..<48]))
    #expect(batch.classes == nil)
    let size = #expect(throws: TrainingDataError.self) { try data(5, .none) }
    #expect(size?.description.contains("4×4") == true)
    let augmented = #expect(throws: TrainingDataError.self) { try data(4, .randomResizedCrop) }
    #expect(augmented?.description.contains("--augmentation none") == true)
  }
}
