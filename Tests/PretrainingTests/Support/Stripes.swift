import Pretraining
import VisionTransformers

/// Images of stripes whose direction is their class: cheap, and something to learn.
struct Stripes: TrainingData {
  var count = 16
  var imageSize = 16
  var classes: [String]? = ["across", "down"]
  var description: String { "stripes" }
  /// The value of one pixel, for what goes wrong.
  var spoiled: (epoch: Int, value: Float)?

  func batch(_ indices: [Int], epoch: Int) throws -> TrainingBatch {
    var images: [Float] = []
    for index in indices {
      for colour in 0..<3 {
        for y in 0..<imageSize {
          for x in 0..<imageSize {
            let position = index % 2 == 0 ? y : x
            images.append(Float((position + index + epoch + colour) % 5) - 2)
          }
        }
      }
    }
    if let spoiled, epoch == spoiled.epoch { images[7] = spoiled.value }
    return TrainingBatch(images: images, labels: classes == nil ? [] : indices.map { $0 % 2 })
  }
}

extension Recipe.Network {
  /// So small that a step takes a millisecond.
  static let mini = Recipe.Network(
    imageSize: 16, patchSize: 4, width: 16, depth: 4, heads: 2, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2)
}

extension Recipe {
  /// A run of four epochs of four steps, a line for each step, a checkpoint for every second epoch.
  static func mini(_ method: Method = .mae, fuse: [Int]? = nil) -> Recipe {
    var recipe = Recipe(method: method, network: .mini, fuse: fuse)
    recipe.epochs = 4
    recipe.batchSize = 4
    recipe.learningRate = 0.06
    recipe.seed = 3
    recipe.stepsPerLine = 1
    recipe.epochsPerCheckpoint = 2
    recipe.data.synthetic = "stripes"
    return recipe
  }
}
