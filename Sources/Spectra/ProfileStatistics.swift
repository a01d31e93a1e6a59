/// Mean and standard error over images of profiles that arrive one by one: memory does not grow with their number.
///
/// Keeps the profile (ln |F|) and the relative profile (each image's minus its own first entry) apart, because the
/// error of a difference is not the difference of errors. Results depend on the order of `add` in the last bits.
///
/// - Source: Welford 1962 for mean and sum of squares in one pass.
public struct ProfileStatistics: Sendable {
  /// Profiles added so far.
  public private(set) var count = 0
  private var absolute: Moments
  private var relative: Moments

  /// Statistics of no profile yet, of `bandCount` values each.
  public init(bandCount: Int) {
    precondition(bandCount > 0, "a profile has at least one band")
    absolute = Moments(bandCount)
    relative = Moments(bandCount)
  }

  /// Adds one image's profile, `bandCount` values.
  public mutating func add(_ profile: Span<Double>) {
    precondition(profile.count == absolute.mean.count, "every profile has the same number of bands")
    count += 1
    let reference = profile[0]
    for band in profile.indices {
      absolute.add(profile[band], to: band, count: count)
      relative.add(profile[band] - reference, to: band, count: count)
    }
  }

  /// Adds one image's profile, `bandCount` values.
  public mutating func add(_ profile: [Double]) {
    add(profile.span)
  }

  /// Mean over images per band.
  ///
  /// Needs at least one profile.
  public var mean: [Double] {
    precondition(count > 0, "there is no mean of no profile")
    return absolute.mean
  }

  /// Mean over images of the profile minus its own first entry, so 0 first.
  ///
  /// Needs at least one profile.
  public var relativeMean: [Double] {
    precondition(count > 0, "there is no mean of no profile")
    return relative.mean
  }

  /// Standard error of `mean`: unbiased deviation over images divided by √count; nil below two images.
  public var standardError: [Double]? { absolute.standardError(count: count) }

  /// Standard error of `relativeMean`, 0 first; nil below two images.
  public var relativeStandardError: [Double]? { relative.standardError(count: count) }
}

/// Running mean and sum of squared deviations per band.
private struct Moments: Sendable {
  var mean: [Double]
  private var squares: [Double]

  init(_ bandCount: Int) {
    mean = Array(repeating: 0, count: bandCount)
    squares = mean
  }

  /// m ← m + (x − m)/n;  S ← S + (x − m_old)(x − m_new).
  mutating func add(_ x: Double, to band: Int, count: Int) {
    let deviation = x - mean[band]
    mean[band] += deviation / Double(count)
    squares[band] += deviation * (x - mean[band])
  }

  /// √(S / (n − 1) / n).
  func standardError(count: Int) -> [Double]? {
    guard count >= 2 else { return nil }
    return squares.map { ($0 / Double(count - 1) / Double(count)).squareRoot() }
  }
}
