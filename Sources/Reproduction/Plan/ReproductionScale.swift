/// How much is trained and measured.
public enum ReproductionScale: String, Sendable, Hashable, Codable, CaseIterable {
  /// Two steps of each training, hardly any images: does everything run here?
  case trial
  /// An eighth of the training, fewer batches, no ablation: which way does it point?
  case quick
  /// The training of the bundled models, with the ablation.
  case full

  /// Generated images of an epoch.
  var imagesPerEpoch: Int { value(32, 3000, 8000) }
  /// Epochs of every training.
  public var epochs: Int { value(1, 2, 6) }
  /// How often a training sees each image, in words.
  var views: String { epochs == 1 ? "once" : "\(epochs) times, cropped anew" }
  /// Mini-batches of the Hessian.
  var batches: Int { value(2, 4, 8) }
  /// Eigenvalues of each.
  var top: Int { value(1, 3, 5) }
  /// Images of spectra and reconstructions: all 160 bundled ones, of which the models have seen none.
  var images: Int { value(16, 160, 160) }
  /// Whether 2 and 4 fused layers and detached ones are trained, too.
  var hasAblation: Bool { value(true, false, true) }

  private func value<Value>(_ trial: Value, _ quick: Value, _ full: Value) -> Value {
    switch self {
    case .trial: trial
    case .quick: quick
    case .full: full
    }
  }
}
