import Foundation
import Testing

@testable import Tensors

@Suite("Softmax")
struct SoftmaxTests {
  @Test("Rows of every length sum to 1 and match double precision", arguments: 1...40)
  func lengths(columns: Int) {
    let x = values(3 * columns, seed: UInt32(columns), scale: 20)
    let y = softmax(x, columns: columns)
    for row in 0..<3 {
      let part = row * columns..<(row + 1) * columns
      let exponentials = x[part].map { exp(Double($0)) }
      let sum = exponentials.reduce(0, +)
      // x − max rounds to ε/2 · 40 at most (2.4e-6), which is the relative error of its exponential; the exponential itself
      // and the sum add 1e-6.
      #expect(worst(Array(y[part]), exponentials.map { $0 / sum }, absolute: 1e-37, relative: 4e-6) <= 1)
      // Each weight is rounded once after the division: half an ε of it, so of their sum; the sum's own rounding is ε log₂ 40.
      #expect(abs(y[part].reduce(0) { $0 + Double($1) } - 1) <= 6 * ulp)
    }
  }

  @Test("A shift that is exact changes no bit")
  func shift() {
    let x = values(37, seed: 9, scale: 8)
    // 2⁻¹² is the last place of these values, and 64 leaves it: every shifted value is exact.
    let shifted = x.map { $0 + 64 }
    #expect(zip(x, shifted).allSatisfy { $1 - 64 == $0 })
    #expect(softmax(x).map(\.bitPattern) == softmax(shifted).map(\.bitPattern))
  }

  @Test("Huge values do not overflow", arguments: [1e4, 1e30, 3e38] as [Float])
  func huge(x: Float) {
    #expect(softmax([x, -x, x]) == [0.5, 0, 0.5])
    #expect(softmax([-x, -x]) == [0.5, 0.5])
  }

  @Test("−∞ gets no weight; a row of nothing else, and one with NaN, is NaN as in PyTorch", arguments: [3, 16, 17])
  func infinities(columns: Int) {
    var x = [Float](repeating: 0, count: columns)
    x[1] = -.infinity
    let y = softmax(x)
    #expect(y[1] == 0 && abs(y[0] - 1 / Float(columns - 1)) <= Float.ulpOfOne)
    #expect(softmax(x.map { _ in -Float.infinity }).allSatisfy { $0.isNaN })
    x[2] = Float(bitPattern: 0x7FC0_0001)
    #expect(softmax(x).allSatisfy { $0.isNaN })
  }

  @Test("The scale multiplies before, and every division gives the same bits", arguments: 1...4)
  func scale(threads: Int) {
    let x = values(200 * 50, seed: 12, scale: 64)
    // ⅛ is exact.
    let expected = softmax(x.map { $0 / 8 }, columns: 50)
    #expect(
      softmax(x, columns: 50, scale: 0.125, team: Team(threads: threads)).map(\.bitPattern)
        == expected.map(\.bitPattern))
  }
}
