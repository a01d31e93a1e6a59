internal import Foundation

/// A part of an image: what an augmentation decided on.
package enum Crop: Equatable {
  /// The part of an image that becomes the square, whatever its shape.
  case resized(left: Int, top: Int, width: Int, height: Int)
  /// Where the square begins in the image whose short side is the square's; from −4 on, since the image is continued
  /// by reflection.
  case simple(left: Int, top: Int)

  /// A part of 20 to 100 % of an image, with a ratio of 3/4 … 4/3.
  ///
  /// torchvision's `RandomResizedCrop.get_params`: the area is uniform, the ratio uniform in its logarithm; ten attempts
  /// to fit both into the image, then the largest part around the centre whose ratio is allowed. MAE's scale.
  package static func randomResized(width: Int, height: Int, random: inout RandomStream) -> Crop {
    let (leastRatio, mostRatio) = (3.0 / 4, 4.0 / 3)
    for _ in 0..<10 {
      let area = Double(width * height) * random.uniform(0.2, 1)
      let ratio = exp(random.uniform(log(leastRatio), log(mostRatio)))
      // Python's round: halves go to the even neighbour.
      let w = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
      let h = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
      if (1...width).contains(w), (1...height).contains(h) {
        let top = random.integer(below: height - h + 1)
        let left = random.integer(below: width - w + 1)
        return .resized(left: left, top: top, width: w, height: h)
      }
    }
    let ratio = Double(width) / Double(height)
    var (w, h) = (width, height)
    if ratio < leastRatio {
      h = Int((Double(width) / leastRatio).rounded(.toNearestOrEven))
    } else if ratio > mostRatio {
      w = Int((Double(height) * mostRatio).rounded(.toNearestOrEven))
    }
    // An image of one row and a few columns has no part of any allowed ratio.
    (w, h) = (min(max(w, 1), width), min(max(h, 1), height))
    return .resized(left: (width - w) / 2, top: (height - h) / 2, width: w, height: h)
  }

  /// A square anywhere in the resized and padded image.
  package static func randomSimple(width: Int, height: Int, side: Int, random: inout RandomStream) -> Crop {
    let resized = shortSideResized(width: width, height: height, side: side)
    let padding = padding(side: side)
    let top = random.integer(below: resized.height + 2 * padding - side + 1) - padding
    let left = random.integer(below: resized.width + 2 * padding - side + 1) - padding
    return .simple(left: left, top: top)
  }

  /// Pixels added on each side: four, as published; fewer only where the image has no four others to reflect.
  private static func padding(side: Int) -> Int { min(4, side - 1) }

  /// torchvision's `Resize(side)`: the long side is cut to an integer.
  private static func shortSideResized(width: Int, height: Int, side: Int) -> (width: Int, height: Int) {
    let long = Int(Double(side * max(width, height)) / Double(min(width, height)))
    return width <= height ? (side, long) : (long, side)
  }

  /// The square of `side` pixels that this part of an image becomes.
  package func applied(to image: Raster, side: Int) -> Raster {
    switch self {
    case .resized(let left, let top, let width, let height):
      return image.cropped(columns: left..<left + width, rows: top..<top + height)
        .resized(width: side, height: side, columns: 0..<side, rows: 0..<side, interpolation: .bicubic)
    case .simple(let left, let top):
      let size = Self.shortSideResized(width: image.width, height: image.height, side: side)
      return image.resized(
        width: size.width, height: size.height, columns: 0..<size.width, rows: 0..<size.height,
        interpolation: .bilinear
      ).reflected(columns: left..<left + side, rows: top..<top + side)
    }
  }
}

extension Raster {
  /// A part that may reach beyond the image, which is continued by reflection at the centres of its outer pixels.
  package func reflected(columns: Range<Int>, rows: Range<Int>) -> Raster {
    func reflect(_ i: Int, _ count: Int) -> Int { i < 0 ? -i : i >= count ? 2 * (count - 1) - i : i }
    var part: [UInt8] = []
    part.reserveCapacity(columns.count * rows.count * 4)
    for y in rows {
      let row = reflect(y, height) * width
      for x in columns {
        let start = (row + reflect(x, width)) * 4
        part.append(contentsOf: samples[start..<start + 4])
      }
    }
    return Raster(width: columns.count, height: rows.count, samples: part)
  }
}
