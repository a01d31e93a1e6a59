import Testing

@testable import Tensors

@Suite("Layer normalisation")
struct LayerNormalizationTests {
  private func truth(_ x: [Float], _ gamma: [Float], _ beta: [Float], epsilon: Double = 1e-6) -> [Double] {
    let n = Double(x.count)
    let mean = x.reduce(0) { $0 + Double($1) } / n
    let variance = x.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
    let deviation = (variance + Double(Float(epsilon))).squareRoot()
    return x.indices.map { Double(gamma[$0]) * (Double(x[$0]) - mean) / deviation + Double(beta[$0]) }
  }

  @Test("Rows of every length match double precision", arguments: [1, 2, 15, 16, 17, 45, 192, 768, 1280])
  func lengths(width: Int) {
    let (gamma, beta) = (values(width, seed: 1, scale: 2), values(width, seed: 2))
    for (seed, scale, offset) in [(3, 1, 0), (4, 100, 5), (5, 0.01, -0.5)] as [(UInt32, Float, Float)] {
      let x = values(width, seed: seed, scale: scale, offset: offset)
      // Normalised values are below √D; each passes through about six roundings, and the deviation is off by a few ε more.
      let bound = 16 * ulp * (1 + Double(width).squareRoot())
      #expect(worst(layerNorm(x, gamma: gamma, beta: beta), truth(x, gamma, beta), absolute: bound) <= 1)
    }
  }

  @Test("Two values of one distance give ∓1 times γ plus β")
  func twoValues() {
    // σ = 1 exactly; with ε = 0 nothing is rounded.
    #expect(layerNorm([2, 4], gamma: [3, 5], beta: [7, 11], epsilon: 0) == [4, 16])
    // ε = 3: √(1 + 3) = 2.
    #expect(layerNorm([2, 4], gamma: [3, 5], beta: [7, 11], epsilon: 3) == [5.5, 13.5])
  }

  @Test(
    "A mean of 10 000 beside a small deviation costs no digit", arguments: [192, 768, 1000], [1, 0.1, 0.01] as [Float])
  func largeMean(width: Int, deviation: Float) {
    let x = values(width, seed: 8, scale: deviation, offset: 1e4)
    let (gamma, beta) = ([Float](repeating: 1, count: width), [Float](repeating: 0, count: width))
    // Values differ from their mean by multiples of 2⁻¹⁰, exact in `Float`; what is left are the roundings of the
    // normalisation, on values below 2, and the mean's correction.
    #expect(worst(layerNorm(x, gamma: gamma, beta: beta), truth(x, gamma, beta), absolute: 2e-5) <= 1)
  }

  @Test("A row whose squares overflow becomes NaN, which is noticed, and no constant, which is not")
  func overflow() {
    // 1e20² = 1e40 is beyond the largest number, 3.4e38.
    let x = values(64, seed: 5, scale: 1e20)
    let y = layerNorm(x, gamma: [Float](repeating: 1, count: 64), beta: [Float](repeating: 0, count: 64))
    #expect(y.allSatisfy { $0.isNaN })
  }

  @Test("A constant row gives β", arguments: [0, 1, -3.7, 1e4, 1e20] as [Float])
  func constant(value: Float) {
    for width in [16, 45, 768] {
      let beta = values(width, seed: 6)
      let y = layerNorm(
        [Float](repeating: value, count: width), gamma: [Float](repeating: 2, count: width), beta: beta)
      // The correction takes away what the first pass rounded; no more than an ε of the value's own rounding could be left,
      // and that only where sums of equal values are inexact.
      if abs(value) < 1e5 { #expect(worst(y, beta.map { Double($0) }, absolute: 1e-3) <= 1) }
      #expect(y.allSatisfy { $0.isFinite })
    }
  }

  @Test("Every division gives the same bits", arguments: 2...4)
  func team(threads: Int) {
    let (x, gamma, beta) = (values(300 * 96, seed: 1), values(96, seed: 2), values(96, seed: 3))
    let one = layerNorm(x, gamma: gamma, beta: beta)
    #expect(
      layerNorm(x, gamma: gamma, beta: beta, team: Team(threads: threads)).map(\.bitPattern) == one.map(\.bitPattern))
  }

  @Test("In place, of rows that lie apart, it is the same and leaves what lies between", arguments: [1, 16, 21, 100])
  func inPlace(width: Int) {
    let (gamma, beta) = (values(width, seed: 31), values(width, seed: 32))
    let x = values(7 * (width + 5), seed: 33, scale: 4, offset: 1)
    let rows = (0..<7).map { Array(x[$0 * (width + 5)..<$0 * (width + 5) + width]) }
    let expected = layerNorm(rows.flatMap(\.self), gamma: gamma, beta: beta)
    for threads in 1...3 {
      var y = x
      var span = y.mutableSpan
      layerNormalization(
        of: &span, gamma: gamma.span, beta: beta.span, epsilon: 1e-6, stride: width + 5, team: Team(threads: threads))
      for row in 0..<7 {
        let start = row * (width + 5)
        #expect(Array(y[start..<start + width]) == Array(expected[row * width..<(row + 1) * width]))
        #expect(y[start + width..<start + width + 5] == x[start + width..<start + width + 5])
      }
    }
  }
}
