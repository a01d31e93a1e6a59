public import Images
public import Tensors
public import VisionTransformers
internal import Figures

/// Reconstructs images with a network whose parameters are in memory: those of a file, or of a training that goes on.
public struct Reconstructor: Sendable {
  /// The network, with a decoder that predicts pixels.
  public let architecture: Architecture
  /// Whether it was trained to predict patches normalised one by one.
  public let normalizedPixels: Bool
  /// How the images were normalised.
  public let normalization: Normalization
  /// The cores to use.
  public let team: Team

  /// A reconstructor.
  public init(
    _ architecture: Architecture, normalizedPixels: Bool, normalization: Normalization, team: Team = Team()
  ) {
    self.architecture = architecture
    self.normalizedPixels = normalizedPixels
    self.normalization = normalization
    self.team = team
  }

  /// Reconstructs a batch of images.
  ///
  /// - Parameters:
  ///   - images: Normalised images, shape [N, 3, height, width].
  ///   - masks: Patches to remove, shape [N, L], true for removed, equally many in each row.
  ///   - parameters: θ, in the order of `ParameterLayout(of: architecture)`.
  /// - Returns: A reconstruction for each image.
  /// - Throws: `LossError` for what does not fit together, and for values that are not finite.
  /// - Complexity: A forward pass.
  public func reconstruct(
    _ images: [Float], masks: [[Bool]], parameters: Span<Float>
  ) throws(LossError) -> [Reconstruction] {
    guard let mask = masks.first else { return [] }
    let function = try LossFunction(
      architecture, objective: .pixels(normalized: normalizedPixels), images: masks.count,
      masked: mask.count(where: \.self), products: false, options: LossOptions(team: team))
    try function.setBatch(LossBatch(images: images, masks: masks))
    let predictions = try function.predictions(at: parameters).values
    let count = architecture.pixels
    return masks.enumerated().map { index, mask in
      let part = index * count..<(index + 1) * count
      return reconstruction(
        of: images.span.extracting(part), removed: mask, predictions: predictions.span.extracting(part))
    }
  }

  private func reconstruction(
    of image: Span<Float>, removed: [Bool], predictions: Span<Float>
  ) -> Reconstruction {
    let target = architecture.patches(ofImage: image)
    let size = target.count / removed.count
    var (shown, flat) = (target, target)
    var (error, count) = (0.0, 0)
    for patch in removed.indices {
      let range = patch * size..<(patch + 1) * size
      let own = PatchStatistics(target[range])
      for i in range {
        let predicted = Double(predictions[i])
        let wanted = normalizedPixels ? (Double(target[i]) - own.mean) / own.deviation : Double(target[i])
        if removed[patch] {
          error += (predicted - wanted) * (predicted - wanted)
          count += 1
        }
        shown[i] = normalizedPixels ? Float(predicted * own.deviation + own.mean) : predictions[i]
        flat[i] = Float(own.mean)
      }
    }
    let patches = RemovedPatches(removed, of: target, normalization)
    let scores = ReconstructionScores(
      loss: error / Double(count), pixels: patches.error(of: shown), meanColor: patches.errorOfMeanColor,
      patchMean: normalizedPixels ? patches.error(of: flat) : nil)
    return Reconstruction(
      grid: architecture.grid, removed: removed, original: picture(target), predicted: picture(shown), scores: scores)
  }

  /// Patches as pixels of 8 bits.
  private func picture(_ patches: [Float]) -> Picture {
    let image = architecture.image(ofPatches: patches.span)
    let plane = image.count / 3
    var samples: [UInt8] = []
    samples.reserveCapacity(image.count)
    for pixel in 0..<plane {
      for colour in 0..<3 {
        let channel = normalization.colour(of: colour)
        samples.append(UInt8((normalization.level(image[channel * plane + pixel], channel) * 255).rounded()))
      }
    }
    let side = architecture.patchSize
    return Picture(width: architecture.grid[1] * side, height: architecture.grid[0] * side, samples: samples)
  }
}
