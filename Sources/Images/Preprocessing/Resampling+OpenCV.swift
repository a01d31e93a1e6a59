/// Resizing as OpenCV does it: weights of 11 bits, both passes in whole numbers, one rounding at the end.
extension Raster {
  /// The part of this image, resized to `width` × `height` between its nearest pixels, that lies in `columns` × `rows`.
  ///
  /// Halving both sides takes the mean of four pixels where OpenCV would do so for bilinear resizing.
  func resizedAsOpenCV(
    width: Int, height: Int, columns: Range<Int>, rows: Range<Int>, interpolation: Interpolation
  ) -> Raster {
    if width == self.width, height == self.height { return cropped(columns: columns, rows: rows) }
    let halves = interpolation == .opencvBilinear && self.width == 2 * width && self.height == 2 * height
    let filter = halves ? Interpolation.box : interpolation
    let across = ResamplingWeights(source: self.width, target: width, window: columns, interpolation: filter)
    let down = ResamplingWeights(source: self.height, target: height, window: rows, interpolation: filter)
    let needed = down.sources
    let sums = needed.flatMap { row in
      let start = row * self.width * 4
      return across.combined(count: 4) { samples[start + $0 * 4 + $1] }
    }
    let rowCount = columns.count * 4
    let bits = 2 * ResamplingWeights.openCVBits
    let result = down.combined(count: rowCount) { sums[($0 - needed.lowerBound) * rowCount + $1] }
    return Raster(
      width: columns.count, height: rows.count,
      samples: result.map { UInt8(min(max(($0 + 1 << (bits - 1)) >> bits, 0), 255)) })
  }
}

extension ResamplingWeights {
  /// Fraction bits of OpenCV's weights.
  fileprivate static let openCVBits = 11

  /// Σₖ w[i, k] · value(first[i] + k, j) of each target i and each j below `count`, the weights rounded to OpenCV's bits.
  fileprivate func combined(count: Int, of value: (Int, Int) -> some BinaryInteger) -> [Int] {
    let shift = Int(Self.fractionBits) - Self.openCVBits
    var sums: [Int] = []
    sums.reserveCapacity(first.count * count)
    for target in first.indices {
      let weights = (0..<self.count[target]).map { (Int(values[target * stride + $0]) + 1 << (shift - 1)) >> shift }
      for j in 0..<count {
        var sum = 0
        for (k, weight) in weights.enumerated() { sum += weight * Int(value(first[target] + k, j)) }
        sums.append(sum)
      }
    }
    return sums
  }
}
