import Foundation
import Pretraining
import Tensors
import VisionTransformers

/// Times optimiser steps of a masked autoencoder, as `torch_reference.py train` does: batch in memory, loss, gradient, AdamW.
///
///     training ARCH BATCH [THREADS]
///
/// Prints a JSON line with the seconds of a step: the best mean of three rounds after a warm-up.
@main
struct Training {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first, let network = Recipe.Network.presets.first(where: { $0.key == name })?.value,
      let batch = arguments.dropFirst().first.flatMap({ Int($0) }), batch > 0
    else {
      FileHandle.standardError.write(Data("usage: training micro|tiny|small|base BATCH [THREADS]\n".utf8))
      exit(64)
    }
    var recipe = Recipe(network: network)
    recipe.batchSize = batch
    try measure(recipe, threads: arguments.dropFirst(2).first.flatMap { Int($0) })
  }

  static func measure(_ recipe: Recipe, threads: Int?) throws {
    let trainer = try Trainer(
      recipe.architecture(), objective: recipe.objective(), images: recipe.batchSize, masked: recipe.maskedPatches,
      settings: recipe.optimizer, seed: 0, team: Team(threads: threads))
    var state: UInt64 = 1
    let images = (0..<recipe.batchSize * trainer.loss.architecture.pixels).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    func step() throws {
      let masks = PatchMasks.random(
        images: recipe.batchSize, patches: recipe.network.patches, masked: recipe.maskedPatches, seed: 0,
        batch: trainer.step)
      try trainer.step(LossBatch(images: images, masks: masks), learningRate: 1e-4)
    }
    let seconds = try best(round: step)
    print("{\"what\": \"training step\", \"seconds\": \(seconds)}")
  }

  /// Five steps a round.
  static func best(round step: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    for _ in 0..<2 { try step() }
    return try (0..<3).map { _ in
      let time = try clock.measure { for _ in 0..<5 { try step() } }
      return (Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18) / 5
    }.min() ?? 0
  }
}
