internal import Hessian

extension HessianDiagnosis {
  /// Products of a batch, checks included: about, and at most.
  ///
  /// About: what trained models of 0.1 to 100 million parameters took, 30 for each eigenvalue with power iteration, the basis and two
  /// for each with Lanczos.
  public var productsOfABatch: (usual: Int, most: Int) {
    let ranks = RankCheckOptions()
    let extra =
      (trace ? TraceOptions().probes : 0) + (density ? QuadratureOptions().probes * QuadratureOptions().steps : 0)
    switch solver {
    case .power:
      let most = powerOptions.maximumProducts * top
      return (
        min(30 * top, most) + top + ranks.minimumProducts + extra, most + 3 * top + ranks.maximumProducts + extra
      )
    case .lanczos:
      let most = lanczosOptions.maximumProducts
      return (
        min(lanczosOptions.basisSize + 2 * top, most) + top + ranks.minimumProducts + extra,
        most + top + ranks.maximumProducts + extra
      )
    }
  }
}
