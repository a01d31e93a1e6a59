import Foundation
import Testing

@testable import Tensors

@Suite("Attention")
struct AttentionTests {
  struct Case: Sendable { var images, tokens, heads, headWidth: Int }
  static let cases = [
    Case(images: 1, tokens: 1, heads: 1, headWidth: 1), Case(images: 1, tokens: 5, heads: 2, headWidth: 3),
    Case(images: 2, tokens: 17, heads: 3, headWidth: 16), Case(images: 3, tokens: 50, heads: 4, headWidth: 7),
    Case(images: 1, tokens: 197, heads: 3, headWidth: 64),
  ]

  private func run(_ x: Case, _ qkv: [Float], threads: Int, bias: [Float] = []) -> [Float] {
    let team = Team(threads: threads)
    let members = min(team.width, x.images * x.heads)
    var scores = [Float](repeating: .nan, count: members * x.tokens * x.tokens)
    var output = [Float](repeating: .nan, count: qkv.count / 3)
    var scoreSpan = scores.mutableSpan
    var outputSpan = output.mutableSpan
    attention(
      qkv.span, images: x.images, tokens: x.tokens, heads: x.heads, scores: &scoreSpan, bias: bias.span,
      into: &outputSpan,
      team: team)
    return output
  }

  /// The definition, one query at a time.
  private func truth(_ x: Case, _ qkv: [Float], bias: [Float] = []) -> [Double] {
    let width = x.heads * x.headWidth
    var output = [Double](repeating: 0, count: x.images * x.tokens * width)
    func value(_ image: Int, _ token: Int, _ part: Int, _ head: Int, _ i: Int) -> Double {
      Double(qkv[((image * x.tokens + token) * 3 + part) * width + head * x.headWidth + i])
    }
    for image in 0..<x.images {
      for head in 0..<x.heads {
        for query in 0..<x.tokens {
          let weights = (0..<x.tokens).map { key in
            let dot = (0..<x.headWidth).reduce(0.0) {
              $0 + value(image, query, 0, head, $1) * value(image, key, 1, head, $1)
            }
            let added = bias.isEmpty ? 0 : bias[(head * x.tokens + query) * x.tokens + key]
            return exp(dot / Double(x.headWidth).squareRoot() + Double(added))
          }
          let sum = weights.reduce(0, +)
          for i in 0..<x.headWidth {
            output[(image * x.tokens + query) * width + head * x.headWidth + i] =
              (0..<x.tokens).reduce(0.0) { $0 + weights[$1] * value(image, $1, 2, head, i) } / sum
          }
        }
      }
    }
    return output
  }

  @Test("A bias is added to scaled scores, head by head, the same for every image", arguments: cases)
  func bias(x: Case) {
    let qkv = values(3 * x.images * x.tokens * x.heads * x.headWidth, seed: 21, scale: 2)
    let bias = values(x.heads * x.tokens * x.tokens, seed: 22, scale: 3)
    let truth = truth(x, qkv, bias: bias)
    for threads in [1, 2, 3, 4, 9] {
      // As without a bias, which is of the scores' size.
      #expect(worst(run(x, qkv, threads: threads, bias: bias), truth, absolute: 2e-5) <= 1, "team of \(threads)")
    }
    let none = bias.map { _ in Float(0) }
    let plain = run(x, qkv, threads: 1).map(Double.init)
    // The same scores, scaled before or after the product's roundings.
    #expect(worst(run(x, qkv, threads: 1, bias: none), plain, absolute: 2e-5) <= 1)
  }

  @Test("It matches the definition in double precision, for every division", arguments: cases)
  func definition(x: Case) {
    let qkv = values(3 * x.images * x.tokens * x.heads * x.headWidth, seed: 21, scale: 2)
    let truth = truth(x, qkv)
    for threads in [1, 2, 3, 4, 9] {
      // Scores below 4 √d ≤ 32 are off by √d ε · 4 or so, which is the relative error of a weight; values are below 2.
      #expect(worst(run(x, qkv, threads: threads), truth, absolute: 2e-5) <= 1, "team of \(threads)")
    }
  }

  @Test("The division changes no bit: a head is always computed whole", arguments: cases)
  func teams(x: Case) {
    let qkv = values(3 * x.images * x.tokens * x.heads * x.headWidth, seed: 22)
    let one = run(x, qkv, threads: 1).map(\.bitPattern)
    for threads in 2...5 { #expect(run(x, qkv, threads: threads).map(\.bitPattern) == one) }
  }

  @Test("Equal keys average the values")
  func average() {
    let x = Case(images: 1, tokens: 4, heads: 2, headWidth: 8)
    var qkv = values(3 * 4 * 16, seed: 23)
    for token in 0..<4 { for i in 0..<16 { qkv[token * 48 + 16 + i] = 0.5 } }
    let means = (0..<16).map { i in (0..<4).reduce(0.0) { $0 + Double(qkv[$1 * 48 + 32 + i]) } / 4 }
    #expect(worst(run(x, qkv, threads: 1), means + means + means + means, absolute: 8 * ulp) <= 1)
  }

  @Test("No image or no token is no work", arguments: [(0, 4), (2, 0)])
  func empty(images: Int, tokens: Int) {
    #expect(run(Case(images: images, tokens: tokens, heads: 2, headWidth: 8), [], threads: 2).isEmpty)
  }
}
