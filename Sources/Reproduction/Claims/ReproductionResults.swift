public import Diagnostics

/// The results of a plan's analyses, by name.
public struct ReproductionResults: Sendable {
  /// Results of `weights`.
  public var weights: [String: WeightsResult] = [:]
  /// Results of `frequency`.
  public var frequency: [String: FrequencyResult] = [:]
  /// Results of `hessian`.
  public var hessian: [String: HessianResult] = [:]
  /// Results of `reconstruct`.
  public var reconstruction: [String: ReconstructionResult] = [:]

  /// The seeds of what was trained more than once.
  public let seeds: ReproductionSeeds

  /// No results yet.
  public init(seeds: ReproductionSeeds = ReproductionSeeds()) { self.seeds = seeds }

  /// Keeps a result.
  ///
  /// - Parameters:
  ///   - result: A result of one of the four commands.
  ///   - name: The analysis.
  public mutating func insert(_ result: any DrawableResult, _ name: String) {
    switch result {
    case let result as WeightsResult: weights[name] = result
    case let result as FrequencyResult: frequency[name] = result
    case let result as HessianResult: hessian[name] = result
    case let result as ReconstructionResult: reconstruction[name] = result
    default: preconditionFailure("no analysis gives \(type(of: result))")
    }
  }

  /// The result of an analysis.
  public subscript(name: String) -> (any DrawableResult)? {
    weights[name] ?? frequency[name] ?? hessian[name] ?? reconstruction[name]
  }

  /// The claims of the figures that have been measured, in the paper's order.
  public var claims: [Claim] { [figure1, figure2, figure4, figure5, figure6, figure8].compactMap(\.self) }

  /// The results of an analysis that is made for each seed, in their order.
  func each<Result>(_ results: [String: Result], _ name: String) -> [Result] {
    seeds.all.compactMap { results[seeds.name(name, $0)] }
  }
}
