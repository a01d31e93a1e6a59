internal import Hessian

extension HessianDiagnosis {
  /// M of Lanczos where memory does not count.
  var fullBasis: Int {
    var options = lanczosOptions
    options.basis = nil
    return options.basisSize
  }

  /// Single-precision products that take as long as one in double precision: each of its six matrix products takes twice the time, and
  /// a vector that is worked on alone needs the forward pass and the adjoints, three more, for itself.
  static let productsOfADouble = 3

  /// Products of a batch, checks included, those that prove ranks aside: about, and at most.
  ///
  /// About: what trained models of 0.1 to 100 million parameters took, 30 for each eigenvalue with power iteration, the basis and two
  /// for each with Lanczos.
  public var productsOfABatch: (usual: Int, most: Int) {
    let ranks = rankCheckOptions
    let (usualRanks, mostRanks) = checksRanks ? (ranks.products, max(ranks.products, ranks.maximumProducts)) : (0, 0)
    // One for each value's residual in single precision, one in double.
    let extra =
      (trace ? TraceOptions().probes : 0) + (density ? QuadratureOptions().probes * QuadratureOptions().steps : 0)
    switch solver {
    case .power:
      let most = powerOptions.maximumProducts * top
      return (
        min(30 * top, most) + 2 * top + usualRanks + extra, most + 4 * top + mostRanks + extra
      )
    case .lanczos:
      let (most, full) = (lanczosOptions.maximumProducts, fullBasis)
      // A smaller basis restarts more often.
      let restarts = HessianMemoryChoice.restarts(basis: min(lanczosOptions.basisSize, full), of: full, values: top)
      let usual = Int(Double(max(lanczosOptions.basisSize, full) + 2 * top) * restarts)
      return (
        min(usual, most) + 2 * top + usualRanks + extra,
        most + 2 * top + mostRanks + extra
      )
    }
  }
}
