import Diagnostics
import Foundation
import Images
import Testing

/// A case of `Scripts/reference_pixels.py`: a checkpoint, what lies beside it, and the curves by its own library.
struct PixelCase: Sendable, Decodable, CustomTestStringConvertible {
  struct Curve: Sendable, Decodable {
    let layer: String
    let logAmplitude: [Double]
  }

  let name: String
  let checkpoint: String
  let files: [String: String]
  let layers: [Curve]

  var testDescription: String { name }

  private struct File: Decodable {
    let images: [String]
    let cases: [PixelCase]
  }

  private static let file: File? = {
    let data = try? Data(contentsOf: goldenFolder.appending(path: "pixels/cases.json"))
    return data.flatMap { try? JSONDecoder().decode(File.self, from: $0) }
  }()

  static let all = file?.cases ?? []
  static let images = (file?.images ?? []).map { goldenFolder.appending(path: "photographs/\($0)").path }

  /// The diagnosis of the checkpoint with its files beside it, in a folder.
  func diagnosis(in folder: URL) throws -> FrequencyDiagnosis {
    let place = folder.appending(path: checkpoint)
    try FileManager.default.copyItem(at: goldenFolder.appending(path: "pixels/\(checkpoint)"), to: place)
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    var request = CheckpointRequest(path: place.path)
    if files["given.py"] != nil { request.configuration = folder.appending(path: "given.py").path }
    return FrequencyDiagnosis(checkpoints: [request], images: Self.images)
  }
}

@Suite("Pixels as each library makes them")
struct PixelReferenceTests {
  @Test("There are cases of transformers, timm, OpenCLIP and MMPretrain") func casesAreThere() {
    #expect(PixelCase.all.count >= 23 && PixelCase.images.count == 2)
    let libraries = Set(PixelCase.all.map { $0.name.prefix { $0 != "-" } })
    #expect(libraries.isSuperset(of: ["transformers", "timm", "open", "mmpretrain"]))
  }

  /// Pixels are the library's but for single steps of 8 bit.
  ///
  /// Such come of Pillow's order of passes, of OpenCV's kernels, of the decoder. The networks are wide awake and their images small, so that such a step moves a mean over 32 channels and two images by up to 2e-3,
  /// a tenth of what we promise from image files; a wrong mean, filter or crop moves it by 5e-2 and more.
  @Test("From image files and the files beside a checkpoint, the curves are its library's", arguments: PixelCase.all)
  func curves(_ reference: PixelCase) throws {
    let folder = try TemporaryFolder()
    let result = try reference.diagnosis(in: folder.url).run()
    let model = try #require(result.models.first)
    for expected in reference.layers {
      let found = try #require(model.layers.first { $0.layer == expected.layer })
      #expect(distance(found.logAmplitude, expected.logAmplitude) < 5e-3, "\(expected.layer)")
    }
    // What the files say of pixels leaves nothing to assume.
    #expect(!(result.assumed ?? []).contains { $0.option == "--normalize" || $0.option == "--crop-pct" })
  }
}
