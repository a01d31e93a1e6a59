/// What one file says of the pixels that a checkpoint was trained on; what it does not say is nil.
struct PixelStatement: Sendable {
  /// Means and deviations of samples in 0 … 1, in the order of the network's channels, and who says so.
  struct Normalization: Sendable {
    var mean: [Double]
    var deviation: [Double]
    var source: ValueSource
  }

  /// Something stated that cannot be done.
  struct Problem: Sendable {
    /// The key, with the file that has it.
    let setting: String
    let value: String
    let reason: String
  }

  var normalization: Normalization?
  /// Whether the network's first channel is blue.
  var isBGR: Bool?
  /// How an image becomes a square.
  var resizing: Sourced<PixelResizing>?
  /// Side of the square.
  var side: Sourced<Int>?
  /// Why pixels cannot be normalised as stated.
  var normalizationProblem: Problem?
  /// Why no square can be made as stated.
  var resizingProblem: Problem?

  /// Takes means and deviations for samples of 0 … 1, one for each channel or one for all.
  mutating func normalize(by mean: [Double], _ deviation: [Double], _ source: ValueSource) {
    let threefold = { (values: [Double]) in values.count == 1 ? Array(repeating: values[0], count: 3) : values }
    let (mean, deviation) = (threefold(mean), threefold(deviation))
    guard mean.count == 3, deviation.count == 3, (mean + deviation).allSatisfy(\.isFinite),
      deviation.allSatisfy({ $0 > 0 })
    else {
      normalizationProblem = Problem(
        setting: "normalisation of pixels (\(source))", value: "mean \(mean), std \(deviation)".clipped,
        reason: "three means and three positive deviations are needed: correct them there, or give --normalize")
      return
    }
    normalization = Normalization(mean: mean, deviation: deviation, source: source)
  }

  /// A statement that pixels cannot be normalised so.
  mutating func refuseNormalization(_ setting: String, _ value: String, _ reason: String) {
    normalizationProblem =
      normalizationProblem ?? Problem(setting: setting, value: value.clipped, reason: reason + ", or give --normalize")
  }

  /// A statement that no square can be made so.
  mutating func refuseResizing(_ setting: String, _ value: String, _ reason: String) {
    resizingProblem =
      resizingProblem
      ?? Problem(
        setting: setting, value: value.clipped,
        reason: reason
          + "; give --crop-pct for the usual resizing of the short side with a centre crop, or normalised images")
  }
}

extension String {
  /// At most 80 characters of a stranger's text.
  var clipped: String { String(prefix(80)) }
}
