import Foundation
import Tensors
import Testing

@testable import Hessian

/// What a Lanczos run excludes, against components that are known.
@Suite("Krylov polynomials")
struct KrylovPolynomialsTests {
  @Test("Diagonal 0 and β = ½ give Chebyshev's polynomials of the second kind", arguments: [1, 2, 7, 15])
  func chebyshev(steps: Int) {
    var matrix = LanczosMatrix(capacity: steps)
    for j in 0..<steps {
      matrix.append((0...j).map { $0 == j - 1 ? 0.5 : 0 }, beta: 0.5, error: 0)
    }
    let polynomials = KrylovPolynomials(segments: [KrylovPolynomials.Segment(matrix)])
    for t in [0.01, 0.3, 2, -0.3] {
      // U_j(cosh t) = sinh((j + 1) t) / sinh t.
      let sum = (0...steps).reduce(0) { $0 + pow(sinh(Double($1 + 1) * t) / sinh(t), 2) }
      let least = 1.01 / sum.squareRoot()
      for sign in [1.0, -1] {
        #expect(polynomials.excludes(sign * cosh(t), component: least * 1.0001))
        #expect(!polynomials.excludes(sign * cosh(t), component: least * 0.9999))
      }
    }
  }

  @Test(
    "No eigenvalue is excluded whose component the start has, with restarts and without",
    arguments: HardSpectrum.all, [40, 12, 5])
  func components(spectrum: HardSpectrum, capacity: Int) throws {
    for seed in 0..<4 as Range<UInt64> {
      var a = ReflectedDiagonal(eigenvalues: spectrum.eigenvalues)
      let n = a.order
      var process = LanczosProcess(
        order: n, capacity: min(capacity, n), seed: seed, stream: Stream.start, team: .single)
      process.drawDirection(beside: noVectors())
      let components = squares(of: process.stack.vector(0), spectrum.eigenvalues)
      var counter = ProductCounter()
      for _ in 0..<60 where !process.isComplete(beside: noVectors()) {
        try process.extend(with: &a, &counter, beside: noVectors())
        let polynomials = process.polynomials
        for (value, square) in components {
          #expect(
            !polynomials.excludes(value, component: square.squareRoot()),
            "\(spectrum.name): \(value) after \(counter.products)")
        }
        if process.size == process.capacity, process.capacity > 1 {
          try process.restart(keeping: process.capacity / 2, .magnitude, beside: noVectors())
        }
      }
      // It does exclude, too: nothing lies far outside.
      let scale = spectrum.eigenvalues.reduce(0) { max($0, abs($1)) }
      let polynomials = process.polynomials
      if n > 1, scale > 0 {
        #expect(polynomials.excludes(rank: 2 * scale, .magnitude, component: 1e-3), "\(spectrum.name)")
      }
    }
  }

  /// Squared components of a vector along the eigenvectors of a reflected diagonal, those of equal eigenvalues together.
  private func squares(of vector: Span<Float>, _ eigenvalues: [Double]) -> [Double: Double] {
    var sum = 0.0
    for i in vector.indices { sum += Double(vector[i]) }
    let shift = 2 * sum / Double(vector.count)
    var squares: [Double: Double] = [:]
    for (i, value) in eigenvalues.enumerated() { squares[value, default: 0] += pow(Double(vector[i]) - shift, 2) }
    return squares
  }

  @Test("Gaps between values that were found are excluded, an unresolved cluster is not")
  func gaps() throws {
    let spectrum = [10, 8, 7.01, 7, 6.99] + HardSpectrum.tail(300)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    var process = LanczosProcess(order: a.order, capacity: 12, seed: 1, stream: Stream.start, team: .single)
    process.drawDirection(beside: noVectors())
    var counter = ProductCounter()
    for _ in 0..<12 { try process.extend(with: &a, &counter, beside: noVectors()) }
    let (polynomials, component) = (process.polynomials, smallestComponent(order: a.order, failure: 1e-3))
    for value in [11, 9, 7.5, 5, -5] {
      #expect(polynomials.excludes(value, component: component), "\(value)")
    }
    for value in [10, 8, 7.005] { #expect(!polynomials.excludes(value, component: component), "\(value)") }
  }
}
