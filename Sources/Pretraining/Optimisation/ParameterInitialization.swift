internal import Images
internal import Tensors
public import VisionTransformers

/// Initial weights as MAE's code draws them, from a seed, the same on every machine.
///
/// Matrices: Xavier's uniform distribution (queries, keys and values as one matrix), biases 0. The patch kernel as a matrix,
/// its bias uniform within ±1/√(3P²), the default of PyTorch's convolution, which MAE leaves as it is. Class and mask token:
/// normal, deviation 0.02. Norms: 1 and 0. Positions: fixed sines and cosines. Fusion logits: all 1, so that the fusion
/// weights are equal; projections as any other matrix, as in MMPretrain's configuration of MFF.
public struct ParameterInitialization: Sendable, Hashable {
  /// Decides everything random.
  public let seed: UInt64

  /// An initialisation.
  public init(seed: UInt64) { self.seed = seed }

  /// Writes the initial weights of a network.
  ///
  /// A parameter's values depend on the seed and its name alone: two networks that share a layer's name and shape share its
  /// initial weights.
  public func fill(_ values: inout MutableSpan<Float>, _ layout: ParameterLayout, of architecture: Architecture) {
    for parameter in layout.parameters {
      var part = values.part(parameter.range)
      fill(&part, parameter, architecture)
    }
  }

  private func fill(_ values: inout MutableSpan<Float>, _ parameter: ParameterRange, _ a: Architecture) {
    var random = RandomStream(0x77_6569_6768_7473, seed, Self.key(of: parameter.name))
    let name = parameter.name
    switch name {
    case "position":
      set(&values, a.fixedPositions(width: a.width))
    case "decoder.position":
      set(&values, a.fixedPositions(width: a.decoder?.width ?? 0))
    case "class", "distillation", "registers", "decoder.mask":
      for i in values.indices { values[i] = Float(0.02 * random.normal()) }
    case "fusion.logits":
      for i in values.indices { values[i] = 1 }
    case "patch.bias":
      let bound = 1 / Double(3 * a.patchSize * a.patchSize).squareRoot()
      for i in values.indices { values[i] = Float(random.uniform(-bound, bound)) }
    default:
      if parameter.shape.count > 1 {
        let inputs = parameter.shape.dropFirst().reduce(1, *)
        let bound = (6 / Double(inputs + parameter.shape[0])).squareRoot()
        for i in values.indices { values[i] = Float(random.uniform(-bound, bound)) }
      } else {
        let isGain = name.hasSuffix(".weight")
        for i in values.indices { values[i] = isGain ? 1 : 0 }
      }
    }
  }

  private func set(_ values: inout MutableSpan<Float>, _ table: [Float]) {
    for i in values.indices { values[i] = table[i] }
  }

  /// FNV-1a: `hashValue` differs from run to run.
  private static func key(of name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

extension RandomStream {
  /// A normal number: Marsaglia's polar method, with a logarithm of our own, since libraries round theirs differently.
  mutating func normal() -> Double {
    while true {
      let (x, y) = (uniform(-1, 1), uniform(-1, 1))
      let s = x * x + y * y
      if s > 0, s < 1 { return x * (-2 * Self.logarithm(s) / s).squareRoot() }
    }
  }

  /// ln x for x > 0: exponent · ln 2 + 2 artanh((m − 1)/(m + 1)), whose argument is at most ⅓.
  static func logarithm(_ x: Double) -> Double {
    let z = (x.significand - 1) / (x.significand + 1)
    // 3⁻³⁷ lies below the precision of a double.
    var sum = 0.0
    for k in stride(from: 35, through: 1, by: -2) { sum = sum * z * z + 1 / Double(k) }
    return Double(x.exponent) * 0.693_147_180_559_945_3 + 2 * z * sum
  }
}
