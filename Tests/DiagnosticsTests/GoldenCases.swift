import Diagnostics
import Foundation
import Images
import Spectra
import Testing
import VisionTransformers

/// The folder of golden data, beside this file.
let goldenFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

/// A checkpoint, images, the options of a user, and the curves that another program got.
struct GoldenCase: Sendable, Decodable, CustomTestStringConvertible {
  struct Curve: Sendable, Decodable {
    let layer: String
    let logAmplitude: [Double]
    let relativeLogAmplitude: [Double]
    let standardError: [Double]
    let relativeStandardError: [Double]
  }

  let name: String
  let checkpoint: String
  let images: String
  let options: [String]
  let grid: [Int]
  let frequencies: [BandFrequency]
  let layers: [Curve]

  var testDescription: String { name }

  /// The cases of a folder; none when it cannot be read, which the tests of their number notice.
  static func all(in folder: String) -> [GoldenCase] {
    struct File: Decodable { let cases: [GoldenCase] }
    let url = goldenFolder.appendingPathComponent(folder).appendingPathComponent("cases.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data))?.cases ?? []
  }

  /// The diagnosis that the command would make of the options.
  func diagnosis(in folder: String) throws -> FrequencyDiagnosis {
    let folder = goldenFolder.appendingPathComponent(folder)
    var diagnosis = FrequencyDiagnosis(
      checkpoints: [CheckpointRequest(path: folder.appendingPathComponent(checkpoint).path)],
      images: [folder.appendingPathComponent(images).standardized.path])
    for index in stride(from: 0, to: options.count, by: 2) {
      try diagnosis.apply(options[index], options[index + 1])
    }
    return diagnosis
  }
}

/// An option in `cases.json` that these tests do not know, or whose value they cannot read.
struct UnknownOption: Error { let option: String, value: String }

extension FrequencyDiagnosis {
  fileprivate mutating func apply(_ option: String, _ value: String) throws {
    func known<T>(_ parsed: T?) throws -> T {
      guard let parsed else { throw UnknownOption(option: option, value: value) }
      return parsed
    }
    switch option {
    case "--heads": checkpoints[0].options.heads = try known(Int(value))
    case "--fuse": checkpoints[0].options.fuse = value.split(separator: ",").compactMap { Int($0) }
    case "--activation": checkpoints[0].options.activation = try known(.init(rawValue: value))
    case "--position-resizing": checkpoints[0].options.positionResizing = try known(.init(rawValue: value))
    case "--weights-from": checkpoints[0].weights = try known(.init(rawValue: value))
    case "--image-size": imageSize = try known(Int(value))
    case "--crop-pct": cropPct = try known(Double(value))
    case "--normalize": normalization = try known(Normalization(rawValue: value))
    case "--positions": positions = try known(FrequencyPositions(rawValue: value))
    case "--path": path = try known(ProfilePath(rawValue: value))
    default: throw UnknownOption(option: option, value: value)
    }
  }
}

/// The largest difference of two lists as a share of what is allowed; infinite for lists of different length.
func excess(_ a: [Double], _ b: [Double], _ allowed: [Double]) -> Double {
  guard a.count == b.count && a.count == allowed.count else { return .infinity }
  return zip(allowed, zip(a, b)).map { abs($1.0 - $1.1) / $0 }.max() ?? 0
}

/// The largest absolute difference of two lists; infinite for lists of different length.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
