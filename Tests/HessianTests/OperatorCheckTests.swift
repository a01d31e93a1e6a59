import Foundation
import Hessian
import Tensors
import Testing

@Suite("Operator check")
struct OperatorCheckTests {
  @Test("A product rounded to single precision shows that precision")
  func precision() throws {
    var a = DenseOperator(randomSymmetric(200, seed: 4))
    let check = try checkOperator(&a)
    #expect(check.products == 4)
    #expect(a.products == 4)
    #expect(check.repetition == 0)
    // Each entry is rounded by up to ε/2 = 6e-8 of itself.
    #expect(check.rounding > 1e-9 && check.rounding < 2e-7)
    #expect(check.asymmetry < 5e-7)
    #expect(check.productError(at: 100) >= check.productError(at: 1))
  }

  @Test("Coarse products widen every bound")
  func coarse() throws {
    let rows = randomSymmetric(50, seed: 4)
    var a = ClosureOperator(order: 50) { v in
      rows.map { row in
        let exact = zip(row, v).reduce(0.0) { $0 + $1.0 * Double($1.1) }
        // Twelve bits of each entry remain, as in half precision.
        return Float(bitPattern: Float(exact).bitPattern & 0xFFFF_F000)
      }
    }
    let check = try checkOperator(&a)
    // Cutting leaves errors of 2⁻¹¹ at most, and about 2⁻¹³ in the mean.
    #expect(check.rounding > 1e-5 && check.rounding < 1e-3, "\(check)")
    let pairs = try largestEigenvalues(of: &a, byLanczos: LanczosOptions(), check: check)
    for eigenvalue in pairs.eigenvalues {
      #expect(eigenvalue.bound > eigenvalue.residual + 1e-5 * abs(eigenvalue.value))
    }
    var exact = DenseOperator(rows)
    let truth = try solve(&exact, .lanczos, count: 5, tolerance: 1e-6, cap: 1000)
    for (found, value) in zip(pairs.eigenvalues, truth.values) { #expect(abs(found.value - value) <= found.bound) }
  }

  @Test("A product that changes from call to call is refused")
  func notRepeatable() throws {
    var calls: Float = 0
    var a = ClosureOperator(order: 30) { v in
      calls += 1
      return v.map { $0 * (1 + 0.1 * calls) }
    }
    let error = #expect(throws: HessianError.self) { _ = try checkOperator(&a) }
    guard case .notRepeatable(let difference) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(abs(difference - 0.1 / 1.1) < 1e-5)
  }

  @Test("A matrix that is not symmetric is refused")
  func notSymmetric() throws {
    var sequence = Sequence64(state: 3)
    var a = DenseOperator((0..<50).map { _ in (0..<50).map { _ in sequence.next() } })
    let error = #expect(throws: HessianError.self) { _ = try checkOperator(&a) }
    guard case .notSymmetric = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A map that is not linear is refused")
  func notLinear() throws {
    var a = ClosureOperator(order: 1) { v in [v[0] * abs(v[0])] }
    #expect(throws: HessianError.notLinear(difference: 1.0 / 3)) {
      do { _ = try checkOperator(&a) } catch HessianError.notLinear(let difference) {
        throw HessianError.notLinear(difference: abs(difference - 1.0 / 3) < 1e-5 ? 1.0 / 3 : difference)
      }
    }
  }

  @Test("Messages say what to do next")
  func messages() {
    #expect(
      "\(HessianError.notRepeatable(difference: 0.25))"
        == "the same vector gave two Hessian-vector products that differ by 25.0 %; "
        + "fix images, masks and dropout before asking for eigenvalues")
    #expect("\(HessianError.notFinite(product: 3))".hasPrefix("Hessian-vector product 3 holds NaN"))
  }

  @Test("The zero matrix and the order 1 pass")
  func smallest() throws {
    var zero = DenseOperator([[0, 0], [0, 0]])
    #expect(try checkOperator(&zero).relativeError == 0)
    var one = DenseOperator([[-2]])
    #expect(try checkOperator(&one).norm == 2)
  }
}
