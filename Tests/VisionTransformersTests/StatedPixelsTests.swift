import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("What files say of pixels")
struct StatedPixelsTests {
  /// The pixels of a Hugging Face folder with that processor.
  private func pixels(processor: String, called name: String = "preprocessor_config.json") throws -> PixelNormalization
  {
    let folder = try TemporaryFolder()
    try Data(processor.utf8).write(to: folder.url.appending(path: name))
    return try ModelDescription(TinyFile.huggingFace().open(in: folder), options: ModelOptions(heads: 2))
      .pixelNormalization
  }

  private func squash(_ filter: PixelResizing.Filter) -> PixelResizing {
    var resizing = PixelResizing(crop: 1, filter: filter, fitting: .squashed)
    resizing.cropRoundsDown = true
    return resizing
  }

  private static let values = #""image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.25, 0.5]"#

  @Test("Steps that a processor leaves out are left out")
  func steps() throws {
    let plain = try pixels(processor: "{\(Self.values)}")
    #expect(plain.mean == [0.5, 0.5, 0.5] && plain.deviation == [0.5, 0.25, 0.5])
    let bare = try pixels(processor: "{\"do_normalize\": false, \(Self.values)}")
    #expect(bare.mean == [0, 0, 0] && bare.deviation == [1, 1, 1])
    // Samples of 0 … 255: (v − 0.5) / 0.5 = (v/255 − 0.5/255) / (0.5/255).
    let raw = try pixels(processor: "{\"do_rescale\": false, \(Self.values)}")
    #expect(raw.mean == [0.5, 0.5, 0.5].map { $0 / 255 } && raw.deviation == [0.5, 0.25, 0.5].map { $0 / 255 })
    let doubled = try pixels(processor: "{\"rescale_factor\": \(2.0 / 255), \(Self.values)}")
    // 255 · (2/255) is 2 within two roundings.
    #expect(zip(doubled.mean, [0.25, 0.25, 0.25]).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  @Test("A processor inside another file is read, too")
  func nested() throws {
    let found = try pixels(processor: "{\"image_processor\": {\(Self.values)}}", called: "processor_config.json")
    #expect(found.deviation == [0.5, 0.25, 0.5])
    #expect(found.source == .file("processor_config.json, image_processor", key: "image_mean"))
  }

  @Test("Crop, filter and squashing are the processor's; a filter that is not known is refused by its name")
  func crop() throws {
    let cropped = try pixels(
      processor:
        #"{"image_processor_type": "X", "do_center_crop": true, "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "resample": 3}"#
    )
    var center = PixelResizing(crop: 0.875)
    center.cropRoundsDown = true
    #expect(cropped.resizing?.value == center)
    let squashed = try pixels(processor: "{\(Self.values), \"size\": {\"height\": 6, \"width\": 6}, \"resample\": 2}")
    #expect(squashed.resizing?.value == squash(.bilinear))
    let strange = try pixels(processor: "{\(Self.values), \"size\": {\"height\": 6}, \"resample\": 7}")
    let error = #expect(throws: ModelError.self) { try strange.check(normalizationIsGiven: false, cropIsGiven: false) }
    #expect(error?.description.contains("resample") == true)
    try strange.check(normalizationIsGiven: false, cropIsGiven: true)
  }

  @Test("timm's configuration tells crop and mean")
  func timm() throws {
    var file = TinyFile.original()
    file.config =
      #"{"architecture": "vit", "pretrained_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.9}}"#
    let pixels = try file.describe().pixelNormalization
    #expect(pixels.mean == [0.5, 0.5, 0.5] && pixels.resizing?.value.crop == 0.9)
  }

  @Test("MMEngine's means are of 0 … 255, and blue comes first unless it says else")
  func mmengine() throws {
    func stated(_ text: String) -> StatedPixels {
      StatedPixels(Settings(config: nil, arguments: nil, mmengine: PythonConfig(text), metadata: .null))
    }
    let turned = stated("data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[51, 51, 51], to_rgb=True)")
    #expect(
      turned.normalization?.mean == [0.5, 0.5, 0.5] && turned.normalization?.deviation == [0.2, 0.2, 0.2]
        && !turned.isBGR)
    #expect(stated("img_norm_cfg = dict(mean=[0, 0, 0], std=[255, 255, 255], to_rgb=False)").isBGR)
    #expect(stated("data_preprocessor = dict(mean=[0, 0, 0], std=[255, 255, 255])").isBGR)
  }

  @Test("Arguments of runs tell mean and deviation")
  func arguments() throws {
    func stated(_ arguments: [(String, MetadataValue)]) -> StatedPixels {
      let values = MetadataValue.dictionary(arguments.map { .init(key: .string($0.0), value: $0.1) })
      return StatedPixels(Settings(config: nil, arguments: values, mmengine: nil, metadata: .null))
    }
    let half = MetadataValue.list([.double(0.5), .double(0.5), .double(0.5)])
    #expect(stated([("mean", half), ("std", half)]).normalization?.mean == [0.5, 0.5, 0.5])
    #expect(stated([("imagenet_default_mean_and_std", .bool(false))]).normalization?.mean == [0.5, 0.5, 0.5])
    #expect(stated([("imagenet_default_mean_and_std", .bool(true))]).normalization?.mean == [0.485, 0.456, 0.406])
  }
}
