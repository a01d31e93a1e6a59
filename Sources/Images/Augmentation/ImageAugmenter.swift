/// Turns decoded images into what the model sees.
package struct ImageAugmenter: Sendable {
  package let imageSize: Int
  package let augmentation: Augmentation
  package let seed: UInt64
  private let preprocessing: Preprocessing
  /// The value of each sample, shape [3, 256].
  private let table: [Float]

  package init(imageSize: Int, augmentation: Augmentation, seed: UInt64, normalization: Normalization) {
    precondition(imageSize > 0, "an image has at least one pixel")
    self.imageSize = imageSize
    self.augmentation = augmentation
    self.seed = seed
    preprocessing = Preprocessing(imageSize: imageSize, normalization: normalization)
    table = normalization.table
  }

  /// Side of an image of which the centre crop resizes nothing.
  package static func sourceSide(imageSize: Int) -> Int { Preprocessing(imageSize: imageSize).resizedSide }

  /// Appends the values of an image, shape [3, S, S]; what is random depends on the seed, the epoch and the index.
  package func append(_ image: Raster, index: Int, epoch: Int, to values: inout [Float]) {
    // The first word keeps this stream apart from those of pictures and orders.
    var random = RandomStream(0x6372_6F70, seed, UInt64(epoch), UInt64(index))
    let crop: Crop
    switch augmentation {
    case .none: return appendCentre(of: image, to: &values)
    case .randomResizedCrop:
      crop = .randomResized(width: image.width, height: image.height, random: &random)
    case .simpleResizedCrop:
      crop = .randomSimple(width: image.width, height: image.height, side: imageSize, random: &random)
    }
    let isMirrored = random.uniform() < 0.5
    append(crop.applied(to: image, side: imageSize), isMirrored: isMirrored, to: &values)
  }

  private func appendCentre(of image: Raster, to values: inout [Float]) {
    var pixels = [Float](repeating: 0, count: preprocessing.valueCount)
    var span = pixels.mutableSpan
    preprocessing.apply(to: image, into: &span)
    values += pixels
  }

  /// Appends a square, normalised, plane by plane.
  private func append(_ square: Raster, isMirrored: Bool, to values: inout [Float]) {
    let (side, samples) = (imageSize, square.samples)
    for channel in 0..<3 {
      let colour = preprocessing.normalization.colour(of: channel)
      for y in 0..<side {
        for x in 0..<side {
          let column = isMirrored ? side - 1 - x : x
          values.append(table[256 * channel + Int(samples[4 * (y * side + column) + colour])])
        }
      }
    }
  }
}
