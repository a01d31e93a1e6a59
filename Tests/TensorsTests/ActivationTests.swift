import Foundation
import Testing

@testable import Tensors

@Suite("Activations of CLIP, SigLIP and gated perceptrons")
struct ActivationTests {
  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  private func quick(_ x: [Float], _ bias: [Float], _ team: Team = .single) -> [Float] {
    var y = x
    var span = y.mutableSpan
    addBiasThenQuickGELU(bias.span, to: &span, team: team)
    return y
  }

  private func tanhForm(_ x: [Float], _ bias: [Float], _ team: Team = .single) -> [Float] {
    var y = x
    var span = y.mutableSpan
    addBiasThenTanhGELU(bias.span, to: &span, team: team)
    return y
  }

  /// The result's rows without the values that stay beside them.
  private func gated(_ x: [Float], _ bias: [Float], _ team: Team = .single) -> [Float] {
    var y = x
    var span = y.mutableSpan
    addBiasThenGate(bias.span, to: &span, team: team)
    return stride(from: 0, to: y.count, by: bias.count).flatMap { y[$0..<$0 + bias.count / 2] }
  }

  @Test("They are their definitions in double precision")
  func accuracy() {
    let x = (-30 * 256...30 * 256).map { Float($0) / 256 }
    let zero = x.map { _ in Float(0) }
    // The exponential is off by 3e-7, and 1.702 x and the cubic by an ulp or two, which its slope of at most ¼ of itself passes on.
    let quick = worst(
      quick(x, zero), x.map { Double($0) * Self.sigmoid(1.702 * Double($0)) }, absolute: 1e-38, relative: 6e-6)
    #expect(quick <= 1)
    let c = (2 / Double.pi).squareRoot()
    let truth = x.map { value in
      let y = Double(value)
      return y * Self.sigmoid(2 * c * (y + 0.044715 * y * y * y))
    }
    // Left of −8 the argument is beyond −60, so that its rounding moves the exponential by 1e-5 of itself; the value is 1e-25.
    #expect(worst(tanhForm(x, zero), truth, absolute: 1e-9, relative: 2e-6) <= 1)
  }

  @Test("They nearly agree with the exact GELU: within 0.021 and 5e-4")
  func neighbours() {
    let x = (-1000...1000).map { Float($0) / 200 }
    let zero = x.map { _ in Float(0) }
    let exact = gelu(x)
    #expect(zip(quick(x, zero), exact).allSatisfy { abs($0 - $1) < 0.021 })
    #expect(zip(tanhForm(x, zero), exact).allSatisfy { abs($0 - $1) < 5e-4 })
  }

  @Test("The bias of each column is added first, for every division and length", arguments: [1, 5, 16, 31, 64, 200])
  func bias(width: Int) {
    let (x, b) = (values(60 * width, seed: 4, scale: 3), values(width, seed: 5))
    let sums = x.indices.map { x[$0] + b[$0 % width] }
    let zero = b.map { _ in Float(0) }
    for threads in 1...4 {
      let team = Team(threads: threads)
      #expect(quick(x, b, team) == quick(sums, zero))
      #expect(tanhForm(x, b, team) == tanhForm(sums, zero))
    }
  }

  @Test(
    "A gate multiplies its value: g σ(g) u, biases first, for every division and length",
    arguments: [1, 5, 16, 31, 130])
  func gate(width: Int) {
    let (x, b) = (values(40 * width, seed: 6, scale: 4), values(2 * width, seed: 7))
    let truth = (0..<20).flatMap { row in
      (0..<width).map { i in
        let g = Double(x[row * 2 * width + i] + b[i])
        return g * Self.sigmoid(g) * Double(x[row * 2 * width + width + i] + b[width + i])
      }
    }
    for threads in 1...3 {
      // Four roundings and the exponential's 3e-7.
      #expect(worst(gated(x, b, Team(threads: threads)), truth, absolute: 1e-9, relative: 2e-6) <= 1)
    }
  }

  @Test("A gate of zero shuts, and a value of zero stays zero")
  func shut() {
    let x: [Float] = [0, -1, 3, 2, 5, 7, 11, 0]
    #expect(gated(x, [0, 0, 0, 0]) == [0, gated(x, [0, 0, 0, 0])[1], gated(x, [0, 0, 0, 0])[2], 0])
  }

  @Test("NaN and infinities do not become numbers, but for +∞, which stays")
  func nonFinite() {
    let x: [Float] = [.nan, .infinity, -.infinity, 1]
    let zero = [Float](repeating: 0, count: 4)
    for y in [quick(x, zero), tanhForm(x, zero)] {
      #expect(y[0].isNaN && y[1] == .infinity && !y[2].isFinite && y[3].isFinite)
    }
  }
}
