import Hessian
import Tensors
import Testing

/// A symmetric map of double precision that single precision sees with a fixed error: what the rounding of a network's forward pass is.
private struct DisturbedOperator: ConfirmableOperator {
  let truth: [[Double]]
  let seen: [[Double]]
  var order: Int { truth.count }

  /// `error` is the size of the entries of seen − truth.
  init(_ truth: [[Double]], error: Double, seed: UInt64) {
    self.truth = truth
    let disturbance = randomSymmetric(truth.count, seed: seed)
    seen = zip(truth, disturbance).map { row, other in zip(row, other).map { $0 + error * $1 } }
  }

  mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
    for i in seen.indices { product[i] = Float(dot(seen[i], v)) }
  }

  mutating func doubleProducts(
    of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
  ) throws {
    for row in rows {
      var product = truth.map { dot($0, vectors.vector(row)) }
      var span = product.mutableSpan
      try body(row, &span)
    }
  }

  private func dot(_ row: [Double], _ v: Span<Float>) -> Double {
    row.indices.reduce(0) { $0 + row[$1] * Double(v[$1]) }
  }
}

@Suite("Values, residuals and bounds from products in double precision")
struct ConfirmedEigenvalueTests {
  /// diag(10, 8, −7, 3, then 60 values below 1), turned by a reflection.
  private static let values = [10, 8, -7, 3] + (0..<60).map { 0.9 * Double($0) / 60 }
  private static let matrix: [[Double]] = {
    // (1 − 2uuᵀ/n) diag(λ) (1 − 2uuᵀ/n), u = (1, …, 1).
    let (n, mean) = (Double(values.count), values.reduce(0, +) / Double(values.count))
    return values.indices.map { i in
      values.indices.map { j in (i == j ? values[i] : 0) - 2 / n * (values[i] + values[j]) + 4 / n * mean }
    }
  }()

  private struct Result {
    let before: [Eigenvalue]
    let after: [Eigenvalue]
    let exceedsPrecision: Bool
    let margins: (before: Double, after: Double)
    let checkProducts: (before: Int, after: Int)
  }

  private func solve(error: Double, seed: UInt64 = 1, tolerance: Double = 1e-3) throws -> Result {
    var a = DisturbedOperator(Self.matrix, error: error, seed: seed)
    var options = LanczosOptions()
    (options.count, options.seed, options.relativeTolerance) = (3, seed, tolerance)
    let pairs = try completedEigenvalues(
      of: &a, pairs: try largestEigenvalues(of: &a, byLanczos: options), relativeTolerance: tolerance)
    let (before, margin, products) = (pairs.eigenvalues, pairs.rankCheck?.margin ?? .nan, pairs.checkProducts)
    let after = try confirmedEigenvalues(of: &a, pairs: pairs, relativeTolerance: tolerance)
    return Result(
      before: before, after: after.eigenvalues, exceedsPrecision: after.exceedsPrecision,
      margins: (margin, after.rankCheck?.margin ?? .nan),
      checkProducts: (products, after.checkProducts))
  }

  private func distance(_ value: Double) -> Double { Self.values.map { abs($0 - value) }.min() ?? .infinity }

  @Test("An error that is the same in every product is in the bound, whatever the seed", arguments: [1e-6, 1e-5, 1e-4])
  func bounds(error: Double) throws {
    var missed = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = try solve(error: error, seed: seed, tolerance: 1e-6)
      for (j, value) in result.after.enumerated() {
        #expect(distance(value.value) <= value.bound, "seed \(seed), value \(j)")
        #expect(abs(value.value - Self.values[j]) <= result.margins.after, "seed \(seed), value \(j) by rank")
      }
      missed += result.before.filter { distance($0.value) > $0.bound }.count
    }
    // Products of single precision do not see it: that is why there are others.
    #expect(error < 1e-4 || missed > 10, "\(missed)")
  }

  @Test("A residual misses the error by its square only: the value is better than the solver's")
  func sharper() throws {
    let result = try solve(error: 1e-4)
    for (before, after) in zip(result.before, result.after) {
      #expect(distance(after.value) <= max(0.1 * distance(before.value), 1e-12))
      // ‖r‖² over the distance to the next eigenvalue, 1 at least: Kato and Temple.
      #expect(distance(after.value) <= after.residual * after.residual + 1e-12)
    }
    #expect(result.margins.after > result.margins.before)
    #expect(result.checkProducts.after == result.checkProducts.before + 3)
  }

  @Test("Where single precision cannot carry the map, values are not converged")
  func unfit() throws {
    let result = try solve(error: 0.05)
    #expect(result.before.map(\.converged) == [true, true, true])
    #expect(result.after.map(\.converged) == [false, false, false])
    let fit = try solve(error: 1e-6)
    #expect(result.exceedsPrecision && !fit.exceedsPrecision)
    for value in result.after { #expect(distance(value.value) <= value.bound) }
  }

  @Test("Each product is reported, and an observer that throws ends the run")
  func observed() throws {
    var a = DisturbedOperator(Self.matrix, error: 1e-6, seed: 1)
    var options = LanczosOptions()
    options.count = 3
    var seen: [SolverProgress] = []
    let pairs = try largestEigenvalues(of: &a, byLanczos: options)
    let before = pairs.products + pairs.checkProducts
    _ = try confirmedEigenvalues(of: &a, pairs: pairs) { seen.append($0) }
    #expect(seen.map(\.index) == [0, 1, 2] && seen.map(\.products) == [1, 2, 3].map { before + $0 })
    struct Stop: Error {}
    let again = try largestEigenvalues(of: &a, byLanczos: options)
    var calls = 0
    do {
      _ = try confirmedEigenvalues(of: &a, pairs: again) { _ in
        calls += 1
        throw Stop()
      }
      Issue.record("it went on")
    } catch is Stop {}
    #expect(calls == 1)
  }

  @Test("Values come in the order of their size in double precision")
  func order() throws {
    // 8 and −7.9999 change places where the map of single precision lets them.
    struct Swapped: ConfirmableOperator {
      var order: Int { 6 }
      mutating func apply(to v: Span<Float>, into product: inout MutableSpan<Float>) throws(Never) {
        for i in 0..<6 { product[i] = [8, -8.01, 1, 0.5, 0.2, 0][i] * v[i] }
      }
      mutating func doubleProducts(
        of vectors: borrowing VectorStack, _ rows: Range<Int>, _ body: (Int, inout MutableSpan<Double>) throws -> Void
      ) throws {
        for row in rows {
          var product = (0..<6).map { [8, -7.99, 1, 0.5, 0.2, 0][$0] * Double(vectors.vector(row)[$0]) }
          var span = product.mutableSpan
          try body(row, &span)
        }
      }
    }
    var a = Swapped()
    var options = LanczosOptions()
    options.count = 2
    let pairs = try largestEigenvalues(of: &a, byLanczos: options)
    #expect(pairs.eigenvalues[0].value < 0)
    let confirmed = try confirmedEigenvalues(of: &a, pairs: pairs)
    // Within 1e-5: what single precision leaves of the vectors.
    #expect(abs(confirmed.eigenvalues[0].value - 8) < 1e-5 && abs(confirmed.eigenvalues[1].value + 7.99) < 1e-5)
    let (first, second) = (confirmed.vectors.vector(0)[0], confirmed.vectors.vector(1)[1])
    #expect(abs(abs(first) - 1) < 1e-5 && abs(abs(second) - 1) < 1e-5)
  }
}
