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
    }
  }
}
