import Foundation
import Testing

@testable import Diagnostics

@Suite("Errors along a run whose records depend on each other")
struct LongRunVarianceTests {
  /// Standard normal numbers, the same on every machine but for the last bits of a logarithm.
  private func normals(_ count: Int, seed: UInt64) -> [Double] {
    var state = seed
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }
    return (0..<count).map { _ in (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
  }

  private func indices(_ count: Int) -> [Double] { (0..<count).map(Double.init) }

  // MARK: The long-run variance

  @Test("Fewer cosines than the source takes, never fewer than two, never more than 32")
  func cosines() {
    let expected = [12: 2, 24: 2, 48: 3, 100: 5, 151: 7, 1001: 25, 1_000_000: 32]
    for (records, cosines) in expected { #expect(LongRunVariance.cosines(for: records) == cosines, "\(records)") }
  }

  @Test("Below twelve records, or at a single place, there is none")
  func absent() throws {
    #expect(LongRunVariance(of: normals(11, seed: 1), at: indices(11)) == nil)
    #expect(LongRunVariance(of: normals(12, seed: 1), at: indices(12))?.degreesOfFreedom == 2)
    #expect(LongRunVariance(of: normals(12, seed: 1), at: [Double](repeating: 3, count: 12)) == nil)
    let short = DependentRecords(normals(11, seed: 1), at: indices(11))
    let slope = try #require(short.slope)
    #expect(slope.standardError == nil && slope.interval == nil && slope.cosines == nil)
    #expect(short.lateLessEarly?.standardError == nil)
  }

  @Test("Of the second cosine, which no line resembles, it is half the square of its length over two cosines")
  func closedForm() throws {
    // 24 records, A cos(2π (t + ½) / 24) has Σ² = 12 A².
    let records = (0..<24).map { 3 * cos(2 * Double.pi * (Double($0) + 0.5) / 24) }
    let variance = try #require(LongRunVariance(of: records, at: indices(24)))
    // Sums of 24 products of up to 9, and a recurrence of as many steps.
    #expect(variance.degreesOfFreedom == 2 && abs(variance.value - 12 * 9 / 2) < 1e-11)
    // The fourth cosine is not looked at.
    let other = (0..<24).map { cos(4 * Double.pi * (Double($0) + 0.5) / 24) }
    #expect(try #require(LongRunVariance(of: other, at: indices(24))).value < 1e-24)
  }

  /// The definition: vectors made orthogonal one after the other.
  private func explicit(_ records: [Double], _ places: [Double]) -> Double {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    func unit(_ v: [Double]) -> [Double] { v.map { $0 / dot(v, v).squareRoot() } }
    func left(_ v: [Double], _ basis: [[Double]]) -> [Double] {
      basis.reduce(v) { v, b in
        let part = dot(v, b)
        return zip(v, b).map { $0 - part * $1 }
      }
    }
    let n = records.count
    let constant = unit([Double](repeating: 1, count: n))
    var basis = [constant, unit(left(places, [constant]))]
    let wanted = LongRunVariance.cosines(for: n)
    var sum = 0.0
    for j in 1..<n where basis.count < wanted + 2 {
      let cosine = unit((0..<n).map { cos(.pi * Double(j) * (Double($0) + 0.5) / Double(n)) })
      let rest = left(cosine, basis)
      guard dot(rest, rest) > 0.5 else { continue }
      let vector = unit(rest)
      sum += dot(vector, records) * dot(vector, records)
      basis.append(vector)
    }
    return sum / Double(wanted)
  }

  @Test(
    "It is the mean square of projections on cosines made orthogonal to line and each other, evenly spaced or not",
    arguments: [12, 24, 48, 151])
  func definition(count: Int) throws {
    let records = zip(normals(count, seed: 5), indices(count)).map { $0 + 0.3 * $1 }
    for places in [indices(count), indices(count).map { $0 * $0 }, indices(count).map { exp($0 / 4) }] {
      let found = try #require(LongRunVariance(of: records, at: places)).value
      let expected = explicit(records, places)
      // Sums of 151 products of values up to 45, 151 · 45² · 1e-16 = 3e-11, in both, beside a value of the order of 1 or more.
      #expect(abs(found - expected) < 1e-9 * max(1, expected), "\(found) \(expected)")
    }
  }

  @Test("A line added to the records leaves it, and a factor comes out squared")
  func invariance() throws {
    let places = [0, 1, 2, 4, 5, 7, 8, 9, 12, 13, 14, 20, 21, 22, 25, 30].map(Double.init)
    let records = normals(16, seed: 9)
    let value = try #require(LongRunVariance(of: records, at: places)).value
    let moved = zip(records, places).map { 4 * ($0 + 7 - 2 * $1) }
    // Records of up to 250 in sums of 16: 16 · 250² · 1e-16 = 1e-10.
    #expect(abs(try #require(LongRunVariance(of: moved, at: places)).value - 16 * value) < 1e-9)
  }

  // MARK: Against NumPy

  private struct Reference: Decodable {
    struct Case: Decodable {
      let name: String
      let records: [Double]
      let places: [Double]
      let slope: Double
      let lateLessEarly: Double
      let longRunVariance: Double
      let cosines: Int
      let slopeError: Double
      let lateLessEarlyError: Double
    }
    let cases: [Case]
  }

  @Test("Slopes, differences and errors are those of NumPy's least squares and QR decomposition")
  func numpy() throws {
    let data = try Data(contentsOf: goldenFolder.appendingPathComponent("run-errors.json"))
    let cases = try JSONDecoder().decode(Reference.self, from: data).cases
    #expect(cases.count == 8)
    for item in cases {
      let variance = try #require(LongRunVariance(of: item.records, at: item.places))
      #expect(variance.degreesOfFreedom == item.cosines, "\(item.name)")
      let records = DependentRecords(item.records, at: item.places)
      let (slope, change) = (try #require(records.slope), try #require(records.lateLessEarly))
      let pairs = [
        (variance.value, item.longRunVariance), (slope.value, item.slope), (change.value, item.lateLessEarly),
        (try #require(slope.standardError), item.slopeError),
        (try #require(change.standardError), item.lateLessEarlyError),
      ]
      // Sums of at most 200 values below 1, 200 · 1e-16, beside numbers of at least 1e-3 of what is summed.
      for (found, expected) in pairs { #expect(abs(found - expected) < 1e-10 * abs(expected), "\(item.name)") }
    }
  }

  // MARK: Slope and difference

  @Test("A line without scatter has its slope, its difference of thirds, and no error")
  func line() throws {
    let records = DependentRecords(indices(24).map { 5 - 0.5 * $0 }, at: indices(24))
    let (slope, change) = (try #require(records.slope), try #require(records.lateLessEarly))
    // The thirds' middles are 16 records apart; rounding of sums of 24 values of up to 7.
    #expect(abs(slope.value + 0.5) < 1e-13 && abs(change.value + 8) < 1e-13)
    #expect(try #require(slope.standardError) < 1e-14 && #require(change.standardError) < 1e-13)
    #expect(RecordsCourse(change: change, slopeInterval: slope.interval, reach: records.reach, count: 24) == .falls)
  }

  @Test(
    "Errors are the long-run deviation times the length of the sum, intervals Student's t with as many degrees as cosines"
  )
  func errors() throws {
    let (values, places) = (normals(30, seed: 3), indices(30))
    let deviation = try #require(LongRunVariance(of: values, at: places)).value.squareRoot()
    let records = DependentRecords(values, at: places)
    let (slope, change) = (try #require(records.slope), try #require(records.lateLessEarly))
    // Σ (t − 14.5)² over 30 places; 10 records in each third.
    let squares = 30.0 * (30 * 30 - 1) / 12
    let errors = [(slope, deviation / squares.squareRoot()), (change, deviation * (2.0 / 10).squareRoot())]
    for (estimate, error) in errors {
      #expect(abs(try #require(estimate.standardError) - error) < 1e-12 && estimate.cosines == 2)
      // t(0.975) with two degrees of freedom, by SciPy.
      let half = 4.302652729749462 * error
      let interval = try #require(estimate.interval)
      #expect(abs(interval[0] - estimate.value + half) < 1e-9 && abs(interval[1] - estimate.value - half) < 1e-9)
    }
  }

  @Test("Two records differ by their difference, one by none")
  func few() {
    #expect(DependentRecords([0.25, 0.5], at: [1, 2]).lateLessEarly?.value == 0.25)
    #expect(DependentRecords([0.25], at: [1]).lateLessEarly == nil && DependentRecords([0.25], at: [1]).slope == nil)
  }

  // MARK: Verdicts

  private func course(_ change: [Double]?, _ slope: [Double]?, reach: Double = 1) throws -> RecordsCourse? {
    var estimate = try #require(DependentRecords([0, 1], at: [0, 1]).lateLessEarly)
    estimate.interval = change
    estimate.standardError = change.map { $0[1] - $0[0] }
    return RecordsCourse(change: estimate, slopeInterval: slope, reach: reach, count: 24)
  }

  @Test("A verdict takes slope and difference, and never contradicts either")
  func verdicts() throws {
    #expect(try course([0.1, 0.2], [0.1, 0.3]) == .rises && course([-0.2, -0.1], [-0.3, -0.1]) == .falls)
    #expect(try course([0.1, 0.2], [-0.3, -0.1]) == .open && course([0.1, 0.2], [-0.1, 0.3]) == .open)
    #expect(try course([-0.1, 0.2], [0.1, 0.3]) == .open && course([0.1, 0.2], nil) == .open)
    #expect(try course([-1e-16, 1e-16], [-1e-17, 1e-17]) == .still && course(nil, nil) == nil)
    // Two records in a row of 24 may depend on each other, three may not.
    #expect(
      try course([0.1, 0.2], [0.1, 0.3], reach: 2) == .rises && course([0.1, 0.2], [0.1, 0.3], reach: 3) == .drift)
    #expect(try course([-0.1, 0.2], [0.1, 0.3], reach: 3) == .open)
  }

  @Test("Records that alternate reach no further than themselves, those of a bend reach far")
  func reach() throws {
    let alternating = (0..<24).map { $0.isMultiple(of: 2) ? 1.0 : -1 }
    #expect(DependentRecords(alternating, at: indices(24)).reach == 1)
    #expect(DependentRecords([Double](repeating: 2, count: 24), at: indices(24)).reach == 1)
    let bend = indices(24).map { ($0 - 11.5) * ($0 - 11.5) }
    // ρ of a parabola less its mean at 24 places is 0.81.
    #expect(try #require(DependentRecords(bend, at: indices(24)).reach) > 6)
    #expect(DependentRecords(normals(11, seed: 1), at: indices(11)).reach == nil)
  }
}
