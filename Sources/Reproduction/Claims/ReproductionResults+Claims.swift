extension ReproductionResults {
  /// The claims of the figures that have been measured, in the paper's order.
  public var claims: [Claim] { [figure1, figure2, figure4, figure5, figure6, figure8].compactMap(\.self) }
}
