import Checkpoints
import Foundation
import Tensors
import Testing

@testable import VisionTransformers

@Suite("Classification heads and what a loss reads of a checkpoint")
struct HeadTests {
  // MARK: Against the real libraries

  static let libraries: [(String, HeadPooling)] = [
    ("timm-token", .classToken), ("timm-fc-norm", .normalizedMean), ("timm-registers-fc-norm", .normalizedMean),
    ("timm-no-class", .mean), ("hf-vit", .classToken), ("torchvision", .classToken),
    ("mmpretrain-token", .classToken), ("mmpretrain-mean", .normalizedMean), ("mmpretrain-mean-only", .normalizedMean),
  ]

  @Test("The loss of a classifier is what the library that made it computes", arguments: libraries)
  func references(name: String, pooling: HeadPooling) throws {
    let losses = try JSONDecoder().decode(
      [String: Double].self, from: Data(contentsOf: URL(filePath: golden("heads/losses.json"))))
    let expected = try #require(losses[name])
    let description = try ModelDescription(
      Checkpoint(opening: golden("heads/\(name).safetensors")), options: ModelOptions(heads: 3))
    #expect(description.classes == 5 && description.head?.pooling.value == pooling)
    let objective = try description.classification()
    let model = try description.loadForLoss(objective)
    let a = model.architecture
    #expect(a.finalNorm == !["timm-fc-norm", "timm-registers-fc-norm", "mmpretrain-mean-only"].contains(name))
    let function = try LossFunction(a, objective: objective, images: 2, masked: 0, fixed: model.fixedParameters)
    let images = (0..<2 * a.pixels).map { i -> Float in
      let x = Double(i)
      return Float(sin(0.13 * x + 0.6 * sin(0.021 * x)))
    }
    try function.setBatch(LossBatch(images: images, labels: [1, 3]))
    let loss = try model.withParameterVector { (parameters) throws(LossError) in try function.loss(at: parameters) }
    // Single precision through one block: a few ε = 6e-8.
    #expect(abs(loss - expected) <= 2e-6 * expected, "\(loss) \(expected)")
  }

  // MARK: What is read

  /// A network with a head, in the original naming.
  private func classifier(classes: Int = 4) -> TinyFile {
    var file = TinyFile.original()
    file.shapes["head.weight"] = [classes, 8]
    file.shapes["head.bias"] = [classes]
    return file
  }

  /// Loads for an objective, or says why not.
  private func refusal(_ file: TinyFile, _ objective: Objective) throws -> String? {
    let folder = try TemporaryFolder()
    let description = try ModelDescription(
      file.open(in: folder), options: ModelOptions(heads: 2, decoderHeads: file.decoderHeads))
    do {
      _ = try description.loadForLoss(objective)
      return nil
    } catch let error as ModelError { return error.description }
  }

  @Test("Exactly the parameters of the loss are read, in its order; a decoder beside a head does not matter")
  func layout() throws {
    var file = classifier()
    file.addDecoder()
    let folder = try TemporaryFolder()
    let description = try ModelDescription(file.open(in: folder), options: ModelOptions(heads: 2))
    #expect(description.classes == 4 && description.architecture.decoder?.heads == nil)
    let objective = try description.classification(smoothing: 0.1)
    let model = try description.loadForLoss(objective)
    let function = try LossFunction(model.architecture, objective: objective, images: 1, masked: 0)
    #expect(model.layout.parameters == function.layout.parameters)
    #expect(!model.layout.contains("decoder.mask"))
    #expect(model.values(of: "head.weight") == TinyFile.values(32, name: "head.weight"))
    #expect(model.values(of: "head.bias") == TinyFile.values(4, name: "head.bias"))
    #expect(model.values(of: "norm.bias") == TinyFile.values(8, name: "norm.bias"))

    let known = try ModelDescription(file.open(in: folder), options: ModelOptions(heads: 2, decoderHeads: 2))
    let pixels = try known.loadForLoss(.pixels(normalized: true))
    let reconstruction = try LossFunction(
      pixels.architecture, objective: .pixels(normalized: true), images: 1, masked: 5)
    #expect(pixels.layout.parameters == reconstruction.layout.parameters && !pixels.layout.contains("head.weight"))
    #expect(pixels.values(of: "decoder.output.bias") == TinyFile.values(12, name: "decoder_pred.bias"))
  }

  @Test("Features need no head: its tensors are none of the encoder's, and one that is not understood stops nothing")
  func features() throws {
    var file = classifier()
    file.shapes["head_dist.weight"] = [4, 8]
    let description = try file.describe()
    #expect(description.encoderTensors.allSatisfy { !$0.hasPrefix("head") })
    #expect(Set(description.ignored.map(\.tensor)) == ["head.weight", "head.bias", "head_dist.weight"])
    #expect(description.head == nil && description.headProblem != nil)
    _ = try file.load()
  }

  @Test(
    "Images of another size resize both position embeddings; tables are fixed, others trained, unless an option says else"
  )
  func resized() throws {
    var file = TinyFile.original()
    file.addDecoder()
    let a = Architecture(imageSize: 6, patchSize: 2, width: 8, depth: 2, heads: 2)
    file.values["pos_embed"] = a.fixedPositions(width: 8)
    let folder = try TemporaryFolder()
    let description = try ModelDescription(file.open(in: folder), options: ModelOptions(heads: 2, decoderHeads: 2))
    #expect(try description.loadForLoss(.pixels(normalized: true)).fixedParameters == ["position"])
    var options = ModelOptions(heads: 2, decoderHeads: 2)
    options.positionEmbedding = .trained
    let trainedOnes = try ModelDescription(file.open(in: folder), options: options)
    #expect(try trainedOnes.loadForLoss(.pixels(normalized: true)).fixedParameters.isEmpty)
    let model = try description.loadForLoss(.pixels(normalized: true), imageSize: [8, 4])
    #expect(model.fixedParameters == ["position"])
    #expect(model.layout["decoder.position"].shape == [9, 8] && model.architecture.grid == [4, 2])
    let trained = TinyFile.values(80, name: "decoder_pos_embed")
    let method = Architecture.PositionResizing.bicubic
    let expected = method.resize(trained, prefix: 1, width: 8, from: [3, 3], to: [4, 2])
    #expect(model.values(of: "decoder.position") == expected)
  }

  // MARK: Pooling

  @Test("What the head reads is told by a norm after pooling, a configuration, or the class token")
  func pooling() throws {
    var file = classifier()
    #expect(try file.describe().head?.pooling.value == .classToken)
    file.config = #"{"architecture": "vit", "global_pool": "avg"}"#
    let configured = try file.describe()
    #expect(configured.head?.pooling == .init(value: .mean, source: .file("config.json", key: "global_pool")))
    file.config = nil
    file.shapes["fc_norm.weight"] = [8]
    file.shapes["fc_norm.bias"] = [8]
    #expect(try file.describe().head?.pooling.value == .normalizedMean)
    #expect(try file.describe().sources["head.pooling"]?.description.contains("fc_norm.weight") == true)
    file = classifier()
    file.shapes["cls_token"] = nil
    file.shapes["pos_embed"] = [1, 9, 8]
    #expect(try file.describe().head?.pooling.value == .mean)
  }

  @Test("A head that is not understood is refused with its tensor's name or its setting")
  func refused() throws {
    func problem(_ change: (inout TinyFile) -> Void) throws -> String? {
      var file = classifier()
      change(&file)
      return try refusal(file, .classification(classes: 4))
    }
    #expect(try problem { _ in } == nil)
    let cases: [(String, (inout TinyFile) -> Void)] = [
      ("head_dist.weight", { $0.shapes["head_dist.weight"] = [4, 8] }),
      ("head.0.running_mean", { $0.shapes["head.0.running_mean"] = [8] }),
      ("head.mlp.weight", { $0.shapes["head.mlp.weight"] = [8, 8] }),
      ("attn_pool.latent", { $0.shapes["attn_pool.latent"] = [1, 1, 8] }),
      ("head.weight has shape [4, 16]", { $0.shapes["head.weight"] = [4, 16] }),
      ("head.weight has shape [0, 8]", { $0.shapes["head.weight"] = [0, 8] }),
      ("head.bias is missing", { $0.shapes["head.bias"] = nil }),
      ("head.bias has shape [5]", { $0.shapes["head.bias"] = [5] }),
      (
        "head.weight is missing",
        {
          $0.shapes["head.weight"] = nil; $0.shapes["head.bias"] = nil
        }
      ),
      ("NaN or infinite", { $0.values["head.bias"] = [0, .nan, 0, 0] }),
      ("global_pool", { $0.config = #"{"architecture": "vit", "global_pool": "map"}"# }),
    ]
    for (word, change) in cases {
      let message = try problem(change)
      #expect(message?.contains(word) == true, "\(word): \(message ?? "not refused")")
    }
  }

  @Test("An objective that does not fit the file's head or decoder says what is in the file")
  func mismatches() throws {
    #expect(try refusal(classifier(), .classification(classes: 5))?.contains("in the file has 4") == true)
    #expect(
      try refusal(classifier(), .classification(classes: 4, pooling: .mean))?.contains("reads classToken") == true)
    #expect(try refusal(classifier(), .pixels(normalized: true))?.contains("decoder_embed.weight is missing") == true)
    var file = classifier()
    file.addDecoder()
    #expect(try refusal(file, .pixels(normalized: true))?.contains("--decoder-heads") == true)
    file.decoderHeads = 2
    #expect(try refusal(file, .pixels(normalized: true)) == nil)
    file.shapes["decoder_blocks.0.attn.q_norm.weight"] = [4]
    #expect(try refusal(file, .pixels(normalized: true))?.contains("decoder_blocks.0.attn.q_norm.weight") == true)
  }
}
