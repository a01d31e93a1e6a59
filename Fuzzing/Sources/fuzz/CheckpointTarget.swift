import Checkpoints

/// Opens what the input pretends to be and reads every tensor that it may hold.
enum CheckpointTarget {
  /// Reading more elements of one tensor than this finds nothing new.
  private static let elementLimit = 1 << 16

  /// - Parameters:
  ///   - path: The file.
  ///   - place: What messages begin with: the file, or the folder of a checkpoint in several files.
  static func open(_ path: String, naming place: String? = nil) {
    for weights in [WeightsSelection.model, .ema] {
      do {
        try read(Checkpoint(opening: path, weights: weights))
      } catch {
        ErrorPromise.check("\(error)", names: place ?? path)
      }
    }
  }

  private static func read(_ checkpoint: Checkpoint) throws(CheckpointError) {
    for tensor in checkpoint.tensors {
      promise(tensor.shape.allSatisfy { $0 >= 0 }, "a negative extent was accepted")
      guard tensor.elementType.isReal, tensor.count <= elementLimit else { continue }
      do {
        let values = try checkpoint.floats(tensor.name)
        promise(values.count == tensor.count, "another number of elements than announced")
      } catch {
        ErrorPromise.check("\(error)", names: "")
      }
    }
    try checkpoint.checkExtents()
    _ = checkpoint.metadata["epoch"]
  }
}
