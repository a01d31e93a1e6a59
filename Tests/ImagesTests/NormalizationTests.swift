import Foundation
import Testing

@testable import Images

@Suite("Means and deviations of pixels")
struct NormalizationTests {
  @Test(
    "What is written is read back",
    arguments: ["imagenet", "inception", "clip", "none", "0.48,0.46,0.41/0.23,0.22,0.21", "imagenet/bgr"])
  func words(text: String) throws {
    let value = try #require(Normalization(rawValue: text))
    #expect(value.rawValue == text)
    let data = try JSONEncoder().encode([value])
    #expect(try JSONDecoder().decode([Normalization].self, from: data) == [value])
  }

  @Test(
    "What is no normalisation is none",
    arguments: [
      "", "imagenet2", "0.5/0.5", "0.5,0.5,0.5", "0,0,0/1,0,1", "0,0,0/1,1,nan", "0,0,0,0/1,1,1", "a,b,c/1,1,1",
    ])
  func refused(text: String) { #expect(Normalization(rawValue: text) == nil) }

  @Test("A family's values are known by its name, others stay what they are, also with fewer digits")
  func named() {
    #expect(Normalization(mean: Normalization.clip.mean, std: Normalization.clip.std).named == .clip)
    #expect(Normalization(mean: [0.4815, 0.4578, 0.4082], std: [0.2686, 0.2613, 0.2758]).named != .clip)
    #expect(Preprocessing(imageSize: 224, cropPct: 224.0 / 354).resizedSide == 354)
    let own = Normalization(mean: [0.48, 0.46, 0.41], std: [0.23, 0.22, 0.21])
    #expect(own.named == own)
  }

  @Test("A network that sees blue first gets blue, green, red, each with its own mean")
  func blueFirst() {
    let image = Raster(width: 1, height: 1, samples: [255, 0, 51, 255])
    let normalization = Normalization(mean: [0.5, 0, 0], std: [1, 1, 2], isBGR: true)
    let preprocessing = Preprocessing(imageSize: 1, cropPct: 1, normalization: normalization)
    var pixels = [Float](repeating: .nan, count: 3)
    var span = pixels.mutableSpan
    preprocessing.apply(to: image, into: &span)
    // Blue 51/255 − 0.5, green 0, red 1/2.
    #expect(pixels == [Float(51) / 255 - 0.5, 0, 0.5])
  }

  @Test("Squashing leaves no part of an image out")
  func squashed() {
    var preprocessing = Preprocessing(imageSize: 8, cropPct: 1)
    preprocessing.fitting = .squashed
    let geometry = CropGeometry(width: 70, height: 60, preprocessing: preprocessing)
    #expect(geometry.resizedWidth == 8 && geometry.resizedHeight == 8 && geometry.columns == 0..<8)
  }

  @Test("Weights of every filter sum to one, and a constant stays one", arguments: Interpolation.allCases)
  func filters(interpolation: Interpolation) {
    for (source, target) in [(70, 32), (32, 70), (9, 9)] {
      let weights = ResamplingWeights(source: source, target: target, window: 0..<target, interpolation: interpolation)
      for index in 0..<target {
        let sum = weights.values[index * weights.stride..<(index + 1) * weights.stride].reduce(0) { $0 + Int($1) }
        // Each weight is rounded to half a unit of its last place.
        #expect(abs(sum - 1 << Int(ResamplingWeights.fractionBits)) <= weights.stride)
      }
    }
  }
}
