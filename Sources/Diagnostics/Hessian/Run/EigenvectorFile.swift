internal import Checkpoints
internal import Foundation
internal import Hessian
internal import OutputFiles
internal import Tensors
internal import VisionTransformers

/// The eigenvectors of one batch as a `.safetensors` file: for vector j and each parameter a tensor `j.NAME` in the naming of MAE's
/// and timm's own repositories, of the parameter's shape, so that PyTorch users can add it to their weights.
struct EigenvectorFile {
  let path: String

  /// The file as asked for; with several batches or checkpoints `-MODEL-BATCH` or `-MODEL-BLOCK-BATCH` stands before its ending.
  init(path: String, isNumbered: Bool, model: Int, block: Int?, batch: Int) {
    guard isNumbered else {
      self.path = path
      return
    }
    let numbers = [model, block, batch].compactMap(\.self).map(String.init).joined(separator: "-")
    let ending = URL(fileURLWithPath: path).pathExtension
    let stem = ending.isEmpty ? path : String(path.dropLast(ending.count + 1))
    self.path = "\(stem)-\(numbers)" + (ending.isEmpty ? "" : ".\(ending)")
  }

  /// Writes the vectors, each of length 1 over all its tensors.
  func write(_ pairs: borrowing Eigenpairs, layout: ParameterLayout, name: String) throws(OutputError) {
    let tensors = OfficialNaming.tensors(of: layout)
    let count = pairs.eigenvalues.count
    let writer = SafetensorsWriter(
      tensors: (0..<count).flatMap { j in
        tensors.map { SafetensorsWriter.Tensor(name: "\(j).\($0.name)", shape: $0.shape) }
      },
      metadata: [
        "model": name, "eigenvalues": pairs.eigenvalues.map { "\($0.value)" }.joined(separator: ","),
        "residuals": pairs.eigenvalues.map { "\($0.residual)" }.joined(separator: ","),
      ])
    try writer.write(to: path) { index, append throws(OutputError) in
      try append(pairs.vectors.vector(index / tensors.count).extracting(tensors[index % tensors.count].range))
    }
  }
}
