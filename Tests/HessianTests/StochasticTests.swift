import Foundation
import Hessian
import Tensors
import Testing

@Suite("Density and trace")
struct StochasticTests {
  @Test("The density integrates to 1 at any bandwidth", arguments: [0.02, 0.2, 2])
  func integral(bandwidth: Double) throws {
    var a = DenseOperator(randomSymmetric(60, seed: 9))
    let density = try lanczosQuadrature(of: &a).density
    let grid = density.grid(count: 20_001, bandwidth: bandwidth)
    let values = density.values(at: grid, bandwidth: bandwidth)
    #expect(values.allSatisfy { $0 >= 0 })
    let integral = values.reduce(0, +) * (grid[1] - grid[0])
    // 4 σ on either side leave out 6e-5 at most.
    #expect(abs(integral - 1) < 1e-4, "\(integral)")
    for weights in density.weights { #expect(abs(weights.reduce(0, +) - 1) < 1e-12) }
  }

  @Test("Each probe's moments are vᵀAᵖv / n, so their mean reaches tr Aᵖ / n within its spread")
  func moments() throws {
    let golden = try #require(try GoldenSpectra.load().cases.last)
    var a = DenseOperator(randomSymmetric(golden.order, seed: golden.seed))
    var options = QuadratureOptions()
    (options.probes, options.steps) = (64, 20)
    let density = try lanczosQuadrature(of: &a, options: options).density
    let n = Double(golden.order)
    for power in 1...4 {
      let truth = golden.eigenvalues.reduce(0) { $0 + pow($1, Double(power)) } / n
      // Variance of vᵀAᵖv is 2 (‖Aᵖ‖² − Σ entries of the diagonal²) ≤ 2 tr A²ᵖ; five deviations of the mean.
      let spread = (2 * golden.eigenvalues.reduce(0) { $0 + pow($1, Double(2 * power)) }).squareRoot() / n / 8
      #expect(abs(density.moment(power) - truth) <= 5 * spread, "power \(power): \(density.moment(power)) for \(truth)")
    }
    #expect(density.moment(0) > 1 - 1e-12 && density.moment(0) < 1 + 1e-12)
  }

  @Test("A spectrum of few distinct values is found exactly, however many steps are asked for")
  func fewValues() throws {
    let spectrum = Array(repeating: 3.0, count: 10) + Array(repeating: -1.0, count: 30)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    let result = try lanczosQuadrature(of: &a)
    // Two products for each probe: its Krylov space has two dimensions.
    #expect(result.products == 8)
    for nodes in result.density.nodes {
      #expect(nodes.count == 2)
      // Rounding of Float products.
      #expect(abs(nodes[0] + 1) < 1e-5 && abs(nodes[1] - 3) < 1e-5)
    }
  }

  @Test("The trace lies within four standard errors, and a diagonal matrix has none", arguments: [1, 2, 3] as [UInt64])
  func trace(seed: UInt64) throws {
    let rows = randomSymmetric(100, seed: seed)
    var a = DenseOperator(rows)
    var options = TraceOptions()
    (options.probes, options.seed) = (50, seed)
    let estimate = try estimateTrace(of: &a, options: options)
    var truth = 0.0
    for i in rows.indices { truth += rows[i][i] }
    let error = try #require(estimate.standardError)
    #expect(abs(estimate.value - truth) <= 4 * error, "\(estimate.value) ± \(error) for \(truth)")
    // The deviation itself: 2 Σ over i ≠ j of aᵢⱼ², divided by the probes; known to 10 % from 50 samples, so three of those.
    var squares = 0.0
    for i in rows.indices { for j in rows.indices where i != j { squares += rows[i][j] * rows[i][j] } }
    let expected = (2 * squares / 50).squareRoot()
    #expect(abs(error / expected - 1) < 0.3)
    #expect(estimate.products == 50)

    var diagonal = Diagonal(order: 1000)
    let exact = try estimateTrace(of: &diagonal)
    // vᵀDv is the trace for every vector of signs; Float products round by 6e-8.
    var sum = 18.0
    for i in 3..<1000 { sum += 5 * Double(1000 - i) / 1000 }
    #expect(abs(exact.value - sum) < 1e-6 * sum)
    #expect(try #require(exact.standardError) < 1e-6 * sum)
  }

  @Test("A single probe has no standard error")
  func singleProbe() throws {
    #expect(TraceEstimate(samples: [2]).standardError == nil)
    #expect(TraceEstimate(samples: [1, 3]).standardError == 1)
  }
}
