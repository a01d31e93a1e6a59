internal import Checkpoints
internal import OutputFiles
internal import Tensors
internal import VisionTransformers

/// Writes a model in training as a safetensors file in the naming of MAE's own code, with what tensors do not tell.
struct CheckpointWriter {
  let recipe: Recipe
  /// The names of the classes, for supervised models.
  let classes: [String]?

  /// Writes the file, whole or not at all.
  func write(_ trainer: Trainer, epoch: Int, to path: String) throws(OutputError) {
    let loss = trainer.loss
    let tensors = OfficialNaming.tensors(of: loss.layout)
    let writer = SafetensorsWriter(
      tensors: tensors.map { .init(name: $0.name, shape: $0.shape) },
      metadata: metadata(loss.architecture, objective: loss.objective, epoch: epoch, step: trainer.step),
      precision: recipe.halfPrecision ? .half : .single)
    try trainer.withParameters { (values) throws(OutputError) in
      try writer.write(to: path) { (index, append) throws(OutputError) in
        try append(values.extracting(tensors[index].range))
      }
    }
  }

  private func metadata(
    _ a: Architecture, objective: Objective, epoch: Int, step: Int
  ) -> [String: String] {
    var metadata = OfficialNaming.metadata(of: a, pooling: objective.pooling)
    metadata.merge(recipe.trainedObjective.metadata) { $1 }
    let facts = [
      "format": "pt", "method": recipe.method.rawValue, "epoch": "\(epoch)", "step": "\(step)",
      "patch_size": "\(a.patchSize)", "embed_dim": "\(a.width)", "depth": "\(a.depth)", "data": recipe.data.words,
      "seed": "\(recipe.seed)", "kernel": MatrixKernel.current.name,
    ]
    metadata.merge(facts) { $1 }
    if a.decoder != nil { metadata["mask_ratio"] = "\(recipe.maskRatio)" }
    if recipe.method == .mae || recipe.method == .pixmim { metadata["norm_pix_loss"] = "\(recipe.normPixels)" }
    if let teacher = recipe.teacher { metadata["teacher"] = teacher.digest ?? teacher.path }
    if let classes, recipe.method == .supervised { metadata["classes"] = classes.joined(separator: ",") }
    return metadata
  }
}

extension Recipe.Source {
  /// The data in a few words.
  var words: String { synthetic ?? images.joined(separator: ", ") }
}
