import Foundation
import Testing

@testable import Tensors

/// ε of `Float`: half of it bounds the rounding of one operation.
let ulp = Double(Float.ulpOfOne)

/// Values in [−1, 1) from a 32-bit linear congruential sequence, the same in every run.
func values(_ count: Int, seed: UInt32, scale: Float = 1, offset: Float = 0) -> [Float] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return (Float(state >> 16) / 32768 - 1) * scale + offset
  }
}

/// The largest |a − b| / (absolute + relative · |b|); at most 1 when all are within tolerance.
func worst(_ found: [Float], _ expected: [Double], absolute: Double = 0, relative: Double = 0) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).map { value, truth in
    let error = abs(Double(value) - truth)
    return error == 0 ? 0 : error.isNaN ? .infinity : error / (absolute + relative * abs(truth))
  }.max() ?? 0
}

func softmax(_ x: [Float], columns: Int? = nil, scale: Float = 1, team: Team = .single) -> [Float] {
  var y = x
  var span = y.mutableSpan
  softmax(&span, columns: columns ?? x.count, scale: scale, team: team)
  return y
}

func gelu(_ x: [Float], bias: [Float]? = nil, team: Team = .single) -> [Float] {
  var y = x
  let bias = bias ?? x.map { _ in 0 }
  var span = y.mutableSpan
  addBiasThenGELU(bias.span, to: &span, team: team)
  return y
}

func layerNorm(
  _ x: [Float], gamma: [Float], beta: [Float], epsilon: Float = 1e-6, team: Team = .single
) -> [Float] {
  var y = [Float](repeating: .nan, count: x.count)
  var span = y.mutableSpan
  layerNormalization(x.span, gamma: gamma.span, beta: beta.span, epsilon: epsilon, into: &span, team: team)
  return y
}

/// eˣ of the kernels, one value at a time.
func exponential(_ x: Float) -> Float { exponential(Lanes(repeating: x))[0] }
