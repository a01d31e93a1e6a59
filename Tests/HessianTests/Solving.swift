import Foundation
import Hessian
import Tensors
import Testing

enum Method: CaseIterable, Sendable { case power, lanczos }

/// What a solver returned, free of its vectors.
struct Found: Equatable {
  var eigenvalues: [Eigenvalue]
  var products: Int
  var checkProducts: Int
  var rank: RankCheck?
  var check: OperatorCheck
  /// Components of all vectors, one after another.
  var vectors: [[Float]]
  var values: [Double] { eigenvalues.map(\.value) }
}

func solve<A: SymmetricOperator>(
  _ a: inout A, _ method: Method, count: Int, which: SpectrumEnd = .magnitude, tolerance: Double = 1e-3,
  cap: Int? = nil, seed: UInt64 = 0, checked: Bool = true, team: Team = .single
) throws -> Found {
  let check = checked ? try checkOperator(&a, seed: seed, team: team) : nil
  func collect(_ pairs: borrowing Eigenpairs) throws -> Found {
    let rank = try checkRank(of: &a, pairs: pairs, check: check, team: team)
    return Found(
      eigenvalues: pairs.eigenvalues, products: pairs.products, checkProducts: pairs.checkProducts, rank: rank,
      check: pairs.operatorCheck,
      vectors: (0..<pairs.vectors.count).map { i in
        let span = pairs.vectors.vector(i)
        return span.indices.map { span[$0] }
      })
  }
  switch method {
  case .power:
    var options = PowerIterationOptions()
    (options.count, options.which, options.relativeTolerance, options.seed) = (count, which, tolerance, seed)
    if let cap { options.maximumProducts = cap }
    return try collect(largestEigenvalues(of: &a, byPowerIteration: options, check: check, team: team))
  case .lanczos:
    var options = LanczosOptions()
    (options.count, options.which, options.relativeTolerance, options.seed) = (count, which, tolerance, seed)
    if let cap { options.maximumProducts = cap }
    return try collect(largestEigenvalues(of: &a, byLanczos: options, check: check, team: team))
  }
}

/// The k foremost eigenvalues in the order asked for.
func foremost(_ spectrum: [Double], _ k: Int, _ which: SpectrumEnd) -> [Double] {
  let sorted = spectrum.sorted { which == .magnitude ? abs($0) > abs($1) : $0 > $1 }
  return Array(sorted.prefix(k))
}

/// Checks what must hold for every result, converged or not: each interval holds an eigenvalue, vectors are orthonormal, order is kept.
func expectSound(_ found: Found, spectrum: [Double], which: SpectrumEnd = .magnitude, _ note: String = "") {
  for (i, eigenvalue) in found.eigenvalues.enumerated() {
    let nearest = spectrum.map { abs($0 - eigenvalue.value) }.min() ?? .infinity
    #expect(
      nearest <= eigenvalue.bound, "\(note): value \(i) = \(eigenvalue.value) ± \(eigenvalue.bound) holds no eigenvalue"
    )
    #expect(eigenvalue.bound >= eigenvalue.residual && eigenvalue.residual >= 0)
  }
  for i in found.vectors.indices {
    for j in 0...i {
      let product = zip(found.vectors[i], found.vectors[j]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      // Rounding of Float vectors, gathered over some hundred rotations at most.
      #expect(abs(product - (i == j ? 1 : 0)) < 2e-5, "\(note): vectors \(i) and \(j) have product \(product)")
    }
  }
  let ranks = found.values.map { which == .magnitude ? abs($0) : $0 }
  #expect(ranks == ranks.sorted(by: >), "\(note): out of order: \(found.values)")
  // Unconverged values come last.
  #expect(found.eigenvalues.drop(while: \.converged).allSatisfy { !$0.converged })
}

/// Checks that each converged value j lies within its bound of the j-th eigenvalue, copies counted, signs of ± pairs aside.
func expectForemost(
  _ found: Found, spectrum: [Double], which: SpectrumEnd = .magnitude, allConverged: Bool = true, _ note: String = ""
) {
  expectSound(found, spectrum: spectrum, which: which, note)
  let truth = foremost(spectrum, found.values.count, which)
  for (i, (eigenvalue, value)) in zip(found.eigenvalues, truth).enumerated() {
    if allConverged {
      #expect(eigenvalue.converged, "\(note): value \(i) not converged, residual \(eigenvalue.residual)")
    }
    guard eigenvalue.converged else { continue }
    let error = which == .magnitude ? abs(abs(eigenvalue.value) - abs(value)) : abs(eigenvalue.value - value)
    if let rank = found.rank, rank.rankChecked { #expect(error <= rank.margin, "\(note): value \(i)") }
    #expect(error <= eigenvalue.bound, "\(note): value \(i) is \(eigenvalue.value), should be \(value)")
  }
}
