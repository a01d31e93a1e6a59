import Foundation
import Testing

@testable import Tensors

@Suite("GELU")
struct GELUTests {
  /// ½ x erfc(−x/√2) in double precision, which loses no digit on either side.
  private func truth(_ x: Float) -> Double { 0.5 * Double(x) * erfc(-Double(x) / 2.0.squareRoot()) }

  @Test("Its relative error is below 2e-6 right of −8, and below 5e-6 as far left as values are normal")
  func accuracy() {
    let x = (-40 * 256...40 * 256).map { Float($0) / 256 }
    let y = gelu(x)
    for (x, y) in zip(x, y) {
      let truth = truth(x)
      // Rounding a² moves e^(−a²/2) by ε a²/4 relative: 3.8e-6 for a² above 128; below 64 it is 9.5e-7 at most.
      let relative = x > -8 ? 2e-6 : 5e-6
      // The exponential stops at e⁻⁸⁷ = 1.6e-38, which is GELU = −13.2 · 0.03 · 1.6e-38.
      #expect(abs(Double(y) - truth) <= relative * abs(truth) + 1e-38, "GELU(\(x)) = \(y), not \(truth)")
    }
  }

  @Test("Small values keep their digits", arguments: [1e-30, 1e-10, 1e-4] as [Float])
  func small(x: Float) {
    for x in [x, -x] {
      #expect(abs(Double(gelu([x])[0]) - truth(x)) <= 2e-6 * abs(truth(x)))
    }
  }

  @Test("The bias of each column is added first, for every division and length", arguments: [1, 5, 16, 31, 64, 200])
  func bias(width: Int) {
    let (x, b) = (values(60 * width, seed: 4, scale: 3), values(width, seed: 5))
    let sums = x.indices.map { x[$0] + b[$0 % width] }
    for threads in 1...4 {
      #expect(gelu(x, bias: b, team: Team(threads: threads)).map(\.bitPattern) == gelu(sums).map(\.bitPattern))
    }
  }

  @Test("NaN and infinities do not become numbers, but for +∞, which stays")
  func nonFinite() {
    let y = gelu([.nan, .infinity, -.infinity, 1])
    #expect(y[0].isNaN && y[1] == .infinity && !y[2].isFinite && y[3].isFinite)
  }
}
