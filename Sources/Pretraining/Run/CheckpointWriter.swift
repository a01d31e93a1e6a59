internal import Checkpoints
internal import OutputFiles
internal import VisionTransformers

/// Writes a model in training as a safetensors file in the naming of MAE's own code, with what tensors do not tell.
struct CheckpointWriter {
  let recipe: Recipe
  /// The names of the classes, for supervised models.
  let classes: [String]?

  /// Writes the file, whole or not at all.
  func write(_ trainer: Trainer, epoch: Int, to path: String) throws(OutputError) {
    let loss = trainer.loss
    let tensors = OfficialTensor.all(of: loss.layout)
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
    var metadata = [
      "format": "pt", "method": recipe.method.rawValue, "objective": objective.name, "epoch": "\(epoch)",
      "step": "\(step)", "num_heads": "\(a.heads)", "image_size": "\(a.imageSize[0])", "patch_size": "\(a.patchSize)",
      "embed_dim": "\(a.width)", "depth": "\(a.depth)", "data": recipe.data.words, "seed": "\(recipe.seed)",
    ]
    if let decoder = a.decoder {
      metadata["decoder_num_heads"] = decoder.heads.map(String.init)
      metadata["mask_ratio"] = "\(recipe.maskRatio)"
    }
    if recipe.method == .mae || recipe.method == .pixmim { metadata["norm_pix_loss"] = "\(recipe.normPixels)" }
    if let fusion = a.fusion, let layers = fusion.layers {
      metadata["fused_layers"] = layers.map(String.init).joined(separator: ",")
      metadata["projection"] = fusion.projection.rawValue
      metadata["fusion"] = fusion.combination.rawValue
      if fusion.detach { metadata["detach"] = "true" }
    }
    if let teacher = recipe.teacher { metadata["teacher"] = teacher.digest ?? teacher.path }
    if let classes, recipe.method == .supervised { metadata["classes"] = classes.joined(separator: ",") }
    return metadata
  }
}

extension Recipe.Source {
  /// The data in a few words.
  var words: String { synthetic ?? images.joined(separator: ", ") }
}

/// A tensor as MAE's own code names and shapes it.
struct OfficialTensor {
  let name: String
  let shape: [Int]
  /// Its values in the parameter vector.
  let range: Range<Int>

  static func all(of layout: ParameterLayout) -> [OfficialTensor] {
    layout.parameters.map { parameter in
      let (name, leading, trailing) = official(parameter.name)
      return OfficialTensor(
        name: name,
        shape: Array(repeating: 1, count: leading) + parameter.shape + Array(repeating: 1, count: trailing),
        range: parameter.range)
    }
  }

  private static func official(_ name: String) -> (name: String, leading: Int, trailing: Int) {
    switch name {
    case "class": return ("cls_token", 2, 0)
    case "position": return ("pos_embed", 1, 0)
    case "decoder.mask": return ("mask_token", 2, 0)
    case "decoder.position": return ("decoder_pos_embed", 1, 0)
    case "fusion.logits": return ("proj_weights", 0, 3)
    default: break
    }
    let words = [
      ("patch.", "patch_embed.proj."), ("decoder.blocks.", "decoder_blocks."), ("decoder.embed.", "decoder_embed."),
      ("decoder.norm.", "decoder_norm."), ("decoder.output.", "decoder_pred."),
      ("fusion.projections.", "proj_layers."),
    ]
    var result = name
    for (mine, official) in words where result.hasPrefix(mine) {
      result = official + result.dropFirst(mine.count)
      break
    }
    return (
      result.replacing(".attention.qkv.", with: ".attn.qkv.").replacing(".attention.output.", with: ".attn.proj."), 0, 0
    )
  }
}
