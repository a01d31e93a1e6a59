import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

/// Readings for which `Scripts/reference_pixels.py` has no network: what stands in a file, and what it means by the library's code.
@Suite("What each kind of file says of pixels")
struct PixelStatementTests {
  private func json(_ text: String) throws -> MetadataValue {
    try MetadataValue(json: Array(text.utf8), path: "test.json")
  }

  private func processor(_ text: String, family: String? = nil) throws -> PixelStatement {
    PixelStatement(processor: try json(text), called: "preprocessor_config.json", family: family)
  }

  private func mmengine(_ text: String) -> PixelStatement {
    PixelStatement(mmengine: PythonConfig(text), called: "meta.cfg")
  }

  private func isClose(_ found: [Double]?, _ expected: [Double]) -> Bool {
    // Quotients of decimal fractions: a few roundings.
    found?.count == expected.count && zip(found ?? [], expected).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  // MARK: Hugging Face

  @Test("Numbers may be texts, and one may stand for three")
  func lenientNumbers() throws {
    let found = try processor(
      #"{"image_mean": ["0.5", "0.25", "0.5"], "image_std": "0.5", "size": "36", "crop_size": "32", "do_center_crop": 1, "resample": "1", "image_processor_type": "CLIPImageProcessor"}"#
    )
    #expect(
      isClose(found.normalization?.mean, [0.5, 0.25, 0.5]) && isClose(found.normalization?.deviation, [0.5, 0.5, 0.5]))
    #expect(found.resizing?.value.filter == .lanczos && found.resizing?.value.crop == 32.0 / 36)
    #expect(found.resizing?.value.fitting == .shortest && found.side?.value == 32)
  }

  @Test("What a file leaves out is its class's, or that of the model's family; of classes that are not known, nothing")
  func classes() throws {
    let bit = try processor("{}", family: "dinov2")
    #expect(bit.normalization?.mean == PixelNormalization.clip.mean && bit.resizing?.value.crop == 1)
    let deit = try processor(#"{"feature_extractor_type": "DeiTFeatureExtractor"}"#)
    #expect(deit.resizing?.value.crop == 0.875 && deit.resizing?.value.fitting == .squashed)
    #expect(try processor(#"{"image_processor_type": "ViTImageProcessorFast"}"#).resizing?.value.filter == .bilinear)
    let tips = try processor(#"{"image_processor_type": "Tipsv2ImageProcessor"}"#)
    #expect(tips.normalization?.mean == [0, 0, 0] && tips.normalization?.deviation == [1, 1, 1])
    let unknown = try processor(#"{"image_processor_type": "OwnImageProcessor", "size": 32}"#)
    #expect(unknown.normalization == nil)
    guard case .assumed = unknown.resizing?.source else {
      Issue.record("the filter of a class that is not known is no assumption")
      return
    }
  }

  @Test("Samples in −1 … 1 by factor and offset")
  func offset() throws {
    let found = try processor(
      #"{"image_processor_type": "VivitImageProcessor", "do_normalize": false, "rescale_factor": 0.00784313725490196}"#)
    #expect(
      isClose(found.normalization?.mean, [0.5, 0.5, 0.5]) && isClose(found.normalization?.deviation, [0.5, 0.5, 0.5]))
  }

  @Test(
    "Steps that cannot be done are refused by their names, and the option of the message ends that",
    arguments: [
      (#"{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0, 0.5]}"#, "std", "--normalize"),
      (#"{"image_mean": [0.5, 0.5], "image_std": [0.5, 0.5]}"#, "mean", "--normalize"),
      (#"{"image_mean": [], "image_std": []}"#, "mean", "--normalize"),
      (#"{"image_mean": {}, "image_std": [0.5]}"#, "image_mean", "--normalize"),
      (#"{"rescale_factor": -1}"#, "rescale_factor", "--normalize"),
      (#"{"image_processor_type": "Own", "image_mean": [0.5, 0.5, 0.5]}"#, "image_std", "--normalize"),
      (#"{"image_processor_type": "SamImageProcessor"}"#, "SamImageProcessor", "--crop-pct"),
      (#"{"size": {"height": 32, "width": 64}}"#, "size", "--crop-pct"),
      (#"{"size": {"longest_edge": 64}}"#, "longest_edge", "--crop-pct"),
      (#"{"size": {"shortest_edge": 800, "longest_edge": 1333}}"#, "longest_edge", "--crop-pct"),
      (#"{"size": 32, "do_pad": true, "pad_size": {"height": 64, "width": 64}}"#, "pad_size", "--crop-pct"),
      (#"{"resample": 9}"#, "resample", "--crop-pct"), (#"{"size": 32, "crop_pct": 0.9}"#, "crop_pct", "--crop-pct"),
    ])
  func refusals(text: String, word: String, option: String) throws {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: folder.url.appending(path: "preprocessor_config.json"))
    let checkpoint = try TinyFile.huggingFace().open(in: folder)
    let pixels = try ModelDescription(checkpoint, options: ModelOptions(heads: 2)).pixelNormalization
    let isNormalization = option == "--normalize"
    let error = #expect(throws: ModelError.self) {
      try pixels.check(normalizationIsGiven: !isNormalization, cropIsGiven: isNormalization)
    }
    let message = error?.description ?? ""
    #expect(
      message.contains(word) && message.contains(option) && message.contains("preprocessor_config.json"), "\(message)")
    try pixels.check(normalizationIsGiven: isNormalization, cropIsGiven: !isNormalization)
  }

  // MARK: MMEngine

  @Test("A preprocessor without a mean normalises nothing; that of the model is the one that counts")
  func mmengineMeans() {
    let none = mmengine("data_preprocessor = dict(num_classes=10, to_rgb=True)")
    #expect(
      isClose(none.normalization?.mean, [0, 0, 0])
        && isClose(none.normalization?.deviation, [1, 1, 1].map { $0 / 255 }))
    #expect(none.isBGR == false)
    let inner = mmengine(
      """
      data_preprocessor = dict(mean=[0, 0, 0], std=[255, 255, 255])
      model = dict(data_preprocessor=dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5], bgr_to_rgb=True))
      """)
    #expect(isClose(inner.normalization?.mean, [0.5, 0.5, 0.5]) && inner.isBGR == false)
    let variable = mmengine("m = [51, 51, 51]\ndata_preprocessor = dict(mean=m, std=m)")
    #expect(isClose(variable.normalization?.mean, [0.2, 0.2, 0.2]) && variable.isBGR == true)
    #expect(mmengine("data_preprocessor = dict(mean=[x * 255 for x in m], std=[1, 1, 1])").normalizationProblem != nil)
    guard case .assumed = mmengine("data_preprocessor = dict(type='Own')").normalization?.source else {
      Issue.record("what a class of another's does without a mean is no assumption")
      return
    }
    let older = mmengine("img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])")
    #expect(isClose(older.normalization?.mean, PixelNormalization.imagenet.mean) && older.isBGR == nil)
  }

  @Test("Pipelines for testing tell crop and filter, of Pillow and OpenCV, also as variables")
  func mmenginePipelines() {
    let pillow = mmengine(
      """
      test_pipeline = [dict(type='LoadImageFromFile'), dict(type='ResizeEdge', scale=248, edge='short', backend='pillow', interpolation='bicubic'),
        dict(type='CenterCrop', crop_size=224), dict(type='PackInputs')]
      test_dataloader = dict(batch_size=8, dataset=dict(type='ImageNet', pipeline=test_pipeline))
      """)
    #expect(pillow.resizing?.value == PixelResizing(crop: 224.0 / 248) && pillow.side?.value == 224)
    let opencv = mmengine("val_pipeline = [dict(type='Resize', scale=(224, 224))]")
    #expect(opencv.resizing?.value == PixelResizing(crop: 1, filter: .opencvBilinear, fitting: .squashed))
    let older = mmengine(
      "data = dict(test=dict(pipeline=[dict(type='Resize', size=(256, -1), backend='pillow'), dict(type='CenterCrop', crop_size=224), dict(type='Normalize', mean=[0, 0, 0], std=[255, 255, 255], to_rgb=False)]))"
    )
    #expect(older.resizing?.value == PixelResizing(crop: 0.875, filter: .bilinear) && older.isBGR == true)
    let red = mmengine(
      "data_preprocessor = dict(mean=[1, 1, 1], std=[2, 2, 2])\ntest_pipeline = [dict(type='LoadImageFromFile', channel_order='rgb'), dict(type='CenterCrop', crop_size=32)]"
    )
    #expect(red.isBGR == false && red.resizing?.value.fitting == .kept)
    for step in [
      "dict(type='Own')", "dict(type='ResizeEdge', scale=32, edge='long')", "dict(type='Resize', scale=(64, 32))",
      "dict(type='Resize', scale=32, keep_ratio=True)", "dict(type='ResizeEdge', scale=32, interpolation='area')",
      "dict(type='CenterCrop', crop_size=(32, 48))", "dict(type='torchvision/Resize', size=32)",
    ] {
      #expect(mmengine("test_pipeline = [\(step)]").resizingProblem != nil, "\(step)")
    }
  }

  // MARK: timm, OpenCLIP, runs

  @Test("timm's crop at the larger size that it states holds at that size alone")
  func timmTestSize() throws {
    let found = PixelStatement(
      timm: try json(
        #"{"input_size": [3, 224, 224], "crop_pct": 0.9, "test_input_size": [3, 288, 288], "test_crop_pct": 1.0}"#),
      called: "config.json", prefix: "pretrained_cfg.")
    #expect(found.resizing?.value.crop(forSide: 224) == 0.9 && found.resizing?.value.crop(forSide: 288) == 1)
    #expect(
      PixelStatement(timm: try json(#"{"interpolation": "area"}"#), called: "config.json", prefix: "").resizingProblem
        != nil)
    #expect(
      PixelStatement(timm: try json(#"{"crop_mode": "tiles"}"#), called: "config.json", prefix: "").resizingProblem
        != nil)
  }

  @Test("OpenCLIP's border has the colour that it states")
  func openCLIP() throws {
    let found = PixelStatement(
      openCLIP: try json(#"{"resize_mode": "longest", "fill_color": 128, "interpolation": "random"}"#),
      called: "open_clip_config.json")
    #expect(found.resizing?.value.fitting == .longest && found.resizing?.value.border == [128, 128, 128])
    #expect(found.normalization?.mean == PixelNormalization.clip.mean)
    let strange = PixelStatement(
      openCLIP: try json(#"{"resize_mode": "longest", "fill_color": 300}"#), called: "open_clip_config.json")
    #expect(strange.resizingProblem != nil)
  }

  @Test("Arguments of MAE, BEiT, DeiT and timm tell the crop by their own codes' rules")
  func runs() throws {
    let crop = { (text: String) in PixelStatement(arguments: try json(text)).resizing?.value }
    #expect(try crop(#"{"blr": 1e-3, "input_size": 224}"#)?.crop == 0.875)
    #expect(try crop(#"{"blr": 1e-3, "input_size": 384}"#)?.crop == 1)
    #expect(try crop(#"{"imagenet_default_mean_and_std": true, "input_size": 384}"#)?.crop == 1)
    #expect(try crop(#"{"eval_crop_ratio": 0.9, "input_size": 224}"#)?.crop == 0.9)
    #expect(try crop(#"{"crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear"}"#)?.fitting == .squashed)
    #expect(try crop(#"{"lr": 0.1}"#) == nil)
    // SatMAE has MAE's arguments and other statistics.
    #expect(PixelStatement(arguments: try json(#"{"blr": 1e-3, "dataset_type": "rgb"}"#)).normalization == nil)
    let swin = PixelStatement(
      swin: try json(#"{"DATA": {"IMG_SIZE": 192, "INTERPOLATION": "bicubic"}, "TEST": {"CROP": false}}"#))
    #expect(swin?.resizing?.value == PixelResizing(crop: 1, fitting: .squashed))
    #expect(swin?.normalization?.mean == PixelNormalization.imagenet.mean && swin?.side?.value == 192)
  }

  // MARK: Several files

  @Test("Of two files that differ the first is taken, and a warning names both with their values")
  func contradictions() throws {
    let folder = try TemporaryFolder()
    for (name, text) in [
      (
        "preprocessor_config.json",
        #"{"image_processor_type": "CLIPImageProcessor", "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": 6, "crop_size": 6}"#
      ),
      (
        "open_clip_config.json",
        #"{"model_cfg": {"vision_cfg": {}}, "preprocess_cfg": {"size": 6, "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.5, 0.5], "resize_mode": "squash"}}"#
      ),
    ] { try Data(text.utf8).write(to: folder.url.appending(path: name)) }
    let description = try ModelDescription(
      TinyFile.huggingFace().open(in: folder), options: ModelOptions(heads: 2))
    #expect(description.pixelNormalization.mean == [0.5, 0.5, 0.5])
    let warnings = description.warnings.joined(separator: "\n")
    for word in [
      "0.1,0.2,0.3", "0.5,0.5,0.5", "preprocessor_config.json", "open_clip_config.json", "--normalize", "--crop-pct",
    ] {
      #expect(warnings.contains(word), "\(word): \(warnings)")
    }
  }

  @Test("Means of another range are taken as written, and said")
  func ranges() throws {
    var file = TinyFile.original()
    file.config =
      #"{"architecture": "vit", "pretrained_cfg": {"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4]}}"#
    let description = try file.describe()
    #expect(description.pixelNormalization.mean == [123.7, 116.3, 103.5])
    #expect(description.warnings.contains { $0.contains("0 … 255") })
  }

  @Test("Another network's OpenCLIP configuration is left aside")
  func otherOpenCLIP() throws {
    let folder = try TemporaryFolder()
    let text =
      #"{"model_cfg": {"vision_cfg": {"width": 768, "layers": 12, "patch_size": 16}}, "preprocess_cfg": {"mean": [0, 0, 0]}}"#
    try Data(text.utf8).write(to: folder.url.appending(path: "open_clip_config.json"))
    let description = try ModelDescription(TinyFile.original().open(in: folder), options: ModelOptions(heads: 2))
    #expect(description.warnings.contains { $0.contains("open_clip_config.json is left aside") })
    #expect(description.pixelNormalization.mean != [0, 0, 0])
  }
}
