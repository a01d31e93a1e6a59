/// Resizing as Pillow does it: a horizontal pass, rounded to 8 bit, then a vertical pass, rounded to 8 bit.
///
/// Only the samples that end up in the window are computed. The result is the same as that of resizing the whole image
/// and cutting, because each sample depends on its own weights alone.
extension Raster {
  /// The part of this image, resized to `width` × `height`, that lies in `columns` × `rows`.
  ///
  /// A side that keeps its length goes through no pass at all, as in Pillow.
  package func resized(
    width: Int, height: Int, columns: Range<Int>, rows: Range<Int>, interpolation: Interpolation
  ) -> Raster {
    if interpolation == .opencvBilinear || interpolation == .opencvBicubic {
      return resizedAsOpenCV(width: width, height: height, columns: columns, rows: rows, interpolation: interpolation)
    }
    if height == self.height {
      return resizedHorizontally(to: width, columns: columns, rows: rows, interpolation: interpolation)
    }
    let weights = ResamplingWeights(source: self.height, target: height, window: rows, interpolation: interpolation)
    let needed = weights.sources
    return resizedHorizontally(to: width, columns: columns, rows: needed, interpolation: interpolation)
      .combiningRows(weights, firstRow: needed.lowerBound)
  }

  /// The part of the image in `columns` × `rows`.
  package func cropped(columns: Range<Int>, rows: Range<Int>) -> Raster {
    if columns == 0..<width, rows == 0..<height { return self }
    var part: [UInt8] = []
    part.reserveCapacity(columns.count * rows.count * 4)
    for y in rows {
      part.append(contentsOf: samples[(y * width + columns.lowerBound) * 4..<(y * width + columns.upperBound) * 4])
    }
    return Raster(width: columns.count, height: rows.count, samples: part)
  }

  /// The horizontal pass over some rows; a mere cut when the width stays.
  private func resizedHorizontally(
    to target: Int, columns: Range<Int>, rows: Range<Int>, interpolation: Interpolation
  ) -> Raster {
    if target == width { return cropped(columns: columns, rows: rows) }
    let weights = ResamplingWeights(source: width, target: target, window: columns, interpolation: interpolation)
    let result = [UInt8](count: columns.count * rows.count * 4) { (output: inout MutableSpan<UInt8>) in
      let rowBytes = columns.count * 4
      for (index, y) in rows.enumerated() {
        let source = samples.span.extracting(y * width * 4..<(y + 1) * width * 4)
        combinePixels(of: source, weights: weights, into: &output, at: index * rowBytes)
      }
    }
    return Raster(width: columns.count, height: rows.count, samples: result)
  }

  /// The vertical pass over all columns of an image whose first row is row `firstRow` of the weights' source.
  private func combiningRows(_ weights: ResamplingWeights, firstRow: Int) -> Raster {
    let rowBytes = width * 4
    let targets = weights.first.count
    let result = [UInt8](count: targets * rowBytes) { (output: inout MutableSpan<UInt8>) in
      for target in 0..<targets {
        let first = weights.first[target] - firstRow
        let source = samples.span.extracting(first * rowBytes..<(first + weights.count[target]) * rowBytes)
        let values = weights.values.span.extracting(
          target * weights.stride..<target * weights.stride + weights.count[target])
        combineRows(of: source, weights: values, rowBytes: rowBytes, into: &output, at: target * rowBytes)
      }
    }
    return Raster(width: width, height: targets, samples: result)
  }
}

/// One row of the horizontal pass: target pixel i = Σₖ w[i, k] · source[first[i] + k], rounded and clipped to 8 bit.
///
/// - Parameters:
///   - source: Pixels, shape [sources, 4].
///   - weights: first, count and w.
///   - target: Receives the pixels, shape [targets, 4].
///   - start: The byte of `target` where they begin.
@inline(__always)
private func combinePixels(
  of source: Span<UInt8>, weights: ResamplingWeights, into target: inout MutableSpan<UInt8>, at start: Int
) {
  let bytes = unsafe source.bytes
  var output = unsafe target.mutableBytes
  let values = weights.values.span
  let firsts = weights.first.span
  let counts = weights.count.span
  for i in firsts.indices {
    // The indices come from `ResamplingWeights`, which keeps them within the source.
    var offset = unsafe firsts[unchecked: i] * 4
    var k = i &* weights.stride
    let end = unsafe k &+ counts[unchecked: i]
    var sum = SIMD4<Int32>(repeating: halfUnit)
    while k < end {
      let pixel = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD4<UInt8>.self)
      let weight = unsafe values[unchecked: k]
      sum &+= SIMD4<Int32>(truncatingIfNeeded: pixel) &* SIMD4(repeating: weight)
      offset &+= 4
      k &+= 1
    }
    unsafe output.storeBytes(of: clippedToByte(sum), toUncheckedByteOffset: start &+ i &* 4, as: SIMD4<UInt8>.self)
  }
}

/// One row of the vertical pass: target[x] = Σₖ w[k] · source[k, x], rounded and clipped to 8 bit.
///
/// - Parameters:
///   - source: Samples, shape [weights, rowBytes].
///   - weights: w.
///   - rowBytes: A multiple of 4.
///   - target: Receives the samples, shape [rowBytes].
///   - start: The byte of `target` where they begin.
@inline(__always)
private func combineRows(
  of source: Span<UInt8>, weights: Span<Int32>, rowBytes: Int, into target: inout MutableSpan<UInt8>, at start: Int
) {
  let bytes = unsafe source.bytes
  var output = unsafe target.mutableBytes
  var x = 0
  while x < rowBytes {
    var sum = SIMD4<Int32>(repeating: halfUnit)
    for k in weights.indices {
      let samples = unsafe bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: k &* rowBytes &+ x, as: SIMD4<UInt8>.self)
      sum &+= SIMD4<Int32>(truncatingIfNeeded: samples) &* SIMD4(repeating: unsafe weights[unchecked: k])
    }
    unsafe output.storeBytes(of: clippedToByte(sum), toUncheckedByteOffset: start &+ x, as: SIMD4<UInt8>.self)
    x &+= 4
  }
}

/// One half in fixed point: added before the cut, so that sums are rounded.
private let halfUnit: Int32 = 1 << (ResamplingWeights.fractionBits - 1)

/// Cuts the fraction bits and clips to 0 … 255.
@inline(__always)
private func clippedToByte(_ sum: SIMD4<Int32>) -> SIMD4<UInt8> {
  var value = sum &>> SIMD4(repeating: ResamplingWeights.fractionBits)
  value.replace(with: 0, where: value .< 0)
  value.replace(with: 255, where: value .> 255)
  return SIMD4<UInt8>(truncatingIfNeeded: value)
}
