import Foundation
import Testing

@testable import Tensors

@Suite("Rotary positions")
struct RotaryTests {
  static let (heads, headWidth, patches, prefix) = (2, 4, 5, 1)
  static let width = heads * headWidth

  /// cos and sin of a patch's index times a frequency for each pair.
  private func table(_ function: (Double) -> Double) -> [Float] {
    (0..<Self.patches).flatMap { patch in
      (0..<Self.headWidth).map { Float(function(Double(patch) * [0.9, 0.3][$0 / 2])) }
    }
  }

  private func rotated(_ qkv: [Float], threads: Int = 1) -> [Float] {
    var x = qkv
    var span = x.mutableSpan
    let images = qkv.count / (3 * Self.width * (Self.prefix + Self.patches))
    rotate(
      &span, images: images, prefix: Self.prefix, heads: Self.heads, cosines: table(cos).span, sines: table(sin).span,
      patches: Self.patches, team: Team(threads: threads))
    return x
  }

  @Test("Pairs of queries and keys keep their length; values and prefix tokens stay, for every division")
  func lengths() {
    let row = 3 * Self.width
    let x = values(3 * 6 * row, seed: 8)
    let y = rotated(x)
    #expect(rotated(x, threads: 3) == y)
    for i in stride(from: 0, to: x.count, by: 2) {
      let isTurned = i % row < 2 * Self.width && (i / row) % 6 >= Self.prefix
      if isTurned {
        // Three roundings of each square.
        #expect(abs(hypot(x[i], x[i + 1]) - hypot(y[i], y[i + 1])) <= 4e-7)
      } else {
        #expect(x[i] == y[i] && x[i + 1] == y[i + 1])
      }
    }
    // The first patch stands at angle 0.
    #expect(x[row..<2 * row] == y[row..<2 * row])
    #expect(x[2 * row..<2 * row + 2 * Self.width] != y[2 * row..<2 * row + 2 * Self.width])
  }

  @Test("A pair is turned by its angle: (1, 0) becomes (cos, sin)")
  func angle() {
    var x = [Float](repeating: 0, count: 6 * 3 * Self.width)
    for i in stride(from: 0, to: x.count, by: 2) { x[i] = 1 }
    let y = rotated(x)
    let start = (Self.prefix + 3) * 3 * Self.width
    for head in 0..<2 * Self.heads {
      let place = start + head * Self.headWidth
      #expect(Array(y[place..<place + 4]) == [cos(2.7), sin(2.7), cos(0.9), sin(0.9)].map { Float($0) })
    }
  }

  @Test("Scores of equal queries and keys depend on the difference of positions alone")
  func relative() {
    let token = values(3 * Self.width, seed: 9)
    let y = rotated((0..<6).flatMap { _ in token })
    func score(_ query: Int, _ key: Int) -> Double {
      let (q, k) = ((Self.prefix + query) * 3 * Self.width, (Self.prefix + key) * 3 * Self.width + Self.width)
      return (0..<Self.headWidth).reduce(0) { $0 + Double(y[q + $1]) * Double(y[k + $1]) }
    }
    for difference in 0..<4 {
      // Values below 1, four products, a few roundings each.
      #expect(abs(score(difference, 0) - score(difference + 1, 1)) < 2e-6)
    }
    #expect(abs(score(1, 0) - score(2, 0)) > 1e-2)
  }
}
