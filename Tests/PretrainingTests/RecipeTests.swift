import Foundation
import Pretraining
import Testing
import VisionTransformers

@Suite("Recipes")
struct RecipeTests {
  @Test(
    "At depth 12 the numbers of Table 8 give its indices",
    arguments: [
      (1, [11]), (2, [0, 11]), (4, [0, 4, 8, 11]), (6, [0, 2, 4, 6, 8, 11]), (12, Array(0..<12)),
    ])
  func table8(count: Int, layers: [Int]) throws {
    #expect(try FusedLayerChoice.count(count).layers(depth: 12) == layers)
  }

  @Test("At other depths layers are evenly spaced, both ends among them, none twice")
  func evenlySpaced() throws {
    #expect(try FusedLayerChoice.count(3).layers(depth: 5) == [0, 2, 4])
    #expect(try FusedLayerChoice.count(1).layers(depth: 5) == [4])
    #expect(try FusedLayerChoice.all.layers(depth: 3) == [0, 1, 2])
    for depth in [2, 7, 24] {
      for count in 2...depth {
        let layers = try FusedLayerChoice.count(count).layers(depth: depth)
        #expect(layers.count == count && layers.first == 0 && layers.last == depth - 1)
        #expect(zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 })
      }
    }
  }

  @Test("Impossible fused layers are refused", arguments: [[], [0, 3], [11, 0], [0, 0, 11], [-1, 11]])
  func refusedLayers(layers: [Int]) {
    #expect(throws: PretrainingError.self) { try FusedLayerChoice.layers(layers).layers(depth: 12) }
  }

  @Test("A recipe survives its JSON, and lists its fused layers under `fuse`") func json() throws {
    var recipe = Recipe.mini(.eva, fuse: [0, 3])
    recipe.teacher = .init(path: "t.safetensors", digest: "ab")
    recipe.optimizer.clip = 1
    let data = try JSONEncoder().encode(recipe)
    #expect(try JSONDecoder().decode(Recipe.self, from: data) == recipe)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["fuse"] as? [Int] == [0, 3])
  }

  @Test("Values that no run can have are refused by the name of their option") func validation() {
    func refused(_ change: (inout Recipe) -> Void) -> String {
      var recipe = Recipe.mini()
      change(&recipe)
      do {
        try recipe.validate()
        return "nothing"
      } catch .unusable(let option, _, _) {
        return option
      } catch {
        return "\(error)"
      }
    }
    #expect(refused { _ in } == "nothing")
    #expect(refused { $0.epochs = 0 } == "--epochs")
    #expect(refused { $0.network.heads = 3 } == "--heads")
    #expect(refused { $0.maskRatio = 1 } == "--mask-ratio")
    #expect(refused { $0.fuse = [0, 1] } == "--fuse")
    #expect(refused { $0.learningRate = .nan } == "--learning-rate")
    #expect(refused { $0.network.imageSize = 17 } == "--image-size")
    #expect(refused { $0.method = .milan }.contains("--teacher"))
  }
}
