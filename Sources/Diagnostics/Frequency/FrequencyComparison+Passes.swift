internal import Spectra
internal import VisionTransformers

extension FrequencyComparison {
  /// The last block of two passes over the same images; nil for other numbers of checkpoints or different grids.
  init?(_ passes: [FrequencyPass]) {
    guard passes.allSatisfy({ !$0.layers.isEmpty }) else { return nil }
    self.init(
      layers: passes.map { $0.layers[$0.comparedIndex].description }, geometries: passes.map(\.geometry),
      profiles: passes.map(\.comparedProfiles))
  }

  /// Two layers on the same images; nil for other numbers of layers or images, or different grids.
  ///
  /// - Parameters:
  ///   - layers: Their names.
  ///   - geometries: Their bands.
  ///   - profiles: Log amplitudes by layer, image and band.
  init?(layers: [String], geometries: [ProfileGeometry], profiles: [[[Double]]]) {
    guard layers.count == 2, geometries[0] == geometries[1], profiles[0].count == profiles[1].count,
      !profiles[0].isEmpty
    else { return nil }
    let differences = zip(profiles[0], profiles[1]).map { zip($1, $0).map { $0 - $1 } }
    let bands = (0..<geometries[0].bandCount).map { band in BatchMeans(differences.map { $0[band] }) }
    self.layers = layers
    difference = bands.map(\.mean)
    guard differences.count > 1 else { return }
    let freedom = differences.count - 1
    let t = StudentT.quantile(0.975, degreesOfFreedom: freedom)
    let errors = bands.map { $0.standardError ?? 0 }
    halfInterval = errors.map { t * $0 }
    let single = zip(difference, errors).map {
      StudentT.pValue(abs($0), standardError: $1, degreesOfFreedom: freedom)
    }
    (pValue, adjustedPValue) = (single, Holm.adjusted(single))
  }
}
