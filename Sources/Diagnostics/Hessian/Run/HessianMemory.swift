internal import Foundation
internal import Hessian
internal import Ranks

/// What a spectrum takes of memory, said before it is computed.
struct HessianMemory {
  /// The program itself, its libraries and their buffers (measured: 40 to 60 MB).
  static let program = 64_000_000

  /// The weights, a teacher's, too.
  let weights: Int
  /// A batch's pixels and a teacher's features of them.
  let inputs: Int
  /// Values that products share, adjoints and tangents.
  let activations: Int
  /// Vectors of n values.
  let vectors: Int
  /// n.
  let parameters: Int
  /// What products in double precision take, when the solver has given up its room: beyond the vectors.
  var confirmation = 0
  /// How many parts a batch is worked through in, and the images of the largest.
  var parts = (count: 1, images: 0)
  /// Whether values that products share are computed anew for each.
  var recomputes = false

  /// Bytes of all vectors.
  var vectorBytes: Int { 4 * vectors * parameters }
  /// All bytes.
  var bytes: Int { Self.program + weights + inputs + activations + vectorBytes + confirmation }

  /// Where it goes.
  var words: String {
    let shared = recomputes ? "values of the parts being worked on" : "values shared by products"
    return "program \(ByteCount.words(Self.program)), weights \(ByteCount.words(weights)), "
      + "images \(ByteCount.words(inputs)), "
      + (activations > 0 ? "\(shared) \(ByteCount.words(activations)), " : "")
      + "\(vectors) vectors of \(ByteCount.words(4 * parameters))"
      + (confirmation > 0 ? ", double precision \(ByteCount.words(confirmation))" : "")
  }

  /// What memory costs of time; nil where all values fit at once.
  var remark: String? {
    guard recomputes else { return nil }
    return "a batch does not fit into memory: its images are worked through in \(parts.count) parts of at most "
      + "\(parts.images), whose forward values are computed anew for every product, which takes a third longer, for very narrow networks up to nine tenths"
  }
}

extension HessianDiagnosis {
  /// Vectors of n values that exist at the same time on this rank, at most.
  var vectorsInMemory: Int {
    // A direction and its product, where rank 0 alone solves.
    if divides == .images && !ranks.isFirst { return 2 }
    var vectors = solver == .power ? powerOptions.vectorsInMemory : lanczosOptions.vectorsInMemory
    if warmStart { vectors += solver == .power ? top : 1 }
    if density { vectors = max(vectors, QuadratureOptions().vectorsInMemory) }
    return vectors
  }

  /// Power iteration as asked for.
  var powerOptions: PowerIterationOptions {
    var options = PowerIterationOptions()
    (options.count, options.which, options.relativeTolerance, options.seed) = (top, which, tolerance, seed)
    if let maximumIterations { options.maximumProducts = maximumIterations }
    return options
  }

  /// Lanczos as asked for.
  var lanczosOptions: LanczosOptions {
    var options = LanczosOptions()
    (options.count, options.which, options.relativeTolerance, options.seed) = (top, which, tolerance, seed)
    options.basis = basis
    if let maximumIterations { options.maximumProducts = maximumIterations }
    return options
  }

  /// The search for overlooked values as asked for.
  var rankCheckOptions: RankCheckOptions {
    var options = RankCheckOptions()
    if let rankCheckProducts { options.products = rankCheckProducts }
    options.formsMatrix = provesRanks
    return options
  }

  /// What to do about too little memory.
  func memoryAdvice(isAsked: Bool) -> String {
    let fewer =
      solver == .power ? "a smaller --top" : basis == nil ? "--solver power" : "a smaller --basis, or --solver power"
    let larger = isAsked ? "a larger --memory, " : ""
    if ranks.count > 1 && divides == .batches {
      return "give \(larger)--divide images, by which ranks share each batch, fewer ranks on a machine, or \(fewer)"
    }
    return "give \(larger)\(fewer), or --parameters decoder or block:I"
  }
}
