public import Tensors

/// Settings of the search for overlooked eigenvalues.
public struct RankCheckOptions: Sendable, Hashable, Codable {
  /// Most products while nothing larger shows.
  ///
  /// It ends sooner where what it excludes is as near as the values are exact. At twelve products no spectrum of order 10⁶ hides more
  /// than 28 % of its width, and few as much: see ``ExcludedRange/share(products:order:failure:)``.
  public var products = 12
  /// Most products where something larger has shown, until it is settled; never fewer than `products`.
  public var maximumProducts = 100
  /// Whether A is formed by n more products when the search has ended, which proves what it says with probability 1, but for rounding: for n of
  /// at most 4,000.
  public var formsMatrix = false
  /// Vectors kept before a restart; where nil, as many as keep the memory within what the solver's options promise.
  public var basis: Int?
  /// Decides the start vector, which is another than the solvers' for the same seed.
  public var seed: UInt64 = 0

  /// The largest n for which A can be formed.
  public static let largestFormed = FormedMatrix.largestOrder

  /// Up to 12 products, up to 100 where something was overlooked.
  public init() {}
}

/// What an independent search for eigenvalues beyond those reported has found.
public struct RankCheck: Sendable, Hashable, Codable {
  /// What the search ended with.
  public enum Outcome: String, Sendable, Hashable, Codable {
    /// Nothing larger than the last value reported has shown, and nothing can be that lies further beyond it than the margin.
    case nothingLarger
    /// An eigenvalue that belongs before the last value reported was overlooked.
    case overlooked
    /// Products ran out while something could still be overlooked that lies half of the last value beyond it, or more.
    case undecided
  }
  /// What the search ended with.
  public var outcome: Outcome
  /// The foremost value outside of the vectors reported, a Ritz value; absent where nothing lies outside.
  public var value: Double?
  /// An estimate of its residual.
  public var residual: Double?
  /// Where nothing larger was found, each value j lies within this of the j-th eigenvalue, copies counted, with the probability that
  /// `excluded` says.
  ///
  /// √Σ bound² over the values reported, or more where the search, and the solver's own products, exclude less. A value's own, narrower `bound` holds some eigenvalue; where two lie closer than this margin it may be the neighbour.
  public var margin: Double
  /// The margin as a share of the spectrum's width; absent where something was overlooked, or rounding hides everything.
  public var excluded: ExcludedRange?
  /// Products spent.
  public var products: Int

  /// Whether the search ended and found nothing larger.
  public var rankChecked: Bool { outcome == .nothingLarger }
}

extension RankCheck {
  /// The outcome where the vectors reported span everything, or there are none.
  init(nothingLeftBeside pairs: borrowing Eigenpairs, products: Int) {
    let values = pairs.eigenvalues.map(\.value)
    let (margin, width) = (pairs.jointBound, (values.max() ?? 0) - (values.min() ?? 0))
    self.init(
      outcome: .nothingLarger, value: nil, residual: nil, margin: margin,
      excluded: ExcludedRange(distance: margin, width: width), products: products)
  }
}

/// Looks for eigenvalues that belong before the last of `pairs`, by a Lanczos run of its own in the complement of their vectors.
///
/// The run starts from another random vector. A Ritz value beyond the last reported one by more than the reported pairs' joint
/// bound proves that one was overlooked. Where none shows, the run's polynomials say how large an eigenvalue of the complement can
/// be at most, but for a probability of ½ % (``ExcludedRange``). Within that, the polynomials of the solver's own run, where it was Lanczos from a
/// random start, say which values an eigenvalue can have at all, again but for ½ %: gaps between values reported are closed by them, and what
/// is left are further copies of values reported and members of clusters that neither has resolved.
///
/// What is certified: with the probability stated, over both start vectors, each value j lies within the margin of the j-th eigenvalue. What is
/// estimated: rounding, whose size is measured and which is taken for random; and bounds, as far as they are.
///
/// - Parameters:
///   - a: The operator A.
///   - pairs: What a solver reported; at least one pair.
///   - options: How long to search, and the seed.
///   - check: What ``checkOperator(_:seed:team:)`` measured; its product error is allowed for, or else that of the solver's products.
///   - team: The cores for vector arithmetic.
///   - observer: Called after each product; throws to stop. Its index is the number of pairs reported.
/// - Returns: The outcome with the foremost value found.
/// - Throws: ``HessianError/notFinite(product:)``, `EigenproblemError`, the operator's errors and the observer's.
/// - Complexity: At most `products` products, `maximumProducts` where something larger shows; basis + 1 vectors beside the k reported.
/// - Source: Parlett, "The Symmetric Eigenvalue Problem", th. 11.5.1: the eigenvalues of A and those of the reported values
///   together with the complement's differ by no more than the joint residual.
public func checkRank<A: SymmetricOperator>(
  of a: inout A, pairs: borrowing Eigenpairs, options: RankCheckOptions = RankCheckOptions(),
  check: OperatorCheck? = nil, team: Team = .single, observer: SolverObserver = { _ in }
) throws -> RankCheck {
  guard var search = ComplementSearch(order: a.order, pairs: pairs, options: options, check: check, team: team) else {
    return RankCheck(nothingLeftBeside: pairs, products: 0)
  }
  return try search.run(with: &a, beside: pairs.vectors, settlingTo: nil, observer: observer)
}
