internal import Foundation
internal import Tensors

extension Objective {
  /// Reconstruction of the low frequencies of removed patches: PixMIM.
  ///
  /// Liu et al. 2023, as in the published code: colours brought back to [0, 1], an ideal circular low-pass filter whose centre lies between two samples,
  /// the modulus of the inverse transform, and normalised again.
  ///
  /// - Parameters:
  ///   - radius: Radius of the filter in samples of the discrete transform; PixMIM has 40 for images of 224 pixels.
  ///   - normalized: Whether each patch's target is normalised as in `pixels(normalized:)`.
  ///   - mean: Mean of each colour that the images were normalised with.
  ///   - deviation: Deviation of each colour that the images were normalised with.
  /// - Returns: The objective.
  public static func lowFrequencies(
    radius: Double, normalized: Bool = true, mean: [Double] = [0.485, 0.456, 0.406],
    deviation: [Double] = [0.229, 0.224, 0.225]
  ) -> Objective {
    // The filter of an image takes longer than a small model's product.
    Objective(name: "pixmim", keepsTargets: true) { builder, predictions in
      let a = builder.architecture
      let filter = LowPassFilter(rows: a.imageSize[0], columns: a.imageSize[1], radius: radius)
      return builder.squaredErrorLoss("pixmim", predictions, normalized: normalized) { part, image in
        var filtered: [Double] = []
        for colour in 0..<3 {
          let plane = a.pixels / 3
          let start = image * a.pixels + colour * plane
          let values = part.batch.images[start..<start + plane].map { Double($0) * deviation[colour] + mean[colour] }
          filtered += filter.apply(to: values).map { ($0 - mean[colour]) / deviation[colour] }
        }
        return filtered
      }
    } check: { _, architecture throws(LossError) in
      try checkOutputs(3 * architecture.patchSize * architecture.patchSize, "pixels of a patch", architecture)
    }
  }
}

/// An ideal circular low-pass filter of the discrete Fourier transform, by transforms along rows and columns that compute only the
/// frequencies that pass.
struct LowPassFilter: Sendable {
  let rows: Int
  let columns: Int
  /// Columns of the transform that pass for each row of it, by index in the transform's own order.
  private let passing: [(row: Int, columns: [Int])]

  init(rows: Int, columns: Int, radius: Double) {
    self.rows = rows
    self.columns = columns
    // Centred at (n − 1) / 2 in the shifted order, where frequency 0 lies at ⌊n / 2⌋.
    func offset(_ i: Int, _ n: Int) -> Double { Double((i + n / 2) % n) - Double(n - 1) / 2 }
    passing = (0..<rows).compactMap { k in
      let y = offset(k, rows)
      let kept = (0..<columns).filter { y * y + offset($0, columns) * offset($0, columns) <= radius * radius }
      return kept.isEmpty ? nil : (k, kept)
    }
  }

  /// |F⁻¹(mask · F(x))| of a real map, shape [rows, columns].
  ///
  /// - Complexity: rows · columns · (frequencies that pass in one direction) multiplications: 50 million for 224 pixels, radius 40.
  func apply(to x: [Double]) -> [Double] {
    let across = Array(Set(passing.flatMap(\.columns))).sorted()
    let (wave, down) = (Waves(columns), Waves(rows))
    // F along rows, for the columns that pass anywhere.
    var half = [Complex](repeating: Complex(), count: rows * across.count)
    for row in 0..<rows {
      for (j, k) in across.enumerated() {
        var sum = Complex()
        for column in 0..<columns { sum.add(wave[k * column], times: x[row * columns + column]) }
        half[row * across.count + j] = sum
      }
    }
    // F along columns, the mask, and F⁻¹ along columns, one frequency of the rows at a time.
    var low = [Complex](repeating: Complex(), count: rows * across.count)
    let position = Dictionary(uniqueKeysWithValues: across.enumerated().map { ($1, $0) })
    for (k, kept) in passing {
      for column in kept {
        let j = position[column] ?? 0
        var sum = Complex()
        for row in 0..<rows { sum.add(half[row * across.count + j], times: down[k * row]) }
        for row in 0..<rows { low[row * across.count + j].add(sum, times: down[-k * row]) }
      }
    }
    // F⁻¹ along rows, and the modulus.
    return (0..<rows * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      var sum = Complex()
      for (j, k) in across.enumerated() { sum.add(low[row * across.count + j], times: wave[-k * column]) }
      return sum.modulus / Double(rows * columns)
    }
  }
}

private struct Complex {
  var re = 0.0
  var im = 0.0

  var modulus: Double { (re * re + im * im).squareRoot() }

  mutating func add(_ z: Complex, times x: Double) {
    re += z.re * x
    im += z.im * x
  }

  mutating func add(_ z: Complex, times w: Complex) {
    re += z.re * w.re - z.im * w.im
    im += z.re * w.im + z.im * w.re
  }
}

/// e^(−2πi k / n) for every k.
private struct Waves {
  private let table: [Complex]

  init(_ n: Int) {
    table = (0..<n).map { k in
      let angle = -2 * Double.pi * Double(k) / Double(n)
      return Complex(re: cos(angle), im: sin(angle))
    }
  }

  subscript(_ k: Int) -> Complex {
    let r = k % table.count
    return table[r < 0 ? r + table.count : r]
  }
}
