internal import Foundation
internal import Hessian
internal import Ranks

/// What a spectrum takes of memory, said before it is computed.
struct HessianMemory {
  /// The weights.
  let weights: Int
  /// Values that products share, adjoints and tangents.
  let activations: Int
  /// Vectors of n values.
  let vectors: Int
  /// n.
  let parameters: Int

  /// Bytes of all vectors.
  var vectorBytes: Int { 4 * vectors * parameters }
  /// All bytes.
  var bytes: Int { weights + activations + vectorBytes }

  /// Where it goes.
  var words: String {
    let shared = activations > 0 ? "values shared by products \(ByteCount.words(activations)), " : ""
    return "weights \(ByteCount.words(weights)), \(shared)\(vectors) vectors of \(ByteCount.words(4 * parameters))"
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

  /// What to do about too little memory.
  var memoryAdvice: String {
    let fewer = solver == .lanczos ? "a smaller --basis, or --solver power" : "a smaller --top"
    if ranks.count > 1 && divides == .batches {
      return "give --divide images, by which ranks share each batch, fewer ranks on a machine, or \(fewer)"
    }
    return "give \(fewer), --parameters decoder or block:I, or a smaller --batch-size"
  }
}
