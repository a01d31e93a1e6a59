import Foundation
import Hessian
import Tensors
import Testing

/// What solvers find out about an operator from the products that they make anyway.
@Suite("Operator check by the solvers' own products")
struct SolverCheckTests {
  @Test("Exact products show single precision and cost nothing", arguments: Method.allCases)
  func precision(method: Method) throws {
    var a = DenseOperator(randomSymmetric(200, seed: 4))
    let found = try solve(&a, method, count: 3, checked: false)
    let check = found.check
    #expect(check.products == 0)
    #expect(a.products == found.products + found.checkProducts + (found.rank?.products ?? 0))
    // Entries of products and of the vectors they are made of are rounded by up to 6e-8 of themselves, some hundred times.
    #expect(check.rounding > 1e-9 && check.rounding < 5e-6, "\(check)")
    #expect(check.repetition == check.rounding)
    // The largest of some hundred random differences.
    #expect(check.asymmetry > 1e-9 && check.asymmetry < 5e-6, "\(check)")
    // The largest product's norm is near the largest eigenvalue.
    #expect(abs(check.norm / abs(found.values[0]) - 1) < 0.1)
    for value in found.eigenvalues {
      #expect(value.bound == value.residual + check.productError(at: value.value))
    }
  }

  @Test(
    "Random errors of products are seen in full size, and bounds contain an eigenvalue", arguments: Method.allCases,
    [1e-4, 1e-3])
  func noise(method: Method, size: Double) throws {
    let spectrum = [9, -8, 6.5, 5] + HardSpectrum.tail(200)
    var exact = ReflectedDiagonal(eigenvalues: spectrum)
    var sequence = Sequence64(state: 5)
    var a = ClosureOperator(order: spectrum.count) { v in
      var product = [Float](repeating: 0, count: v.count)
      var span = product.mutableSpan
      exact.apply(to: v.span, into: &span)
      let norm = product.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Uniform values have a standard deviation of 1/√3.
      let scale = size * norm * (3 / Double(v.count)).squareRoot()
      return product.map { $0 + Float(scale * sequence.next()) }
    }
    let found = try solve(&a, method, count: 4, tolerance: 1e-2, checked: false)
    // The norm of a product's error is `size` of the product's; two of them differ by √2 of it, and the largest of many is more.
    #expect(found.check.rounding > 0.7 * size && found.check.rounding < 3 * size, "\(found.check)")
    #expect(found.check.asymmetry > 0.5 * size && found.check.asymmetry < 5 * size, "\(found.check)")
    expectSound(found, spectrum: spectrum, "\(method), noise \(size)")
  }

  @Test("A product that changes from call to call is refused", arguments: Method.allCases)
  func notRepeatable(method: Method) throws {
    var calls: Float = 0
    var a = ClosureOperator(order: 30) { v in
      calls += 1
      return v.map { $0 * (1 + 0.1 * calls) }
    }
    let error = #expect(throws: HessianError.self) { _ = try solve(&a, method, count: 3, checked: false) }
    guard case .notRepeatable(let difference) = error else {
      Issue.record("\(String(describing: error)), \(calls) calls")
      return
    }
    #expect(difference > 0.001)
  }

  @Test(
    "Noise of several per cent, as dropout makes it, is refused before many products are spent",
    arguments: Method.allCases)
  func dropout(method: Method) throws {
    let factors = [9, -8, 6.5, 5] + HardSpectrum.tail(2000)
    var sequence = Sequence64(state: 8)
    var calls = 0
    var a = ClosureOperator(order: factors.count) { v in
      calls += 1
      return zip(v, factors).map { $0 * Float($1) * (sequence.next() < 0.8 ? 1 : 0) }
    }
    let error = #expect(throws: HessianError.self) { _ = try solve(&a, method, count: 3, checked: false) }
    guard case .notRepeatable = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(calls <= 10, "\(calls)")
  }

  @Test("A matrix that is not symmetric is refused", arguments: Method.allCases, [50, 500])
  func notSymmetric(method: Method, order: Int) throws {
    var sequence = Sequence64(state: 3)
    var a = DenseOperator((0..<order).map { _ in (0..<order).map { _ in sequence.next() } })
    let error = #expect(throws: HessianError.self) { _ = try solve(&a, method, count: 3, checked: false) }
    guard case .notSymmetric = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(a.products <= 10, "\(a.products)")
  }

  @Test("A skew part of 3 % beside a symmetric one is refused", arguments: Method.allCases)
  func slightlySkew(method: Method) throws {
    let n = 200
    var rows = randomSymmetric(n, seed: 6)
    var sequence = Sequence64(state: 4)
    for i in 0..<n {
      for j in 0..<i {
        let skew = 0.06 * sequence.next()
        rows[i][j] += skew
        rows[j][i] -= skew
      }
    }
    var a = DenseOperator(rows)
    let error = #expect(throws: HessianError.self) { _ = try solve(&a, method, count: 3, checked: false) }
    guard case .notSymmetric = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("Maps that are not linear are refused", arguments: Method.allCases)
  func notLinear(method: Method) throws {
    // Not homogeneous, of order 1: only a vector of another length shows it.
    var square = ClosureOperator(order: 1) { v in [v[0] * abs(v[0])] }
    // A(2y)/2 is twice Ay, and the share is that of the larger.
    #expect(throws: HessianError.notLinear(difference: 0.5)) {
      _ = try solve(&square, method, count: 1, checked: false)
    }
    // Homogeneous, but not additive.
    var absolute = ClosureOperator(order: 40) { v in v.enumerated().map { Float($0 + 1) * abs($1) } }
    #expect(throws: HessianError.self) { _ = try solve(&absolute, method, count: 3, checked: false) }
  }

  @Test("Every spectrum passes without a check, and intervals hold", arguments: HardSpectrum.all, Method.allCases)
  func hardSpectra(spectrum: HardSpectrum, method: Method) throws {
    var a = ReflectedDiagonal(eigenvalues: spectrum.eigenvalues)
    let found = try solve(&a, method, count: spectrum.count, checked: false)
    expectSound(found, spectrum: spectrum.eigenvalues, "\(spectrum.name), \(method)")
    #expect(found.check.relativeError < 1e-5, "\(found.check)")
  }
}
