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
    let count = Double(differences.count)
    let bands = geometries[0].bandCount
    let means = (0..<bands).map { band in differences.reduce(0) { $0 + $1[band] } / count }
    self.layers = layers
    difference = means
    guard differences.count > 1 else {
      halfInterval = nil
      return
    }
    let t = StudentT.quantile(0.975, degreesOfFreedom: differences.count - 1)
    halfInterval = (0..<bands).map { band in
      let squares = differences.reduce(0) { $0 + ($1[band] - means[band]) * ($1[band] - means[band]) }
      return t * (squares / (count - 1) / count).squareRoot()
    }
  }
}
