import Foundation
import Pretraining
import Testing
import VisionTransformers

@Suite("Initial weights")
struct InitializationTests {
  static func values(_ recipe: Recipe, seed: UInt64) -> (ParameterLayout, [Float]) {
    let a = recipe.architecture()
    let layout = ParameterLayout(of: a)
    var values = [Float](repeating: .nan, count: layout.count)
    var span = values.mutableSpan
    ParameterInitialization(seed: seed).fill(&span, layout, of: a)
    return (layout, values)
  }

  @Test("Every value is set; matrices lie within Xavier's bound and fill it; tokens have deviation 0.02")
  func distributions() {
    let (layout, values) = Self.values(Recipe(fuse: [0, 11]), seed: 5)
    #expect(values.allSatisfy { $0.isFinite })
    let qkv = values[layout["blocks.3.attention.qkv.weight"].range]
    let bound = (6.0 / (64 + 192)).squareRoot()
    #expect(qkv.allSatisfy { abs(Double($0)) <= bound })
    let variance = qkv.reduce(0) { $0 + Double($1) * Double($1) } / Double(qkv.count)
    // Uniform: bound² / 3; 12288 values have a relative error of √(0.8 / 12288) = 0.8 %, three of them allowed.
    #expect(abs(variance / (bound * bound / 3) - 1) < 0.025)
    let (_, big) = Self.values(Recipe(network: .small), seed: 5)
    let token = big[ParameterLayout(of: Recipe(network: .small).architecture())["class"].range]
    let deviation = (token.reduce(0) { $0 + Double($1) * Double($1) } / Double(token.count)).squareRoot()
    // 384 values: 1/√768 = 3.6 %, four of them allowed.
    #expect(abs(deviation / 0.02 - 1) < 0.15)
    #expect(values[layout["fusion.logits"].range].allSatisfy { $0 == 1 })
    #expect(values[layout["norm.weight"].range].allSatisfy { $0 == 1 })
    #expect(values[layout["blocks.0.mlp.fc1.bias"].range].allSatisfy { $0 == 0 })
    #expect(Array(values[layout["position"].range]) == Recipe().architecture().fixedPositions(width: 64))
  }

  @Test("Networks share the initial weights of the layers that they share; seeds do not") func sharing() {
    let (plain, first) = Self.values(.mini(), seed: 1)
    let (fused, second) = Self.values(.mini(fuse: [0, 3]), seed: 1)
    for name in ["patch.weight", "class", "blocks.2.mlp.fc1.weight", "decoder.mask"] {
      #expect(first[plain[name].range] == second[fused[name].range])
    }
    let (_, other) = Self.values(.mini(), seed: 2)
    #expect(first[plain["patch.weight"].range] != other[plain["patch.weight"].range])
    #expect(first[plain["blocks.0.mlp.fc1.weight"].range] != first[plain["blocks.1.mlp.fc1.weight"].range])
  }
}
