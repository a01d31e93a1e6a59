import Foundation
import Tensors
import Testing

@testable import Hessian

/// Ranks proved by the matrix itself.
@Suite("Formed matrix")
struct FormedMatrixTests {
  @Test("A Cholesky factor exists above the largest eigenvalue that NumPy finds, and not below")
  func largest() throws {
    for golden in try GoldenSpectra.load().cases {
      let matrix = FormedMatrix(randomSymmetric(golden.order, seed: golden.seed))
      let (low, high) = (golden.eigenvalues.min() ?? 0, golden.eigenvalues.max() ?? 0)
      // NumPy and the factorisation err by some n ε ‖A‖: below 1e-11.
      for (edge, sign) in [(high, 1.0), (-low, -1)] {
        #expect(matrix.isBelow(edge + 1e-9, sign: sign))
        #expect(!matrix.isBelow(edge - 1e-9, sign: sign))
      }
    }
  }

  @Test("What is projected out is not seen", arguments: [0, 100.0])
  func projection(shift: Double) throws {
    var a = ReflectedDiagonal(eigenvalues: [9, 5, -7, 3, 1, 0, -2])
    var counter = ProductCounter()
    var matrix = try FormedMatrix(of: &a, &counter, team: .single) { _ in }
    #expect(counter.products == 7)
    // Frobenius' norm is the root of the sum of squares, to single precision.
    #expect(abs(matrix.norm - 13) < 1e-5)
    var vectors = VectorStack(count: 2, length: 7)
    for (row, i) in [0, 2].enumerated() {
      var vector = vectors.mutableVector(row)
      for j in 0..<7 { vector[j] = Float((i == j ? 1 : 0) - 2.0 / 7) }
    }
    matrix.project(outOf: vectors, shift: shift)
    // 5 and −2 are left, or −100 in place of 9 and −7; products in single precision err by some 1e-6.
    #expect(matrix.isBelow(5.0001, sign: 1) && !matrix.isBelow(4.9999, sign: 1))
    let lowest = shift > 0 ? shift : 2
    #expect(matrix.isBelow(lowest + 1e-3, sign: -1) && !matrix.isBelow(lowest - 1e-3, sign: -1))
  }

  @Test("Ranks that are right are proved, and a value that was hidden is noticed", arguments: SpectrumEnd.allCases)
  func ranks(which: SpectrumEnd) throws {
    let spectrum = foremost(RankCoverageTests.cluster, RankCoverageTests.cluster.count, which)
    var a = ReflectedDiagonal(eigenvalues: spectrum)
    var options = LanczosOptions()
    (options.count, options.which) = (2, which)
    var ranks = RankCheckOptions()
    ranks.formsMatrix = true
    let pairs = try completedEigenvalues(of: &a, pairs: largestEigenvalues(of: &a, byLanczos: options), options: ranks)
    let found = pairs.rankCheck
    let rank = try #require(found)
    #expect(rank.rankChecked && rank.excluded?.probability == 1)
    #expect(rank.products > a.order && rank.margin < 0.005, "\(rank)")
    for (value, truth) in zip(pairs.eigenvalues.map(\.value), spectrum) { #expect(abs(value - truth) <= rank.margin) }

    let hidden = RankCoverageTests.exactPairs(spectrum, 1..<3, which)
    let search = try checkRank(of: &a, pairs: hidden)
    let proof = try formedRankCheck(
      of: &a, pairs: hidden, after: search, check: nil, team: .single, observer: { _ in })
    #expect(proof.outcome == .overlooked && proof.excluded == nil)
  }
}
