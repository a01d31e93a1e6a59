import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("What a checkpoint was trained for")
struct TrainedObjectiveTests {
  private static func dictionary(_ values: [String: String]) -> MetadataValue {
    .dictionary(values.map { .init(key: .string($0.key), value: .string($0.value)) })
  }

  private func objective(
    metadata: [String: String] = [:], arguments: [String: String] = [:], config: MetadataValue? = nil,
    python: String? = nil, file: TinyFile? = nil
  ) throws -> Sourced<TrainedObjective>? {
    let settings = Settings(
      config: config, arguments: Self.dictionary(arguments),
      mmengine: python.map(PythonConfig.init),
      metadata: Self.dictionary(metadata))
    guard let file else { return settings.objective(nil) }
    let folder = try TemporaryFolder()
    return settings.objective(try NameResolution(file.open(in: folder)))
  }

  @Test(
    "Our own files say it, and are read back",
    arguments: [
      .pixels, .pixmim(radius: 40), .pixmim(radius: nil), .featuresMasked, .featuresAll, .classification,
    ] as [TrainedObjective])
  func own(objective expected: TrainedObjective) throws {
    let found = try objective(metadata: expected.metadata)
    #expect(found == .init(value: expected, source: .file("metadata", key: "objective")))
    // The name is that of the option.
    let names = [Objective.pixels(normalized: true), .lowFrequencies(radius: 1), .maskedFeatures, .allFeatures]
    #expect((names.map(\.name) + ["classification"]).contains(expected.description))
  }

  @Test("A method in the metadata tells it; one that is not known tells nothing, whatever the tensors look like")
  func methods() throws {
    var file = TinyFile.original()
    file.addDecoder()
    let methods: [(String, TrainedObjective?)] = [
      ("MFF", .pixels), ("mae", .pixels), ("mff-pixmim", .pixmim(radius: nil)), ("EVA", .featuresMasked),
      ("MILAN + MFF", .featuresAll), ("supervised", .classification), ("SimMIM", nil), ("maeve", nil),
    ]
    for (method, expected) in methods {
      #expect(try objective(metadata: ["method": method], file: file)?.value == expected, "\(method)")
    }
    #expect(try objective(metadata: ["objective": "colours"], file: file) == nil)
  }

  @Test("MMPretrain's and MMSelfSup's configurations tell it")
  func mmengine() throws {
    let cases: [(String, TrainedObjective?, String)] = [
      (
        "type='PixMIM', target_generator=dict(type='LowFreqTargetGenerator', radius=40, img_size=224)",
        .pixmim(radius: 40), "model.target_generator"
      ),
      (
        "type='MFF', target_generator=dict(type='LowFreqTargetGenerator', radius=12)",
        .pixmim(radius: 12), "model.target_generator"
      ),
      ("type='MFF', head=dict(type='MAEPretrainHead', norm_pix=True)", .pixels, "model.type"),
      (
        "type='EVA', head=dict(type='MIMHead'), target_generator=dict(type='CLIPGenerator')",
        .featuresMasked, "model.type"
      ),
      (
        "type='MILAN', head=dict(type='MIMHead'), target_generator=dict(type='CLIPGenerator')",
        .featuresAll, "model.type"
      ),
      ("type='ImageClassifier', head=dict(type='VisionTransformerClsHead')", .classification, "model.head.type"),
      ("type='DINO'", nil, ""),
    ]
    for (text, expected, key) in cases {
      let found = try objective(python: "model = dict(\(text))\n")
      #expect(found?.value == expected, "\(text)")
      if expected != nil { #expect(found?.source == .file("meta.cfg", key: key), "\(text)") }
    }
  }

  @Test("Arguments, Hugging Face's configuration and at last the tensors tell it")
  func others() throws {
    var decoder = TinyFile.original()
    decoder.addDecoder()
    var classifier = TinyFile.original()
    classifier.shapes["head.weight"] = [4, 8]
    classifier.shapes["head.bias"] = [4]
    let mae = try objective(arguments: ["model": "mae_vit_base_patch16"], file: decoder)
    #expect(mae == .init(value: .pixels, source: .file("args", key: "model")))
    #expect(try objective(arguments: ["model": "eva_g_patch14"], file: classifier)?.value == .classification)
    for (name, expected) in [
      ("ViTMAEForPreTraining", TrainedObjective.pixels), ("ViTForImageClassification", .classification),
    ] {
      let config = MetadataValue.dictionary([.init(key: .string("architectures"), value: .list([.string(name)]))])
      #expect(
        try objective(config: config) == .init(value: expected, source: .file("config.json", key: "architectures")))
    }
    #expect(try objective(file: classifier) == .init(value: .classification, source: .tensors("head.weight")))
    #expect(try objective(file: decoder)?.value == .pixels)
    decoder.shapes["decoder_pred.weight"] = [10, 8]
    decoder.shapes["decoder_pred.bias"] = [10]
    #expect(try objective(file: decoder) == nil)
    #expect(try objective(file: .original()) == nil)
  }

  @Test("A survey reports it")
  func survey() throws {
    var file = TinyFile.original()
    file.addDecoder()
    file.metadata = ["objective": "pixmim", "low_pass_radius": "7.5"]
    let folder = try TemporaryFolder()
    let survey = ModelSurvey(try file.open(in: folder), options: ModelOptions(heads: 2))
    #expect(survey.training.objective?.value == .pixmim(radius: 7.5))
  }
}
