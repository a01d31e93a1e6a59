import Foundation
import Hessian
import Tensors
import Testing

/// Spectra on which eigenvalue solvers go wrong.
struct HardSpectrum: Sendable, CustomTestStringConvertible {
  var name: String
  var eigenvalues: [Double]
  var count: Int
  var testDescription: String { name }

  /// A tail that falls from 1 to 0, below the values of interest.
  static func tail(_ n: Int) -> [Double] { (0..<n).map { 1 - Double($0) / Double(n) } }

  static let all: [HardSpectrum] = [
    .init(name: "well separated", eigenvalues: [45, 33, -31, 28, -20] + tail(95), count: 5),
    .init(name: "clustered", eigenvalues: [10.02, 10.01, 10, 9.99, 9.98, 5] + tail(94), count: 5),
    .init(name: "± pair of equal size", eigenvalues: [10, -10, 7, -7, 3] + tail(95), count: 5),
    .init(
      name: "repeated, few distinct", eigenvalues: [5, 5, 5, 2, 2] + Array(repeating: 1, count: 55), count: 5),
    .init(name: "rank one", eigenvalues: [4] + Array(repeating: 0, count: 49), count: 3),
    .init(name: "rank one, negative", eigenvalues: [-4] + Array(repeating: 0, count: 49), count: 3),
    .init(name: "zero matrix", eigenvalues: Array(repeating: 0, count: 20), count: 3),
    .init(name: "identity", eigenvalues: Array(repeating: 1, count: 30), count: 4),
    .init(name: "1×1", eigenvalues: [-3], count: 5),
    .init(name: "2×2 pair", eigenvalues: [1, -1], count: 2),
    .init(name: "more wanted than there are", eigenvalues: [3, -2, 1], count: 5),
    .init(name: "ill-conditioned", eigenvalues: (0..<60).map { pow(10, 4 - 0.2 * Double($0)) }, count: 5),
    .init(name: "indefinite", eigenvalues: (0..<80).map { (Double($0) - 39.3) * abs(Double($0) - 39) }, count: 5),
    .init(name: "tiny values", eigenvalues: [3e-12, -2e-12, 1e-12] + Array(repeating: 0, count: 40), count: 3),
    .init(name: "huge values", eigenvalues: [3e12, -2e12, 1e12] + Array(repeating: 1, count: 40), count: 3),
  ]
}

@Suite("Known spectra")
struct KnownSpectraTests {
  @Test("Every value is the j-th eigenvalue within its bound", arguments: HardSpectrum.all, Method.allCases)
  func foremostValues(spectrum: HardSpectrum, method: Method) throws {
    var a = ReflectedDiagonal(eigenvalues: spectrum.eigenvalues)
    // Ends of opposite sign that differ by 1 % take power iteration more than 100 products from some starts.
    let found = try solve(&a, method, count: spectrum.count, cap: 200)
    #expect(found.values.count == min(spectrum.count, spectrum.eigenvalues.count))
    expectSound(found, spectrum: spectrum.eigenvalues, "\(spectrum.name), \(method)")
    // Residuals of 1e-3 do not tell apart a cluster as narrow: then the rank check must say so.
    if found.rank?.outcome == .overlooked && spectrum.name == "clustered" { return }
    expectForemost(found, spectrum: spectrum.eigenvalues, "\(spectrum.name), \(method)")
    #expect(found.rank?.outcome == .nothingLarger, "\(spectrum.name), \(method): \(String(describing: found.rank))")
  }

  @Test("The algebraically largest are found", arguments: HardSpectrum.all, Method.allCases)
  func largestValues(spectrum: HardSpectrum, method: Method) throws {
    var a = ReflectedDiagonal(eigenvalues: spectrum.eigenvalues)
    let found = try solve(&a, method, count: spectrum.count, which: .largest)
    expectSound(found, spectrum: spectrum.eigenvalues, which: .largest, "\(spectrum.name), \(method)")
    if found.rank?.outcome == .overlooked && spectrum.name == "clustered" { return }
    // Some have no more positive values than the tail, 0.01 apart, which power iteration may not settle.
    expectForemost(
      found, spectrum: spectrum.eigenvalues, which: .largest, allConverged: method == .lanczos,
      "\(spectrum.name), \(method)")
    if found.eigenvalues.allSatisfy(\.converged) {
      #expect(found.rank?.outcome == .nothingLarger, "\(spectrum.name), \(method): \(String(describing: found.rank))")
    }
  }
}
