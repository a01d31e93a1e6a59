import Checkpoints
import Foundation
import Testing

@testable import VisionTransformers

@Suite("Checkpoints in the official naming")
struct OfficialNamingTests {
  /// A network to write, and what it is trained for.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let architecture: Architecture
    let objective: Objective

    init(_ name: String, _ architecture: Architecture, _ objective: Objective = .pixels(normalized: true)) {
      testDescription = name
      self.architecture = architecture
      self.objective = objective
    }
  }

  private static func network(
    _ fusion: Architecture.Fusion? = nil, decoder: Bool = true, change: (inout Architecture) -> Void = { _ in }
  ) -> Architecture {
    var a = Architecture(
      imageSize: 6, patchSize: 2, width: 12, depth: 3, heads: 3, fusion: fusion,
      decoder: decoder ? .init(width: 8, depth: 2, heads: 4, outputs: 12) : nil)
    change(&a)
    return a
  }

  static let cases: [Case] = {
    var cases = [
      Case("MAE", network()),
      Case("features", network { $0.decoder = .init(width: 8, depth: 1, heads: 2, outputs: 10) }, .allFeatures),
      Case(
        "oblong images, another ε, another resizing",
        network {
          $0 = $0.resized(to: [4, 18])
          $0.layerNormEpsilon = 1e-5
          $0.positionResizing = .antialiasedBicubic
        }),
      Case("no hidden width of the usual", network { $0.hiddenWidth = 20 }),
      Case(
        "classifier, class token", network(decoder: false) { $0.layerScale = true }, .classification(classes: 5)),
      Case(
        "classifier, mean", network(.init(layers: [0, 2], projection: .linear), decoder: false),
        .classification(classes: 5, pooling: .mean)),
      Case(
        "classifier, normalised mean", network(decoder: false) { $0.finalNorm = false },
        .classification(classes: 5, pooling: .normalizedMean)),
      Case(
        "registers, distillation, no row for them",
        network(decoder: false) {
          $0.prefix = [.class, .distillation, .register, .register]
          $0.positions = .patches
        }, .classification(classes: 2)),
    ]
    for layers in [[2], [0, 2], [0, 1, 2]] {
      for projection in [Architecture.Fusion.Projection.none, .linear, .mlp] {
        // Of one layer there is nothing to project.
        if layers.count == 1, projection != .none { continue }
        for combination in [Architecture.Fusion.Combination.average, .attention] {
          let fusion = Architecture.Fusion(
            layers: layers, projection: projection, combination: combination, detach: layers.count == 2)
          cases.append(Case("fusion \(layers) \(projection) \(combination)", network(fusion)))
        }
      }
    }
    return cases
  }()

  @Test("A model of every variant is read back bit for bit, with its architecture", arguments: cases)
  func roundTrip(_ written: Case) throws {
    let layout = ParameterLayout(of: written.architecture, for: written.objective)
    let values = TinyFile.values(layout.count, name: written.testDescription)
    let model = VisionTransformer(written.architecture, for: written.objective, parameters: values.span)
    let file = file(of: model, pooling: written.objective.pooling)
    let folder = try TemporaryFolder()
    let description = try ModelDescription(file.open(in: folder))
    #expect(description.architecture == written.architecture)
    #expect(description.classes == written.objective.classes)
    #expect(description.head?.pooling.value == written.objective.pooling)
    let read = try description.loadForLoss(written.objective)
    #expect(read.layout.parameters == layout.parameters && read.architecture == written.architecture)
    #expect(read.withParameterVector { x in x.indices.allSatisfy { x[$0].bitPattern == values[$0].bitPattern } })
    #expect(
      Set(description.ignored.map(\.reason)).isSubset(of: [
        "classification head", "normalises the mean of the patch tokens, not the tokens",
      ]))
  }

  /// The file that a writer would make of a model.
  private func file(of model: VisionTransformer, pooling: HeadPooling?) -> TinyFile {
    var file = TinyFile()
    file.metadata = OfficialNaming.metadata(of: model.architecture, pooling: pooling)
    model.withParameterVector { values in
      for tensor in OfficialNaming.tensors(of: model.layout) {
        file.shapes[tensor.name] = tensor.shape
        file.values[tensor.name] = tensor.range.map { values[$0] }
      }
    }
    return file
  }

  @Test("Every value of the flat vector is in one tensor, and no two tensors share a name", arguments: cases)
  func complete(_ written: Case) {
    let layout = ParameterLayout(of: written.architecture, for: written.objective)
    let tensors = OfficialNaming.tensors(of: layout)
    #expect(Set(tensors.map(\.name)).count == tensors.count)
    #expect(tensors.allSatisfy { $0.shape.reduce(1, *) == $0.range.count })
    var end = 0
    for tensor in tensors {
      #expect(tensor.range.lowerBound == end)
      end = tensor.range.upperBound
    }
    #expect(end == layout.count)
  }

  @Test("Names and shapes are those of MAE's own repository")
  func names() throws {
    let fusion = Architecture.Fusion(layers: [0, 2], projection: .mlp)
    let tensors = OfficialNaming.tensors(
      of: ParameterLayout(of: Self.network(fusion), for: .pixels(normalized: true)))
    let shapes = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) })
    #expect(shapes["cls_token"] == [1, 1, 12] && shapes["pos_embed"] == [1, 10, 12])
    #expect(shapes["patch_embed.proj.weight"] == [12, 3, 2, 2] && shapes["mask_token"] == [1, 1, 8])
    #expect(shapes["decoder_pos_embed"] == [1, 10, 8] && shapes["proj_weights"] == [2, 1, 1, 1])
    #expect(shapes["blocks.2.attn.qkv.weight"] == [36, 12] && shapes["decoder_blocks.1.mlp.fc2.weight"] == [8, 32])
    #expect(shapes["proj_layers.0.0.weight"] == [12, 12] && shapes["proj_layers.0.2.bias"] == [12])
    #expect(shapes["norm.weight"] == [12] && shapes["decoder_pred.weight"] == [12, 8])
    let attention = Architecture.Fusion(layers: [0, 2], projection: .none, combination: .attention)
    let others = OfficialNaming.tensors(of: ParameterLayout(encoderOf: Self.network(attention))).map(\.name)
    #expect(others.contains("fusion_attention.attn.qkv.weight") && !others.contains("proj_weights"))
  }

  @Test("A fusion whose tensors do not fit together or to the metadata is refused")
  func refused() throws {
    func refusal(_ fusion: Architecture.Fusion, _ change: (inout TinyFile) -> Void) throws -> String? {
      let a = Self.network(fusion, decoder: false)
      let layout = ParameterLayout(encoderOf: a)
      let values = TinyFile.values(layout.count, name: "fusion")
      var file = file(of: VisionTransformer(a, layout, parameters: values.span), pooling: nil)
      change(&file)
      return file.refusal(ModelOptions())
    }
    let attention = Architecture.Fusion(layers: [0, 2], projection: .none, combination: .attention)
    let linear = Architecture.Fusion(layers: [0, 2], projection: .linear)
    let mlp = Architecture.Fusion(layers: [0, 1, 2], projection: .mlp)
    let cases: [(Architecture.Fusion, String, (inout TinyFile) -> Void)] = [
      (attention, "give --fuse", { $0.metadata["fuse"] = nil }),
      (attention, "give --fuse", { $0.metadata["fuse"] = "0,1" }),
      (attention, "fusion_attention.attn.proj.bias", { $0.shapes["proj_weights"] = [2] }),
      (attention, "fusion_attention.mlp.fc1.bias is missing", { $0.shapes["fusion_attention.mlp.fc1.bias"] = nil }),
      (attention, "fusion_attention.gamma_1", { $0.shapes["fusion_attention.gamma_1"] = [12] }),
      (attention, "fusion in the metadata is average", { $0.metadata["fusion"] = "average" }),
      (linear, "projection in the metadata is mlp", { $0.metadata["projection"] = "mlp" }),
      (linear, "detach in the metadata is maybe", { $0.metadata["detach"] = "maybe" }),
      (
        linear, "proj_layers.0.bias",
        {
          $0.shapes["proj_weights"] = nil; $0.values["proj_weights"] = nil
        }
      ),
      (mlp, "proj_layers.1.2.weight is missing", { $0.shapes["proj_layers.1.2.weight"] = nil }),
      (mlp, "the tensors are those of linear", { $0.shapes["proj_layers.0.weight"] = [12, 12] }),
      (
        mlp, "proj_layers.0.bias is missing",
        {
          $0.shapes["proj_layers.0.weight"] = [12, 12]; $0.metadata["projection"] = nil
        }
      ),
      (mlp, "proj_layers.0.1.weight", { $0.shapes["proj_layers.0.1.weight"] = [12] }),
    ]
    for (fusion, word, change) in cases {
      let message = try refusal(fusion, change)
      #expect(message?.contains(word) == true, "\(word): \(message ?? "not refused")")
    }
  }
}
