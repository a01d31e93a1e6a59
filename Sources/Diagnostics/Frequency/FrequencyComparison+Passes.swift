internal import Spectra
internal import VisionTransformers

extension FrequencyComparison {
  /// The last block of two passes over the same images; nil for other numbers of checkpoints or different grids.
  init?(_ passes: [FrequencyPass]) {
    guard passes.count == 2, passes.allSatisfy({ !$0.layers.isEmpty }), passes[0].geometry == passes[1].geometry,
      passes[0].comparedProfiles.count == passes[1].comparedProfiles.count
    else { return nil }
    let differences = zip(passes[0].comparedProfiles, passes[1].comparedProfiles).map { zip($1, $0).map { $0 - $1 } }
    let count = Double(differences.count)
    let bands = passes[0].geometry.bandCount
    let means = (0..<bands).map { band in differences.reduce(0) { $0 + $1[band] } / count }
    layers = passes.map { $0.layers[$0.comparedIndex].description }
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
