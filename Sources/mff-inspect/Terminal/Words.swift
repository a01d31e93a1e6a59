import Checkpoints

extension Container {
  /// The container in words.
  var title: String {
    switch self {
    case .safetensors: "safetensors"
    case .shardedSafetensors: "sharded safetensors"
    case .pytorchZip: "PyTorch zip"
    case .pytorchLegacy: "PyTorch legacy"
    case .shardedPyTorch: "sharded PyTorch"
    case .npz: "NumPy archive"
    }
  }
}

/// A number with its noun: 1 batch, 2 batches.
func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
