internal import Spectra
internal import VisionTransformers

extension FrequencyComparison {
  /// The last layer of two passes over the same images; nil for other numbers of checkpoints or different grids.
  init?(_ passes: [FrequencyPass]) {
    guard passes.count == 2, let first = passes[0].layers.last, let second = passes[1].layers.last,
      passes[0].geometry == passes[1].geometry, passes[0].lastProfiles.count == passes[1].lastProfiles.count
    else { return nil }
    let differences = zip(passes[0].lastProfiles, passes[1].lastProfiles).map { zip($1, $0).map { $0 - $1 } }
    let count = Double(differences.count)
    let bands = passes[0].geometry.bandCount
    let means = (0..<bands).map { band in differences.reduce(0) { $0 + $1[band] } / count }
    layers = [first.description, second.description]
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
