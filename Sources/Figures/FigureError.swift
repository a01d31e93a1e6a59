/// Why a figure could not be drawn.
public enum FigureError: Error, Sendable, Hashable {
  /// The figure has no panel.
  case noPanels
  /// A panel has no mark that gives its axes a range.
  case emptyPanel(panel: String)
  /// A mark has no values.
  case emptyMark(panel: String, mark: String)
  /// Lists that belong together differ in length.
  case mismatchedCounts(panel: String, mark: String, values: Int, companions: Int)
  /// A value is NaN or infinite.
  case notFinite(panel: String, mark: String, value: Double)
  /// A distance of an interval is negative.
  case negativeUncertainty(panel: String, mark: String, value: Double)
  /// A logarithmic axis was given a value that is not positive.
  case notPositive(panel: String, axis: String, value: Double)
  /// The colour bar has no steps, or not one colour for each label.
  case badColorBar(labels: Int, colors: Int)
  /// An axis range that shows nothing or is not finite.
  case badRange(panel: String, axis: String, lower: Double, upper: Double)
  /// A picture whose samples do not fit its size, or that is too large to draw.
  case badPicture(panel: String, width: Int, height: Int, samples: Int)
  /// A size that no page has.
  case badSize(what: String, value: Double, allowed: String)
  /// The words and margins leave no room for the plots.
  case tooNarrow(width: Double, needed: Double)
  /// The words and pictures leave the plots no such height.
  case badHeight(height: Double, nearest: Double)
  /// The picture would have more pixels than cairo draws.
  case tooManyPixels(width: Int, height: Int)
  /// Cairo reported an error.
  case cairo(doing: String, message: String)
  /// The PNG encoder reported an error.
  case png(message: String)
}

extension FigureError: CustomStringConvertible {
  /// What is wrong, and what to do next.
  public var description: String {
    switch self {
    case .noPanels:
      "the figure has no panels; give it at least one"
    case .emptyPanel(let panel):
      "\(panel) has nothing to draw; leave the panel out, or give it marks or axis ranges"
    case .emptyMark(let panel, let mark):
      "\(panel): \(mark) has no values; leave it out of the figure"
    case .mismatchedCounts(let panel, let mark, let values, let companions):
      "\(panel): \(mark) has \(values) values and \(companions) companions (errors or colours); give one for each"
    case .notFinite(let panel, let mark, let value):
      "\(panel): \(mark) holds \(value), which has no place in a figure; leave that value out"
    case .negativeUncertainty(let panel, let mark, let value):
      "\(panel): \(mark) has an interval of length \(value); give distances that are zero or more"
    case .notPositive(let panel, let axis, let value):
      "\(panel): the logarithmic \(axis) axis cannot show \(value); leave it out or use a linear axis"
    case .badColorBar(let labels, let colors):
      "the colour bar has \(labels) labels and \(colors) colours; give one colour for each label, at least one"
    case .badRange(let panel, let axis, let lower, let upper):
      "\(panel): the \(axis) axis cannot show \(lower) to \(upper); give a finite range with different ends"
    case .badPicture(let panel, let width, let height, let samples):
      "\(panel): a picture of \(width) × \(height) pixels has \(samples) samples; give 3 for each pixel, and sides of 1 to 32767"
    case .badSize(let what, let value, let allowed):
      "a figure cannot have a \(what) of \(value); give \(allowed)"
    case .tooNarrow(let width, let needed):
      "\(Decimal.text(width / 72, decimals: 2)) in is too narrow for this figure; give at least "
        + "\(Decimal.text(needed / 72, decimals: 1)) in"
    case .badHeight(let height, let nearest):
      "this figure cannot be \(Decimal.text(height / 72, decimals: 2)) in high at this width; the nearest is "
        + "\(Decimal.text(nearest / 72, decimals: 2)) in: give that, or another width"
    case .tooManyPixels(let width, let height):
      "a picture of \(width) × \(height) pixels is too large; lower the DPI or the width"
    case .cairo(let doing, let message):
      "cairo failed while \(doing): \(message)"
    case .png(let message):
      "the PNG could not be encoded: \(message)"
    }
  }
}
