/// The seeds of the models that are trained more than once; the others have the first.
public struct ReproductionSeeds: Sendable, Hashable, Codable {
  /// The seeds, one after another.
  public let all: [UInt64]

  /// Three seeds.
  ///
  /// - Parameter first: The first of them.
  public init(from first: UInt64 = 0) { all = [first, first &+ 1, first &+ 2] }

  /// The first.
  public var first: UInt64 { all[0] }

  /// What something of a seed is called: with the first it has the plain name.
  func name(_ plain: String, _ seed: UInt64) -> String { seed == first ? plain : "\(plain)-seed-\(seed)" }
}
