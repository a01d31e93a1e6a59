import Foundation
import Hessian
import Tensors
import Testing

@Suite("Outcomes")
struct OutcomeTests {
  static let spectrum = [10, -9.9, 9.8, 9.7] + HardSpectrum.tail(300).map { 9 * $0 }

  @Test("A cap gives a result whose values are marked and whose intervals still hold", arguments: Method.allCases)
  func cap(method: Method) throws {
    for cap in [1, 2, 3, 7] {
      var a = ReflectedDiagonal(eigenvalues: OutcomeTests.spectrum)
      let found = try solve(&a, method, count: 4, cap: cap)
      expectSound(found, spectrum: OutcomeTests.spectrum, "\(method), cap \(cap)")
      // A value that stands alone, −9.9, may settle within seven products; the last cannot.
      #expect(found.eigenvalues.last?.converged == false, "\(method), cap \(cap)")
      #expect(found.products <= (method == .power ? 4 * cap : cap))
      #expect(found.checkProducts == found.values.count)
      #expect(found.values.count == (method == .power ? 4 : min(4, cap)))
    }
  }

  @Test("A value counts as unconverged once an earlier one is")
  func laterValues() throws {
    // 10 and 9.999 cannot be separated to 1e-5 by 12 products each, −5 can be had.
    let spectrum = [10, 9.9999, -5] + HardSpectrum.tail(200)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let found = try solve(&a, .power, count: 3, tolerance: 1e-6, cap: 6)
    let first = try #require(found.eigenvalues.firstIndex { !$0.converged })
    #expect(found.eigenvalues[first...].allSatisfy { !$0.converged })
    expectSound(found, spectrum: spectrum)
  }

  @Test("What was overlooked is noticed")
  func overlooked() throws {
    // Three equal values among distinct ones: one start vector sees one of them.
    let spectrum = [10, 10, 10, 5, 4, 3] + HardSpectrum.tail(200)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let found = try solve(&a, .lanczos, count: 4)
    expectSound(found, spectrum: spectrum)
    let rank = try #require(found.rank)
    let right = zip(found.values, foremost(spectrum, 4, .magnitude)).allSatisfy { abs($0 - $1) < 0.05 }
    #expect(rank.rankChecked == right, "\(found.values) \(rank)")
    if !right { #expect(rank.outcome == .overlooked) }
    // Power iteration starts anew for every value.
    let power = try solve(&a, .power, count: 4)
    expectForemost(power, spectrum: spectrum)
    #expect(power.rank?.rankChecked == true)
  }

  @Test(
    "Overlooked copies and members of a cluster are added, and the ranks then hold",
    arguments: [[10, 10, 10, 5, 4, 3], [10.02, 10.01, 10, 9.99, 9.98, 5], [8, -8, 8, -8, 2]] as [[Double]])
  func completion(top: [Double]) throws {
    let spectrum = top + HardSpectrum.tail(200)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let check = try checkOperator(&a)
    var options = LanczosOptions()
    options.count = 4
    let first = try largestEigenvalues(of: &a, byLanczos: options, check: check)
    let products = first.products
    let pairs = try completedEigenvalues(of: &a, pairs: first, check: check)
    let found = Found(
      eigenvalues: pairs.eigenvalues, products: pairs.products, checkProducts: pairs.checkProducts,
      rank: pairs.rankCheck, check: pairs.operatorCheck,
      vectors: (0..<pairs.vectors.count).map { i in
        let span = pairs.vectors.vector(i)
        return span.indices.map { span[$0] }
      })
    #expect(found.rank?.rankChecked == true, "\(String(describing: found.rank)) \(found.values)")
    #expect(found.products == products)
    expectForemost(found, spectrum: spectrum, "\(top)")
  }

  @Test("An error of the observer stops the solver and reaches the caller", arguments: Method.allCases)
  func cancellation(method: Method) throws {
    struct Stop: Error {}
    var a = ReflectedDiagonal(eigenvalues: OutcomeTests.spectrum)
    var seen: [SolverProgress] = []
    let observer: SolverObserver = { progress in
      seen.append(progress)
      if progress.products == 5 { throw Stop() }
    }
    #expect(throws: Stop.self) {
      switch method {
      case .power: _ = try largestEigenvalues(of: &a, byPowerIteration: PowerIterationOptions(), observer: observer)
      case .lanczos: _ = try largestEigenvalues(of: &a, byLanczos: LanczosOptions(), observer: observer)
      }
    }
    #expect(seen.map(\.products) == [1, 2, 3, 4, 5])
    #expect(seen.allSatisfy { $0.residual >= 0 && $0.value.isFinite && $0.iteration >= 1 })
  }

  @Test("Start vectors of a similar operator save products")
  func warmStart() throws {
    let spectrum = [10, -8, 6, 5, 4] + HardSpectrum.tail(300)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let options = PowerIterationOptions()
    let cold = try largestEigenvalues(of: &a, byPowerIteration: options)
    var similar = ReflectedDiagonal(eigenvalues: spectrum.map { $0 * 1.01 })
    let warm = try largestEigenvalues(of: &similar, byPowerIteration: options, start: cold.vectors)
    let (spent, before, converged) = (warm.products, cold.products, warm.converged)
    #expect(spent < before / 2, "\(spent) against \(before)")
    #expect(converged)
    let value = warm.eigenvalues[0].value
    #expect(abs(value - 10.1) < 0.01)
  }

  @Test("A product that is not finite is refused")
  func notFinite() throws {
    var a = ClosureOperator(order: 4) { v in v.map { _ in Float.nan } }
    #expect(throws: HessianError.notFinite(product: 1)) {
      _ = try largestEigenvalues(of: &a, byLanczos: LanczosOptions())
    }
    #expect(throws: HessianError.notFinite(product: 1)) {
      _ = try largestEigenvalues(of: &a, byPowerIteration: PowerIterationOptions())
    }
    #expect(throws: HessianError.notFinite(product: 1)) { _ = try estimateTrace(of: &a) }
    #expect(throws: HessianError.notFinite(product: 1)) { _ = try checkOperator(&a) }
  }

  @Test("An operator of order 0 has no eigenvalues", arguments: Method.allCases)
  func empty(method: Method) throws {
    var a = DenseOperator([])
    #expect(try solve(&a, method, count: 2).values.isEmpty)
  }
}
