extension Architecture {
  /// The pixels of an image's patches, patches row-major on their grid, each ordered row, column, colour as in MAE's code.
  ///
  /// - Parameter image: Shape [3, height, width].
  /// - Returns: Shape [L, 3 P²].
  public func patches(ofImage image: Span<Float>) -> [Float] {
    precondition(image.count == pixels, "an image has \(pixels) values")
    return patchOrder.map { image[$0] }
  }

  /// The image whose patches are given: the inverse of `patches(ofImage:)`.
  ///
  /// - Parameter patches: Shape [L, 3 P²].
  /// - Returns: Shape [3, height, width].
  public func image(ofPatches patches: Span<Float>) -> [Float] {
    precondition(patches.count == pixels, "the patches of an image have \(pixels) values")
    var image = [Float](repeating: 0, count: pixels)
    for (i, place) in patchOrder.enumerated() { image[place] = patches[i] }
    return image
  }

  /// Where each value of the patches lies in an image.
  private var patchOrder: [Int] {
    let (p, width) = (patchSize, grid[1] * patchSize)
    let plane = grid[0] * p * width
    var order: [Int] = []
    order.reserveCapacity(pixels)
    for patch in 0..<patches {
      let start = patch / grid[1] * p * width + patch % grid[1] * p
      for y in 0..<p {
        for x in 0..<p {
          for colour in 0..<3 { order.append(start + colour * plane + y * width + x) }
        }
      }
    }
    return order
  }
}

/// Mean and deviation of a patch's pixels, over all its colours, as models of normalised pixels use them.
public struct PatchStatistics: Sendable, Hashable {
  /// μ.
  public let mean: Double
  /// √(σ² + 1e-6), σ² the unbiased variance.
  public let deviation: Double

  /// The statistics of a patch.
  ///
  /// - Source: `norm_pix_loss` of the code of He et al. 2022.
  public init(_ pixels: some Collection<Float>) {
    let values = Array(pixels)
    self.init(count: values.count) { Double(values[$0]) }
  }

  /// The statistics of `count` pixels, each given by its index.
  @inline(__always)
  init(count: Int, _ pixel: (Int) -> Double) {
    let n = Double(count)
    var sum = 0.0
    for i in 0..<count { sum += pixel(i) }
    let mean = sum / n
    var squares = 0.0
    for i in 0..<count { squares += (pixel(i) - mean) * (pixel(i) - mean) }
    self.mean = mean
    deviation = (squares / (n - 1) + 1e-6).squareRoot()
  }
}
