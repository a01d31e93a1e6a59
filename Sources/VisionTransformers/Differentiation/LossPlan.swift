internal import Tensors

/// How a batch is cut into parts, and who works on them.
///
/// Large models work on all images at once, each matrix product divided over the team. Small ones give each core its own images:
/// kernels are then too short to be divided. Where memory is short parts are made smaller, the largest that fit; smaller ones cost little as
/// long as they hold a few hundred tokens. When even then the primal values of all parts do not fit, they are computed anew for every
/// product: two units of work beside the product's six, one for the forward pass and one for the activations' adjoints.
struct LossPlan: Sendable, Hashable {
  /// Images of each part, in order.
  let parts: [Range<Int>]
  /// How many parts are worked on at the same time.
  let members: Int
  /// Whether primal values are computed anew for every product.
  let recomputes: Bool
  /// Bytes of all parts and members.
  let bytes: Int

  /// Above this many active parameters a result vector for each core costs more (memory, and its summation) than it gains.
  static let mostParametersToSplitImages = 32 << 20

  /// What decides on a plan beside the size of programs.
  struct Demand {
    /// Images of the batch.
    var images: Int
    /// Number of values of a result.
    var activeParameters: Int
    /// Cores.
    var team: Team
    /// Most bytes.
    var limit: Int
    /// Most images of a part; nil for no bound.
    var imagesPerPart: Int?
    /// Whether products will be taken.
    var products: Bool
    /// Whether parts keep their images and targets even where they keep no primal values.
    var keepsConstants: Bool
  }

  /// The plan within a demand's limit that costs the least time; `footprint` tells what a part takes by its number of images.
  ///
  /// - Throws: `LossError.notEnoughMemory` with the least that would do.
  init(_ demand: Demand, footprint: (Int) -> PartFootprint) throws(LossError) {
    let (images, width) = (demand.images, demand.team.width)
    let maySplit = width > 1 && images >= width && demand.activeParameters <= Self.mostParametersToSplitImages
    var known: [Int: PartFootprint] = [:]
    func size(_ count: Int) -> PartFootprint {
      let found = known[count] ?? footprint(count)
      known[count] = found
      return found
    }
    var smallest = Int.max
    // What is preferred comes first: to keep primal values, and then to give each core its own images.
    for (keeps, splits) in [(true, true), (true, false), (false, true), (false, false)] {
      guard demand.products || !keeps, maySplit || !splits else { continue }
      func plan(_ largest: Int) -> LossPlan {
        LossPlan(demand, largest: largest, keeps: keeps, splits: splits, footprint: size)
      }
      let most = min(demand.imagesPerPart ?? images, splits ? (images + width - 1) / width : images)
      // The largest parts that fit, by bisection: what parts take grows with their size.
      var (fitting, tooLarge): (LossPlan?, Int) = (nil, most + 1)
      var size = most
      while size > 0 {
        let candidate = plan(size)
        smallest = min(smallest, candidate.bytes)
        if candidate.bytes <= demand.limit {
          fitting = candidate
        } else {
          tooLarge = size
        }
        let floor = fitting?.largest ?? 0
        size = tooLarge - floor > 1 ? (tooLarge + floor) / 2 : 0
      }
      if let fitting {
        self = fitting
        return
      }
    }
    throw .notEnoughMemory(needed: smallest, limit: demand.limit)
  }

  /// The most images that the parts were allowed to hold.
  private let largest: Int

  private init(
    _ demand: Demand, largest: Int, keeps: Bool, splits: Bool, footprint: (Int) -> PartFootprint
  ) {
    let images = demand.images
    var count = (images + largest - 1) / largest
    // Whole rounds, so that members finish together.
    if splits { count = min(images, (count + demand.team.width - 1) / demand.team.width * demand.team.width) }
    parts = (0..<count).map { images * $0 / count..<images * ($0 + 1) / count }
    members = splits ? min(demand.team.width, count) : 1
    recomputes = demand.products && !keeps
    self.largest = largest
    let sizes = parts.map { footprint($0.count) }
    let constants = sizes.map(\.constants)
    let most = (constants: constants.max() ?? 0, primal: sizes.map(\.primal).max() ?? 0)
    var bytes = 4 * demand.activeParameters * (members - 1) + members * (sizes.map(\.tangent).max() ?? 0)
    bytes += keeps ? sizes.reduce(0) { $0 + $1.primal } : members * most.primal
    bytes += keeps || demand.keepsConstants ? constants.reduce(0, +) : members * most.constants
    self.bytes = bytes
  }
}
