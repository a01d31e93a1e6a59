import Checkpoints
import Foundation
import Tensors
import Testing

@testable import VisionTransformers

@Suite("The forward pass")
struct ForwardTests {
  // MARK: Against PyTorch

  static let references = ["mff", "registers", "mff-mlp", "mff-attention", "mff-attention-mlp"]

  @Test("Tokens of every place match timm's", arguments: references, 1...4)
  func reference(name: String, threads: Int) throws {
    let options = ModelOptions(heads: 3, fuse: name == "mff" ? [0, 2] : nil)
    let description = try ModelDescription(Checkpoint(opening: golden("\(name).safetensors")), options: options)
    #expect(description.ignored.isEmpty)
    let model = try description.load()
    let truth = try Checkpoint(opening: golden("\(name)-tokens.safetensors"))
    let found = tokens(of: model, try truth.floats("images"), team: Team(threads: threads))
    #expect(Set(found.keys.map(\.description)) == Set(truth.tensors.map(\.name)).subtracting(["images"]))
    for (layer, values) in found {
      let expected = try truth.floats(layer.description)
      let scale = expected.map { abs($0) }.max() ?? 0
      // A few hundred roundings lie behind a value, mostly of either sign: 20 ε of the largest value is what they add up to
      // here, with a factor of ten to spare against a model that is wrong by more than that.
      #expect(largestDifference(values, expected) <= 20 * Float.ulpOfOne * scale, "\(layer)")
    }
  }

  @Test("The golden models have what they are there for")
  func goldenModels() throws {
    let mff = try ModelDescription(
      Checkpoint(opening: golden("mff.safetensors")), options: ModelOptions(heads: 3, fuse: [0, 2])
    ).architecture
    #expect(mff.fusion == .init(layers: [0, 2], count: 2, projection: .linear))
    let others: [(String, Architecture.Fusion)] = [
      ("mff-mlp", .init(layers: [0, 1, 2], projection: .mlp)),
      ("mff-attention", .init(layers: [0, 2], projection: .linear, combination: .attention)),
      ("mff-attention-mlp", .init(layers: [0, 1, 2], projection: .mlp, combination: .attention)),
    ]
    for (name, fusion) in others {
      let architecture = try ModelDescription(Checkpoint(opening: golden("\(name).safetensors"))).architecture
      #expect(architecture.fusion == fusion && architecture.heads == 3, "\(name)")
    }
    #expect(!mff.layerScale && mff.prefix == [.class] && mff.positions == .classAndPatches && mff.hiddenWidth == 30)
    let registers = try ModelDescription(
      Checkpoint(opening: golden("registers.safetensors")), options: ModelOptions(heads: 3)
    ).architecture
    #expect(
      registers.layerScale && registers.prefix == [.class, .register, .register] && registers.positions == .patches)
    #expect(registers.fusion == nil && registers.positionResizing == .antialiasedBicubic)
  }

  // MARK: Invariants

  /// The model with layer scale, registers and no fusion, and those with fusion.
  private func models() throws -> [VisionTransformer] {
    var scaled = TinyFile.original()
    scaled.shapes["reg_token"] = [1, 3, 8]
    for i in 0..<2 { for j in 1...2 { scaled.shapes["blocks.\(i).ls\(j).gamma"] = [8] } }
    var fused = TinyFile.original(depth: 3)
    fused.shapes["proj_weights"] = [3]
    for j in 0..<2 {
      fused.shapes["proj_layers.\(j).weight"] = [8, 8]
      fused.shapes["proj_layers.\(j).bias"] = [8]
    }
    let fusions = [
      Architecture.Fusion(layers: [0, 2], projection: .mlp),
      .init(layers: [0, 1, 2], projection: .none, combination: .attention),
      .init(layers: [2], projection: .none, combination: .attention),
    ]
    return [try scaled.load(), try fused.load()]
      + fusions.map { fusion in
        let a = Architecture(imageSize: 6, patchSize: 2, width: 8, depth: 3, heads: 2, fusion: fusion)
        let layout = ParameterLayout(encoderOf: a)
        return VisionTransformer(a, layout, parameters: TinyFile.values(layout.count, name: "\(fusion)").span)
      }
  }

  private func images(_ count: Int, of model: VisionTransformer) -> [Float] {
    TinyFile.values(count * model.architecture.pixels, name: "images")
  }

  @Test("A batch gives what its images give alone")
  func batches() throws {
    for model in try models() {
      let pixels = images(5, of: model)
      let together = tokens(of: model, pixels)
      let n = model.architecture.pixels
      let alone = (0..<5).map { tokens(of: model, Array(pixels[$0 * n..<($0 + 1) * n])) }
      for (layer, values) in together {
        // BLAS may sum in another order for other row counts; values are about 1.
        #expect(largestDifference(values, alone.flatMap { $0[layer] ?? [] }) <= 1e-5, "\(layer)")
      }
    }
  }

  @Test("A workspace for more images, used before, changes nothing")
  func reuse() throws {
    for model in try models() {
      let (many, one) = (images(4, of: model), images(1, of: model))
      var workspace = EncoderWorkspace(for: model.architecture, images: 4, width: 1)
      for _ in 0..<2 {
        model.encode(many.span, workspace: &workspace, layers: Set(model.architecture.layers)) { _, _, _ in }
        #expect(shown(of: model, one, in: &workspace) == tokens(of: model, one, layers: model.architecture.layers))
      }
    }
  }

  @Test("What lies in a workspace changes nothing, not even NaN")
  func leftovers() throws {
    for model in try models() {
      let one = images(1, of: model)
      var workspace = EncoderWorkspace(for: model.architecture, images: 4, width: 1)
      fill(&workspace.patches, .nan)
      fill(&workspace.stream, .nan)
      fill(&workspace.branch, .nan)
      fill(&workspace.wide, .nan)
      fill(&workspace.scores, .nan)
      fill(&workspace.fused, .nan)
      fill(&workspace.entries, .nan)
      fill(&workspace.sequences, .nan)
      #expect(shown(of: model, one, in: &workspace) == tokens(of: model, one, layers: model.architecture.layers))
    }
  }

  private func fill(_ buffer: inout Buffer, _ value: Float) {
    var span = buffer.mutableSpan
    for i in span.indices { span[i] = value }
  }

  /// The tokens of one image, by layer.
  private func shown(
    of model: VisionTransformer, _ image: [Float], in workspace: inout EncoderWorkspace
  ) -> [Layer: [Float]] {
    var found: [Layer: [Float]] = [:]
    model.encode(image.span, workspace: &workspace, layers: Set(model.architecture.layers)) { layer, _, tokens in
      found[layer] = tokens.indices.map { tokens[$0] }
    }
    return found
  }

  @Test("The team's width changes rounding at most, and the same width repeats every bit", arguments: [2, 3, 4, 100])
  func teams(threads: Int) throws {
    for model in try models() {
      let pixels = images(3, of: model)
      let (one, several) = (tokens(of: model, pixels), tokens(of: model, pixels, team: Team(threads: threads)))
      for (layer, values) in one { #expect(largestDifference(values, several[layer]) <= 1e-5, "\(layer)") }
      #expect(several == tokens(of: model, pixels, team: Team(threads: threads)))
    }
  }

  @Test("Fewer layers, and a shorter pass, give the same values")
  func earlyExit() throws {
    for model in try models() {
      let pixels = images(2, of: model)
      let all = tokens(of: model, pixels)
      for layer in model.architecture.layers(subblocks: true) {
        #expect(tokens(of: model, pixels, layers: [layer]) == [layer: all[layer] ?? []])
      }
      #expect(tokens(of: model, pixels, layers: []).isEmpty)
    }
  }

  @Test("Layers come in the order of computation, and no images are no work")
  func order() throws {
    for model in try models() {
      var seen: [Layer] = []
      var workspace = EncoderWorkspace(for: model.architecture, images: 1, width: 1)
      let wanted = model.architecture.layers(subblocks: true)
      model.encode(images(1, of: model).span, workspace: &workspace, layers: Set(wanted)) { layer, _, _ in
        seen.append(layer)
      }
      #expect(seen == wanted)
      model.encode([Float]().span, workspace: &workspace, layers: Set(wanted)) { _, _, _ in Issue.record("an image") }
    }
  }

  @Test("An error of the visitor ends the pass")
  func errors() throws {
    struct Stop: Error {}
    let model = try models()[0]
    var workspace = EncoderWorkspace(for: model.architecture, images: 1, width: 1)
    let pixels = images(1, of: model)
    var seen = 0
    #expect(throws: Stop.self) {
      try model.encode(pixels.span, workspace: &workspace, layers: [.embedding, .block(0)]) { (_, _, _) throws(Stop) in
        seen += 1
        throw Stop()
      }
    }
    #expect(seen == 1)
  }

  @Test("Without positions, patches moved are tokens moved")
  func permutation() throws {
    var file = TinyFile.original()
    file.values["pos_embed"] = [Float](repeating: 0, count: 80)
    let model = try file.load()
    let pixels = images(1, of: model)
    let order = [4, 2, 7, 0, 8, 1, 3, 6, 5]
    // A 3 × 3 grid of 2 × 2 patches, three colours.
    var moved = pixels
    for (to, from) in order.enumerated() {
      for colour in 0..<3 {
        for y in 0..<2 {
          for x in 0..<2 {
            func place(_ patch: Int) -> Int { (colour * 6 + patch / 3 * 2 + y) * 6 + patch % 3 * 2 + x }
            moved[place(to)] = pixels[place(from)]
          }
        }
      }
    }
    let (before, after) = (tokens(of: model, pixels), tokens(of: model, moved))
    for (layer, values) in before {
      let expected = order.flatMap { values[$0 * 8..<($0 + 1) * 8] }
      // Attention sums over tokens in another order.
      #expect(largestDifference(after[layer], expected) <= 1e-5, "\(layer)")
    }
  }

  @Test("One fused layer is the last block itself; equal logits average the layers")
  func fusion() throws {
    var file = TinyFile.original(depth: 2)
    file.shapes["proj_weights"] = [1]
    let single = try file.load(ModelOptions(heads: 2, fuse: [1]))
    let one = tokens(of: single, images(1, of: single))
    #expect(one[.fused] == one[.block(1)] && one[.fusedNorm] == one[.norm])

    file.shapes["proj_weights"] = [2]
    file.values["proj_weights"] = [3, 3]
    let pair = try file.load()
    let two = tokens(of: pair, images(1, of: pair))
    let (first, last): ([Float], [Float]) = (two[.block(0)] ?? [], two[.block(1)] ?? [])
    let mean = zip(first, last).map { (a: Float, b: Float) -> Float in (a + b) / 2 }
    #expect(largestDifference(two[.fused], mean) <= 4 * Float.ulpOfOne * 4)
  }
}
