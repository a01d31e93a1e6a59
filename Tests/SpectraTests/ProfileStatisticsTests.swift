import Testing

import Spectra

@Suite("Mean and standard error over images")
struct ProfileStatisticsTests {
  /// Profiles of the size that real ones have: around 3, spread 0.2, the bands correlated.
  static let profiles: [[Double]] = (0..<200).map { image in
    let noise = makeTokens(rows: 8, columns: 1, channels: 1, seed: UInt32(image)).map { Double($0) * 0.2 }
    return (0..<7).map { (k: Int) -> Double in
      let slope = 5 - 0.6 * Double(k)
      return slope + noise[k] + noise[7]
    }
  }

  static func twoPass(_ columns: [[Double]]) -> (mean: [Double], standardError: [Double]) {
    let n = Double(columns.count)
    let mean = columns[0].indices.map { band in columns.reduce(0) { $0 + $1[band] } / n }
    let errors = mean.indices.map { band in
      let squares = columns.reduce(0) { $0 + ($1[band] - mean[band]) * ($1[band] - mean[band]) }
      return (squares / (n - 1) / n).squareRoot()
    }
    return (mean, errors)
  }

  @Test("One pass gives what two passes give", arguments: [2, 3, 17, 200])
  func twoPasses(count: Int) throws {
    let profiles = Array(Self.profiles.prefix(count))
    var statistics = ProfileStatistics(bandCount: 7)
    for profile in profiles { statistics.add(profile) }
    let absolute = Self.twoPass(profiles)
    let relative = Self.twoPass(profiles.map { profile in profile.map { $0 - profile[0] } })
    #expect(statistics.count == count)
    // Sums of 200 numbers near 5 in Double: 200 · 5 · 1e-16, one digit to spare.
    #expect(largestDifference(statistics.mean, absolute.mean) < 1e-12)
    #expect(largestDifference(statistics.relativeMean, relative.mean) < 1e-12)
    #expect(largestDifference(try #require(statistics.standardError), absolute.standardError) < 1e-12)
    #expect(largestDifference(try #require(statistics.relativeStandardError), relative.standardError) < 1e-12)
  }

  @Test("The first relative entry is zero without error")
  func relativeStartsAtZero() throws {
    var statistics = ProfileStatistics(bandCount: 7)
    for profile in Self.profiles { statistics.add(profile) }
    #expect(statistics.relativeMean[0] == 0)
    #expect(try #require(statistics.relativeStandardError)[0] == 0)
    #expect(try #require(statistics.relativeStandardError)[1] > 0)
  }

  @Test("One image has a mean but no standard error")
  func oneImage() {
    var statistics = ProfileStatistics(bandCount: 3)
    #expect(statistics.count == 0)
    #expect(statistics.standardError == nil)
    statistics.add([3, 2, 0.5])
    #expect(statistics.mean == [3, 2, 0.5])
    #expect(statistics.relativeMean == [0, -1, -2.5])
    #expect(statistics.standardError == nil)
    #expect(statistics.relativeStandardError == nil)
  }

  @Test("A large offset does not spoil the standard error")
  func offset() throws {
    var statistics = ProfileStatistics(bandCount: 1)
    for i in 0..<1000 { statistics.add([1e8 + Double(i % 2)]) }
    // Variance of alternating 0, 1 over n = 1000: 0.25 · n/(n − 1); Double holds 1e8 to 1.5e-8.
    let expected = (0.25 / 999).squareRoot()
    #expect(abs(try #require(statistics.standardError)[0] - expected) < 1e-9)
  }
}
