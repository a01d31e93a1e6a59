internal import Tensors

/// How a batch is cut into parts, and who works on them.
///
/// Large models work on all images at once, each matrix product divided over the team. Small ones give each core its own images:
/// kernels are then too short to be divided. Parts are made smaller until everything fits into the caller's memory; when even then
/// the primal values of all parts do not, they are computed anew for every product.
struct LossPlan {
  /// Images of each part, in order.
  let parts: [Range<Int>]
  /// How many parts are worked on at the same time.
  let members: Int
  /// Whether primal values are computed anew for every product.
  let recomputes: Bool

  /// Above this many active parameters a result vector for each core costs more (memory, and its summation) than it gains.
  static let mostParametersToSplitImages = 32 << 20

  /// A plan within `limit`; `bytes` tells the size of a program's primal values and tangents for a number of images, and `keeps`
  /// whether products need the primal values of every part.
  init(
    images: Int, activeParameters: Int, team: Team, limit: Int?, imagesPerPart: Int?, keeps: Bool,
    bytes: (Int) -> (primal: Int, tangent: Int)
  ) throws(LossError) {
    let maySplit = team.width > 1 && images >= team.width && activeParameters <= Self.mostParametersToSplitImages
    let limit = limit ?? Int.max
    var smallest = Int.max
    // What is preferred comes first: to keep primal values, and then to give each core its own images.
    for (keepsAll, splits) in [(true, true), (true, false), (false, true), (false, false)] {
      guard keeps || !keepsAll, maySplit || !splits else { continue }
      var size = min(imagesPerPart ?? images, splits ? (images + team.width - 1) / team.width : images)
      while size > 0 {
        let parts = Self.cut(images, size)
        let members = splits ? min(team.width, parts.count) : 1
        let (primal, tangent) = bytes(size)
        let results = 4 * activeParameters * (members - 1)
        let need = primal * (keepsAll ? parts.count : members) + tangent * members + results
        smallest = min(smallest, need)
        if need <= limit {
          self.parts = parts
          self.members = members
          recomputes = keeps && !keepsAll
          return
        }
        size = size == 1 ? 0 : (size + 1) / 2
      }
    }
    throw .notEnoughMemory(needed: smallest, limit: limit)
  }

  private static func cut(_ images: Int, _ size: Int) -> [Range<Int>] {
    // Equal sizes, so that members finish together.
    let count = (images + size - 1) / size
    return (0..<count).map { images * $0 / count..<images * ($0 + 1) / count }
  }
}
