import Foundation
import Testing

@testable import Images

/// A case of `Scripts/reference_images.py`.
struct ReferenceCase: Decodable, CustomTestStringConvertible {
  let file: String
  let preprocessing: Preprocessing
  let offset: Int
  let type: String

  var testDescription: String {
    "\(file), \(preprocessing.imageSize) at \(preprocessing.cropPct), \(preprocessing.interpolation), \(preprocessing.fitting), "
      + "\(preprocessing.normalization), \(type)"
  }

  static let all = cases(in: "cases.json")
  /// Cases of `Scripts/reference_pixels.py`.
  static let fittings = cases(in: "fittings.json")

  private static func cases(in file: String) -> [ReferenceCase] {
    guard let bytes = try? Data(contentsOf: goldenFolder.appendingPathComponent(file)),
      let cases = try? JSONDecoder().decode([ReferenceCase].self, from: bytes)
    else { return [] }
    return cases
  }

  /// torchvision's tensor; what was stored before `ToTensor` goes through its two remaining steps here.
  func reference(in data: [UInt8]) -> [Float] {
    let count = preprocessing.valueCount
    let plane = count / 3
    if type == "u8" {
      return (0..<count).map { i in
        (Float(data[offset + i]) / 255 - preprocessing.normalization.mean[i / plane])
          / preprocessing.normalization.std[i / plane]
      }
    }
    return (0..<count).map { i in
      Float(bitPattern: (0..<4).reduce(0) { bits, k in bits | UInt32(data[offset + 4 * i + k]) << UInt32(8 * k) })
    }
  }
}

@Suite("Images come out as torchvision has them")
struct ReferenceTests {
  @Test("The references are there: more than 20 images, all kinds")
  func referencesExist() {
    #expect(Set(ReferenceCase.all.map(\.file)).count > 20)
    #expect(ReferenceCase.all.contains { $0.type == "f32" })
  }

  @Test("Every value is within one step of 8 bit of torchvision's, the mean within 1e-3", arguments: ReferenceCase.all)
  func matchesTorchvision(_ reference: ReferenceCase) throws {
    let expected = reference.reference(in: try golden("reference.bin"))
    let set = try ImageSet(paths: [goldenFolder.appendingPathComponent(reference.file).path])
    let found = try load(set, 0, reference.preprocessing)
    let deviation = reference.preprocessing.normalization.std.min() ?? 1
    var worst: (error: Float, index: Int) = (0, 0)
    var sum = 0.0
    for i in found.indices {
      let error = abs(found[i] - expected[i])
      // A NaN is the worst of all.
      if !(error <= worst.error) { worst = (error, i) }
      sum += Double(error)
    }
    let message: Comment = "value \(worst.index): \(found[worst.index]), torchvision \(expected[worst.index])"
    if reference.file.hasSuffix(".png") {
      // Nothing may differ: the decoder is lossless, and the arithmetic is the same in the same order. f32 references
      // allow one rounding, should PyTorch ever fuse the division.
      #expect(worst.error <= (reference.type == "u8" ? 0 : 2e-7), message)
    } else {
      // The decoders are two releases of libjpeg-turbo: they may differ by one step in single pixels.
      #expect(worst.error <= 1 / 255 / deviation * 1.0001, message)
      #expect(sum / Double(found.count) <= 1e-3, "mean error \(sum / Double(found.count))")
    }
  }

  @Test("Squares of every filter, fitting and rounding are there") func fittingsExist() {
    let all = ReferenceCase.fittings.map(\.preprocessing)
    #expect(Set(all.map(\.fitting)) == Set(Fitting.allCases) && Set(all.map(\.cropRounding)).count == 2)
    #expect(Set(all.map(\.interpolation)).isSuperset(of: Set(Interpolation.allCases).subtracting([.bilinear])))
  }

  @Test(
    "Squares by Pillow's and OpenCV's filters, squashed, bordered, cropped alone, are the libraries'",
    arguments: ReferenceCase.fittings)
  func matchesLibraries(_ reference: ReferenceCase) throws {
    let expected = reference.reference(in: try golden("fittings.bin"))
    let set = try ImageSet(paths: [goldenFolder.appendingPathComponent(reference.file).path])
    let found = try load(set, 0, reference.preprocessing)
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    // Pillow's arithmetic is followed bit by bit. OpenCV's differs among its own kernels for vectors, which cut bits before the last
    // rounding; that moves a sample by one step of 8 bit.
    let isOpenCV = reference.preprocessing.interpolation.rawValue.hasPrefix("opencv")
    #expect(found.count == expected.count && worst <= (isOpenCV ? 1.0001 / 255 : 0), "\(worst * 255) steps of 8 bit")
  }
}
