import Checkpoints
import Foundation
import Pretraining
import Tensors
import Testing
import VisionTransformers

@Suite("Ten steps of AdamW")
struct ReferenceTrainingTests {
  static let clips: [String: Double] = ["mff": 0.5]

  @Test("MAE and MFF follow PyTorch from the same weights, images and masks", arguments: ["mae", "mff"])
  func followsPyTorch(name: String) throws {
    let before = try Golden.model("training/\(name)-before.safetensors")
    let after = try Golden.model("training/\(name)-after.safetensors")
    let losses = try JSONDecoder().decode(
      [String: [Double]].self, from: Data(contentsOf: URL(fileURLWithPath: "\(Golden.folder)/training/losses.json")))
    let batches = try Golden.checkpoint("training/batches.safetensors")
    let (images, masks) = (try batches.floats("images"), try batches.floats("masks"))
    let a = before.architecture
    var settings = AdamW.Settings()
    settings.clip = Self.clips[name]
    let trainer = try Trainer(
      a, objective: .pixels(normalized: true), images: 4, masked: 12, settings: settings, seed: 0,
      team: Team(threads: 2))
    before.withParameterVector { trainer.setParameters($0) }
    for (step, expected) in try #require(losses[name]).enumerated() {
      let size = 4 * a.pixels
      let batch = LossBatch(
        images: Array(images[step * size..<(step + 1) * size]),
        masks: (0..<4).map { image in
          (0..<a.patches).map { masks[(step * 4 + image) * a.patches + $0] == 1 }
        })
      let report = try trainer.step(batch, learningRate: 1.5e-4)
      // Single precision on both sides, ten steps: a few units of 1e-7 times the loss of about 1.
      #expect(abs(report.loss - expected) < 1e-5, "step \(step): \(report.loss), PyTorch \(expected)")
    }
    var furthest = 0.0
    trainer.withParameters { mine in
      after.withParameterVector { theirs in
        for parameter in trainer.loss.layout.parameters {
          for (i, index) in parameter.range.enumerated() {
            // The loss does not depend on the biases of keys: their gradient is rounding alone, of which Adam takes the sign.
            let third = parameter.range.count / 3
            if parameter.name.hasSuffix("attention.qkv.bias"), (third..<2 * third).contains(i) { continue }
            furthest = max(furthest, abs(Double(mine[index]) - Double(theirs[index])))
          }
        }
      }
    }
    // Each step moves a weight by at most 1.5e-4; where its gradient is near rounding, the direction may differ for some steps.
    #expect(furthest < 1e-4)
    print("largest difference of a weight after ten steps of \(name): \(furthest)")
  }

  @Test("The step is AdamW's closed form, for any number of threads and any length", arguments: [1, 15, 16, 40_000])
  func closedForm(count: Int) {
    let update = AdamWUpdate(
      learningRate: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05, step: 1)
    let gradient = (0..<count).map { Float($0 % 7) - 3.5 }
    func apply(_ team: Team, decays: Bool) -> [Float] {
      var (w, m) = (Array(repeating: Float(2), count: count), Array(repeating: Float(0), count: count))
      var v = m
      var ws = w.mutableSpan
      var ms = m.mutableSpan
      var vs = v.mutableSpan
      let runs = AdamWUpdate.Run(parameter: 0, gradient: 0, count: count, decays: decays).pieces
      update.apply(to: runs, &ws, gradient: gradient.span, first: &ms, second: &vs, team: team)
      return w
    }
    for decays in [false, true] {
      let w = apply(.single, decays: decays)
      #expect(w == apply(Team(threads: 3), decays: decays))
      for i in w.indices {
        // After one step m̂ = g and √v̂ = |g|: the step is η in the direction of −g.
        let expected = (decays ? 2 * (1 - 0.1 * 0.05) : 2) - 0.1 * (gradient[i] > 0 ? 1 : -1)
        #expect(abs(Double(w[i]) - expected) < 1e-6)
      }
    }
  }

  @Test("Decay acts on matrices and the patch kernel alone") func decayGroups() {
    let a = Recipe.mini(fuse: [0, 3]).architecture()
    let layout = ParameterLayout(of: a)
    let decaying = Set(layout.parameters.filter(AdamW.decays).map(\.name))
    #expect(decaying.contains("patch.weight") && decaying.contains("blocks.0.attention.qkv.weight"))
    #expect(decaying.contains("fusion.projections.0.weight") && decaying.contains("decoder.output.weight"))
    for name in ["fusion.logits", "class", "position", "decoder.mask", "decoder.position", "norm.weight"] {
      #expect(!decaying.contains(name))
    }
    #expect(!decaying.contains { $0.hasSuffix("bias") || $0.contains("norm") })
  }

  @Test("Clipping brings the whole gradient to its norm, and leaves a shorter one alone") func clipping() throws {
    var settings = AdamW.Settings()
    settings.clip = 1e-3
    let trainer = try Trainer(
      Recipe.mini().architecture(), objective: .pixels(normalized: true), images: 4, masked: 12, settings: settings,
      seed: 1, team: .single)
    let images = try Stripes().batch([0, 1, 2, 3], epoch: 0).images
    let masks = PatchMasks.random(images: 4, patches: 16, masked: 12, seed: 0, batch: 0)
    let report = try trainer.step(LossBatch(images: images, masks: masks), learningRate: 0)
    #expect(try #require(report.gradientNorm) > 1e-3)
  }
}
