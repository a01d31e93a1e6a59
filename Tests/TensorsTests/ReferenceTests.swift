import Foundation
import Testing

@testable import Tensors

/// Values that PyTorch computed in double precision; see Scripts/reference_kernels.py.
struct Reference: Decodable {
  struct Pairs: Decodable { var x, y: [Double] }
  struct Softmax: Decodable {
    var x, y: [Double]
    var factor: Double
  }
  struct LayerNorm: Decodable { var x, gamma, beta, y: [Double] }
  var gelu: Pairs
  var softmax: [Softmax]
  var layerNorm: [LayerNorm]

  static func load() throws -> Reference {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: folder.appending(path: "Golden/kernels.json")))
  }
}

@Suite("Kernels against PyTorch")
struct ReferenceTests {
  @Test("GELU")
  func geluValues() throws {
    let pairs = try Reference.load().gelu
    // The kernel's documented error; 1e-38 where the result would be subnormal.
    #expect(worst(gelu(floats(pairs.x)), pairs.y, absolute: 1e-38, relative: 5e-6) <= 1)
  }

  @Test("Softmax")
  func softmaxRows() throws {
    for row in try Reference.load().softmax {
      let y = softmax(floats(row.x), scale: Float(row.factor))
      // Arguments up to 16 round to ε/2 · 16, 1e-6, in the shift; in the widest row a single weight counts.
      #expect(worst(y, row.y, absolute: 1e-37, relative: 1e-5) <= 1)
    }
  }

  @Test("Layer normalisation")
  func layerNormRows() throws {
    for row in try Reference.load().layerNorm {
      let y = layerNorm(floats(row.x), gamma: floats(row.gamma), beta: floats(row.beta))
      // Normalised values below 2 times γ below 2, a dozen roundings.
      #expect(worst(y, row.y, absolute: 1e-5) <= 1, "\(row.x.count) values about \(row.x[0])")
    }
  }

  private func floats(_ x: [Double]) -> [Float] { x.map { Float($0) } }
}
