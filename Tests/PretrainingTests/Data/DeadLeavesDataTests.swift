import Images
import Tensors
import Testing

@testable import Pretraining

@Suite("Dead leaves as training data")
struct DeadLeavesDataTests {
  @Test("Without augmentation a picture is cut to its centre and normalised", arguments: [56, 48, 16])
  func values(size: Int) throws {
    let data = DeadLeavesData(count: 30, imageSize: size, augmentation: .none, seed: 9, pictureSeed: 2)
    let batch = data.batch([17], epoch: 4)
    // The side that a centre crop of 7/8 comes from, cut to an integer: nothing is resized.
    let side = size * 8 / 7
    let pixels = DeadLeaves(seed: 2, side: side).picture(17).pixels
    // Python's round of the half: odd margins go to the even neighbour.
    let edge = Int((Double(side - size) / 2).rounded(.toNearestOrEven))
    var expected: [Float] = []
    for channel in 0..<3 {
      let (mean, std) = (Normalization.imagenet.mean[channel], Normalization.imagenet.std[channel])
      for y in edge..<edge + size {
        for x in edge..<edge + size {
          expected.append((Float(pixels[3 * (y * side + x) + channel]) / 255 - mean) / std)
        }
      }
    }
    #expect(batch.images == expected)
    #expect(batch.labels == [7])
  }

  @Test("Classes are the ten families, each equally often; the seed of crops does not change the pictures")
  func classes() throws {
    let data = DeadLeavesData(count: 50, imageSize: 16, augmentation: .randomResizedCrop, seed: 1)
    #expect(try data.requiredClasses().count == 10)
    let labels = data.batch(Array(0..<50), epoch: 0).labels
    for label in 0..<10 { #expect(labels.count { $0 == label } == 5) }
    func first(seed: UInt64, augmentation: Augmentation) -> [Float] {
      DeadLeavesData(count: 50, imageSize: 16, augmentation: augmentation, seed: seed).batch([3], epoch: 0).images
    }
    #expect(first(seed: 1, augmentation: .none) == first(seed: 2, augmentation: .none))
    #expect(first(seed: 1, augmentation: .randomResizedCrop) != first(seed: 2, augmentation: .randomResizedCrop))
  }

  @Test("A loader gives the same values whatever the number of cores and wherever it begins")
  func loading() throws {
    let data = DeadLeavesData(count: 40, imageSize: 16, augmentation: .randomResizedCrop, seed: 5)
    let whole = try BatchLoader(data: data, batchSize: 12, seed: 5, epochs: 2)
    let rest = try BatchLoader(
      data: data, batchSize: 12, seed: 5, from: .init(epoch: 1, step: 1), epochs: 2, team: Team(threads: 3))
    var items: [BatchLoader.Item] = []
    while let item = try whole.next() { items.append(item) }
    #expect(items.count == 6)
    for expected in items[4...] {
      let item = try #require(try rest.next())
      #expect(item.place == expected.place && item.batch.images == expected.batch.images)
      #expect(item.batch.labels == item.indices.map { $0 % 10 })
    }
    #expect(try rest.next() == nil)
  }

  @Test("Pictures of one pixel and of odd sides come out whole", arguments: [1, 2, 13, 301])
  func sides(side: Int) {
    let picture = DeadLeaves(seed: 0, side: side).picture(8)
    #expect(picture.pixels.count == 3 * side * side)
    #expect(picture.pixels.contains { $0 > 0 })
  }
}
