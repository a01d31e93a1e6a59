import Diagnostics
import Hessian
import Tensors
import Testing
import VisionTransformers

/// Both solvers at their default settings against SciPy on PyTorch's double backward: Scripts/reference_hessian.py.
@Suite("Eigenvalues of trained models agree with a double-precision solver", .serialized)
struct TrueEigenvalueLongTests {
  private let team = Team()

  @Test("Three models are compared, and each of their parameter selections")
  func cases() {
    #expect(Set(TrueEigenvalues.all.map(\.model)) == ["mae", "mff", "run"])
    #expect(Set(TrueEigenvalues.all.map(\.parameters)) == ["all", "encoder", "block:5", "decoder"])
    #expect(TrueEigenvalues.all.allSatisfy { $0.magnitude.count == 12 && $0.largest.count == 8 })
  }

  @Test("Lanczos finds the five of largest magnitude", arguments: TrueEigenvalues.ofTheLoss)
  func lanczos(expected: TrueEigenvalues) throws {
    var hessian = try expected.hessian(team: team)
    #expect(hessian.order == expected.parameterCount)
    // Single precision through fourteen blocks: about 1e-6.
    #expect(abs(hessian.loss - expected.loss) <= 5e-6 * expected.loss)
    // Without a check before: the solver's own products tell their error.
    let pairs = try completed(
      largestEigenvalues(of: &hessian, byLanczos: LanczosOptions(), team: team), of: &hessian, nil)
    report("Lanczos", pairs, expected)
    // What deep networks show in single precision, with room for other processors.
    let check = pairs.operatorCheck
    #expect(check.relativeError > 0 && check.relativeError < 1e-4, "\(check)")
    let converged = pairs.converged
    #expect(converged)
    // What is promised; a residual of 1e-3 |θ| leaves 1e-3 |θ| for the worst case, and a value has mostly its square.
    expectEqual(pairs, expected, relative: 2e-3)
    expectIntervals(pairs, expected)
  }

  /// It needs several times Lanczos' products: each model once, and one model's variations.
  private static let powerCases = TrueEigenvalues.ofTheLoss.filter {
    $0.model == "mae" || $0.parameters == "all" && $0.normPixels
  }

  @Test("Power iteration finds the five of largest magnitude, and Lanczos the same", arguments: powerCases)
  func powerIteration(expected: TrueEigenvalues) throws {
    var hessian = try expected.hessian(team: team)
    let pairs = try completed(
      largestEigenvalues(of: &hessian, byPowerIteration: PowerIterationOptions(), team: team), of: &hessian, nil)
    report("power iteration", pairs, expected)
    let converged = pairs.converged
    #expect(converged)
    // What is promised; residuals below 1e-3 |θ| leave far less, but power iteration may stop at its cap on other models.
    expectEqual(pairs, expected, relative: 1e-2)
    expectIntervals(pairs, expected)
    let other = try largestEigenvalues(of: &hessian, byLanczos: LanczosOptions(), team: team)
    for (power, lanczos) in zip(pairs.eigenvalues, other.eigenvalues) {
      // Both intervals hold the same eigenvalue: none of the models has two within 1e-3.
      #expect(abs(power.value - lanczos.value) <= power.bound + lanczos.bound)
    }
  }

  @Test("Both find the five algebraically largest", arguments: TrueEigenvalues.ofTheLoss.filter { !$0.normPixels })
  func largest(expected: TrueEigenvalues) throws {
    var hessian = try expected.hessian(team: team)
    let check = try checkOperator(&hessian, team: team)
    var lanczosOptions = LanczosOptions()
    lanczosOptions.which = .largest
    let lanczos = try completed(
      largestEigenvalues(of: &hessian, byLanczos: lanczosOptions, check: check, team: team), of: &hessian, check)
    report("Lanczos, largest", lanczos, expected)
    // As for the largest magnitude.
    expectEqual(lanczos, expected, relative: 2e-3)
    expectIntervals(lanczos, expected)
    var powerOptions = PowerIterationOptions()
    powerOptions.which = .largest
    let power = try largestEigenvalues(of: &hessian, byPowerIteration: powerOptions, check: check, team: team)
    report("power iteration, largest", power, expected)
    expectEqual(power, expected, relative: 1e-2)
    expectIntervals(power, expected)
  }

  private func completed(
    _ pairs: consuming Eigenpairs, of hessian: inout LossHessian, _ check: OperatorCheck?
  ) throws -> Eigenpairs {
    try completedEigenvalues(of: &hessian, pairs: pairs, check: check, team: team)
  }

  private func expectEqual(_ pairs: borrowing Eigenpairs, _ expected: TrueEigenvalues, relative tolerance: Double) {
    let truth = expected.values(pairs.which)
    let found = pairs.eigenvalues
    #expect(found.count == 5)
    for (j, value) in found.enumerated() {
      let error = abs(value.value - truth[j]) / abs(truth[j])
      #expect(error <= tolerance, "eigenvalue \(j): \(value.value), true \(truth[j]), relative error \(error)")
    }
  }

  /// Each interval holds a true eigenvalue, and where the rank was checked value j is the j-th.
  private func expectIntervals(_ pairs: borrowing Eigenpairs, _ expected: TrueEigenvalues) {
    let truth = expected.values(pairs.which)
    let rankCheck = pairs.rankCheck
    for (j, value) in pairs.eigenvalues.enumerated() {
      // No slack: the truth's own residual is a millionth of what single precision leaves in `bound`.
      let distance = truth.map { abs($0 - value.value) }.min() ?? .infinity
      #expect(distance <= value.bound, "eigenvalue \(j): \(value.value) ± \(value.bound), truth \(distance) away")
      if let rankCheck, rankCheck.rankChecked {
        #expect(abs(value.value - truth[j]) <= rankCheck.margin, "eigenvalue \(j) by rank")
      }
    }
  }

  private func report(_ solver: String, _ pairs: borrowing Eigenpairs, _ expected: TrueEigenvalues) {
    let truth = expected.values(pairs.which)
    let errors = zip(pairs.eigenvalues, truth).map { abs($0.value - $1) / abs($1) }
    let largestResidual = pairs.eigenvalues.map { $0.residual / abs($0.value) }.max() ?? 0
    print(
      "\(expected.testDescription): \(solver) \(pairs.products) products + \(pairs.checkProducts) for residuals, rank",
      pairs.rankCheck.map { "\($0.outcome) after \($0.products), margin \($0.margin)" } ?? "not checked",
      "relative error \(errors.max() ?? 0), residual \(largestResidual),",
      "rounding \(pairs.operatorCheck.rounding), asymmetry \(pairs.operatorCheck.asymmetry)")
  }
}

/// The diagnosis as the command runs it, against the same truth.
@Suite("Hessian diagnosis, long comparisons", .serialized)
struct HessianDiagnosisLongTests {
  @Test("Loss, parameters, weight decay and targets are those of another program", arguments: TrueEigenvalues.all)
  func agreement(expected: TrueEigenvalues) throws {
    try expected.expectAgreement(try expected.diagnosis().run())
  }

  @Test("A block's strip is the spectrum over that block's parameters")
  func perBlock() throws {
    let expected = try #require(TrueEigenvalues.all.first { $0.parameters == "block:5" })
    var diagnosis = try expected.diagnosis()
    diagnosis.parameters = .perBlock
    diagnosis.top = 2
    let details = try #require(try diagnosis.run().models.first).details
    #expect(details.batches == nil && details.summary == nil)
    let blocks = try #require(details.blocks)
    #expect(blocks.map(\.block) == Array(0..<12))
    #expect(details.parameters == blocks.reduce(0) { $0 + $1.parameters })
    let values = blocks[5].batches[0].eigenvalues
    for j in 0..<2 {
      // What is promised for Lanczos at its default settings.
      #expect(abs(values[j].value - expected.magnitude[j]) <= 2e-3 * abs(expected.magnitude[j]))
    }
  }
}
