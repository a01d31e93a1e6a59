import Foundation
import Images
import Testing

@testable import Pretraining

/// A picture from a formula that `Scripts/reference_augmentation.py` has too.
private func picture(_ width: Int, _ height: Int) -> Raster {
  var samples: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      for c in 0..<3 { samples.append(UInt8((x * x * (c + 3) + 17 * y * (c + 1) + 5 * x * y) / 4 % 256)) }
      samples.append(0)
    }
  }
  return Raster(width: width, height: height, samples: samples)
}

/// What `Scripts/reference_augmentation.py` wrote.
private struct Reference: Decodable {
  struct CropCase: Decodable {
    let kind: String
    let width, height, left, top, partWidth, partHeight, side: Int

    var crop: Crop {
      kind == "simple"
        ? .simple(left: left, top: top) : .resized(left: left, top: top, width: partWidth, height: partHeight)
    }
  }
  /// Means over many draws: top, left, height, width, share of the area, its square.
  struct Draws: Decodable {
    let width, height, count: Int
    let means, deviations: [Double]
  }
  let crops: [CropCase]
  let draws: [Draws]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/augmentation")

  static func load() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
  }
}

/// A crop that a case did not ask for.
private struct AnotherKind: Error {}

@Suite("Augmentation follows torchvision")
struct AugmentationTests {
  @Test("Every pixel of a crop is torchvision's")
  func pixels() throws {
    let cases = try Reference.load().crops
    let expected = [UInt8](try Data(contentsOf: Reference.folder.appendingPathComponent("crops.bin")))
    #expect(cases.count == 12)
    var start = 0
    for reference in cases {
      let found = reference.crop.applied(to: picture(reference.width, reference.height), side: reference.side)
      let colours = found.samples.indices.filter { $0 % 4 != 3 }.map { found.samples[$0] }
      // The same arithmetic in the same order: nothing may differ.
      let part = Array(expected[start..<start + colours.count])
      let worst = zip(colours, part).map { abs(Int($0) - Int($1)) }.max() ?? 255
      #expect(worst == 0, "\(reference)")
      start += colours.count
    }
    #expect(start == expected.count)
  }

  @Test("Random resized crops are distributed as torchvision's, in images of any shape")
  func distribution() throws {
    for reference in try Reference.load().draws {
      var random = RandomStream(1, UInt64(reference.width))
      var sums = [Double](repeating: 0, count: 6)
      for _ in 0..<reference.count {
        guard
          case .resized(let left, let top, let width, let height) = Crop.randomResized(
            width: reference.width, height: reference.height, random: &random)
        else { throw AnotherKind() }
        let area = Double(width * height) / Double(reference.width * reference.height)
        for (i, value) in [Double(top), Double(left), Double(height), Double(width), area, area * area].enumerated() {
          sums[i] += value
        }
      }
      for i in sums.indices {
        let mean = sums[i] / Double(reference.count)
        // Both are means of `count` draws: five standard errors of their difference, and rounding of the sums.
        let tolerance = 5 * reference.deviations[i] * (2 / Double(reference.count)).squareRoot() + 1e-9
        #expect(abs(mean - reference.means[i]) <= tolerance, "\(reference) \(i): \(mean)")
      }
    }
  }

  @Test("A random resized crop lies within the image, takes 20 to 100 % of it, and is 3/4 to 4/3 as wide as high")
  func bounds() throws {
    var random = RandomStream(2, 0)
    for _ in 0..<20_000 {
      guard
        case .resized(let left, let top, let w, let h) = Crop.randomResized(width: 300, height: 200, random: &random)
      else { throw AnotherKind() }
      #expect(left >= 0 && top >= 0 && left + w <= 300 && top + h <= 200)
      // Sides are rounded by at most one half: that much, relative to the smallest side of 95.
      let rounding = 0.5 / 95
      #expect((0.2 * (1 - 2 * rounding)...1).contains(Double(w * h) / 60_000))
      #expect((0.75 * (1 - 2 * rounding)...4 / 3 * (1 + 2 * rounding)).contains(Double(w) / Double(h)))
    }
  }

  @Test("A simple crop reaches four pixels beyond the image on each side, each place equally likely")
  func simpleBounds() throws {
    var random = RandomStream(3, 0)
    var counts: [Int: Int] = [:]
    for _ in 0..<9000 {
      guard case .simple(let left, let top) = Crop.randomSimple(width: 100, height: 150, side: 50, random: &random)
      else { throw AnotherKind() }
      #expect((-4...29).contains(top))
      counts[left, default: 0] += 1
    }
    #expect(counts.keys.sorted() == Array(-4...4))
    // Binomial with n = 9000, p = 1/9: standard deviation 30; five of them.
    for count in counts.values { #expect(abs(count - 1000) < 150) }
  }

  @Test("Images of one pixel and of one row go through every augmentation", arguments: Augmentation.allCases)
  func tiny(augmentation: Augmentation) {
    for (width, height) in [(1, 1), (7, 1), (1, 300)] {
      for side in [1, 3, 8] {
        let augmenter = ImageAugmenter(imageSize: side, augmentation: augmentation, seed: 0, normalization: .none)
        var values: [Float] = []
        for epoch in 0..<20 { augmenter.append(picture(width, height), index: 0, epoch: epoch, to: &values) }
        #expect(values.count == 20 * 3 * side * side)
      }
    }
  }

  @Test("Half of the images are mirrored, by the seed, the epoch and the index alone")
  func mirroring() {
    let image = picture(28, 28)
    let augmenter = ImageAugmenter(imageSize: 28, augmentation: .simpleResizedCrop, seed: 5, normalization: .none)
    func values(_ index: Int, _ epoch: Int) -> [Float] {
      var values: [Float] = []
      augmenter.append(image, index: index, epoch: epoch, to: &values)
      return values
    }
    var upright: Set<[Float]> = []
    var mirrored: Set<[Float]> = []
    for place in 0..<81 {
      let crop = Crop.simple(left: place % 9 - 4, top: place / 9 - 4).applied(to: image, side: 28)
      let red: [Float] = (0..<28 * 28).map { i in Float(crop.samples[4 * i]) / 255 }
      upright.insert(red)
      mirrored.insert((0..<28).flatMap { y in red[y * 28..<(y + 1) * 28].reversed() })
    }
    var (uprightCount, mirroredCount) = (0, 0)
    for index in 0..<1000 {
      let red = Array(values(index, 1)[..<(28 * 28)])
      uprightCount += upright.contains(red) ? 1 : 0
      mirroredCount += mirrored.contains(red) ? 1 : 0
    }
    #expect(uprightCount + mirroredCount == 1000)
    // Binomial with n = 1000, p = 1/2: standard deviation 16; five of them.
    #expect(abs(mirroredCount - 500) < 80)
    #expect(values(3, 1) == values(3, 1))
    #expect(Set((0..<20).map { values(3, $0) }).count > 15)
    #expect(Set((0..<20).map { values($0, 3) }).count > 15)
  }

  @Test("Without augmentation an image is what the diagnoses see")
  func centre() {
    let image = picture(80, 64)
    let augmenter = ImageAugmenter(imageSize: 56, augmentation: .none, seed: 0, normalization: .imagenet)
    var found: [Float] = []
    augmenter.append(image, index: 0, epoch: 0, to: &found)
    // 64 = 56 / 0.875: nothing is resized, the centre begins at column 12 and row 4.
    var expected: [Float] = []
    for channel in 0..<3 {
      let (mean, std) = (Normalization.imagenet.mean[channel], Normalization.imagenet.std[channel])
      for y in 4..<60 {
        for x in 12..<68 { expected.append((Float(image.samples[4 * (y * 80 + x) + channel]) / 255 - mean) / std) }
      }
    }
    #expect(found == expected)
  }
}
