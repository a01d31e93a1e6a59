import Testing

@testable import VisionTransformers

@Suite("Random masks and fixed positions")
struct MaskTests {
  @Test("A mask depends on seed, batch and image alone, and removes as many patches as asked")
  func masks() {
    let many = PatchMasks.random(images: 8, patches: 49, masked: 37, seed: 5, batch: 2)
    #expect(Array(many.prefix(3)) == PatchMasks.random(images: 3, patches: 49, masked: 37, seed: 5, batch: 2))
    #expect(many.allSatisfy { mask in mask.count { $0 } == 37 })
    #expect(Set(many).count == 8)
    #expect(many != PatchMasks.random(images: 8, patches: 49, masked: 37, seed: 5, batch: 3))
    #expect(many != PatchMasks.random(images: 8, patches: 49, masked: 37, seed: 6, batch: 2))
  }

  @Test("Every patch is removed equally often")
  func uniform() {
    let masks = PatchMasks.random(images: 4000, patches: 16, masked: 12, seed: 1, batch: 0)
    for patch in 0..<16 {
      let share = Double(masks.count { $0[patch] }) / 4000
      // Deviation √(0.75 · 0.25 / 4000) = 0.0068: five of them.
      #expect(abs(share - 0.75) < 0.034, "patch \(patch): \(share)")
    }
  }

  @Test(
    "MAE keeps ⌊L (1 − ratio)⌋ patches", arguments: [(196, 0.75, 147), (196, 0.6, 118), (49, 0.75, 37), (16, 0.75, 12)])
  func ratio(patches: Int, ratio: Double, removed: Int) {
    #expect(PatchMasks.removed(ratio: ratio, of: patches) == removed)
  }

  @Test("Fixed positions are sine and cosine of column and row")
  func positions() {
    let a = Architecture(imageSize: 12, patchSize: 4, width: 8, depth: 1, heads: 2)
    let table = a.fixedPositions(width: 8)
    #expect(table.prefix(8).allSatisfy { $0 == 0 })
    // Patch at row 2, column 1; frequencies 1 and 10000^(-1/2) = 0.01. Values to Float's rounding.
    let expected: [Float] = [0.841471, 0.00999983, 0.540302, 0.99995, 0.909297, 0.0199987, -0.416147, 0.9998]
    for (x, y) in zip(table[(8 * 8)...], expected) { #expect(abs(x - y) < 1e-5) }
  }
}
