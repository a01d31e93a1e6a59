internal import Diagnostics
public import Reports

/// A number whose sign a claim implies, measured for each seed.
public struct ClaimStatistic: Sendable, Hashable, Codable {
  /// The sign that the claim implies.
  public enum Sign: String, Sendable, Hashable, Codable {
    /// Above zero.
    case positive
    /// Below zero.
    case negative
  }

  /// What it is, as the subject of a sentence.
  public var name: String
  /// The value of each seed.
  public var values: [Double]
  /// Their mean.
  public var mean: Double
  /// The 95 % interval of the mean: Student's t over seeds, or with another model's spread; absent where neither is known.
  public var interval: [Double]?
  /// Whose spread over seeds the interval rests on, where the model itself has one seed.
  public var spreadFrom: String?
  /// The sign that the claim implies.
  public var expected: Sign

  /// A statistic with a value for each seed.
  ///
  /// - Parameters:
  ///   - name: The subject of a sentence.
  ///   - values: A value for each seed, at least one.
  ///   - expected: The sign that the claim implies.
  ///   - spread: For a single value: a model of several seeds and its values of the same statistic, whose deviation then stands for
  ///     that of this one.
  init(_ name: String, _ values: [Double], _ expected: Sign, spread: (of: String, values: [Double])? = nil) {
    precondition(!values.isEmpty, "a statistic needs a value")
    self.name = name
    self.values = values
    self.expected = expected
    mean = values.reduce(0, +) / Double(values.count)
    let own = values.count > 1
    if !own { spreadFrom = spread?.of }
    let sample = own ? values : spread?.values ?? []
    guard sample.count > 1, let deviation = SampleMean(sample)?.deviation(of: sample.count) else { return }
    let t = StudentT.quantile(0.975, degreesOfFreedom: sample.count - 1)
    let half = t * deviation / Double(values.count).squareRoot()
    interval = [mean - half, mean + half]
  }

  /// What the interval decides.
  public var verdict: ReportVerdict {
    guard let interval else { return .notSettled }
    let sign: Sign? = interval[0] > 0 ? .positive : interval[1] < 0 ? .negative : nil
    return sign.map { $0 == expected ? .holds : .doesNotHold } ?? .notSettled
  }

  /// The statistic in words.
  var sentence: String {
    let seeds = values.count == 1 ? "one seed" : "mean of \(values.count) seeds"
    let spread = spreadFrom.map { ", its spread taken to be that of \($0)" } ?? ""
    let range = interval.map { " [\(Self.signed($0[0])), \(Self.signed($0[1]))]" } ?? ", no interval"
    return "\(name): \(Self.signed(mean))\(range) (\(seeds)\(spread))."
  }

  /// Three digits with their sign, as tables of a page have them.
  static func signed(_ value: Double) -> String { ReportNumber.signed(3).text(value) }

  /// Three digits.
  static func digits(_ value: Double) -> String { ReportNumber.digits(3).text(value) }
}

extension SampleMean {
  /// The deviation of the `count` values it is the mean of.
  fileprivate func deviation(of count: Int) -> Double? { standardError.map { $0 * Double(count).squareRoot() } }
}
