public import Checkpoints

/// A part of a model that tensors belong to.
public enum ModelPart: String, Sendable, Hashable, Codable, CaseIterable {
  /// Patch embedding, tokens, positions, blocks, final norm.
  case encoder
  /// The MAE decoder with its mask token.
  case decoder
  /// Fusion logits and projections of MFF.
  case fusion

  /// The part that holds a parameter of ours.
  init(of parameter: ParameterName) {
    self = parameter.hasPrefix("decoder.") ? .decoder : parameter.hasPrefix("fusion.") ? .fusion : .encoder
  }
}

/// What a tensor of a file is for.
public struct TensorUse: Sendable, Hashable {
  /// The tensor as stored.
  public let tensor: TensorInfo
  /// The part that uses it; nil when nothing does.
  public let part: ModelPart?
  /// Our name of the parameter that it is, or is a part of.
  public let parameter: String?
  /// Why nothing uses it.
  public let reason: String?
}

/// A tensor that a part needs and the file lacks.
public struct MissingTensor: Sendable, Hashable {
  /// The name that the file's other names lead to expect.
  public let name: String
  /// The shape needed.
  public let shape: [Int]
  /// The part that needs it.
  public let part: ModelPart
}

/// What a checkpoint holds, as far as it can be told: also for networks that cannot be computed with.
public struct ModelSurvey: Sendable {
  /// The naming in words; nil when no Vision Transformer in a known naming is in the file.
  public let dialect: String?
  /// What stands before the encoder's names.
  public let prefix: String?
  /// The model; nil when the encoder cannot be computed with.
  public let description: ModelDescription?
  /// Why the encoder cannot be computed with.
  public let encoderProblem: ModelError?
  /// Why the decoder cannot be computed with, where the file holds at least a part of one.
  public let decoderProblem: ModelError?
  /// The values of the architecture that are known, in the order of their finding, each with its source.
  public let facts: [ArchitectureFact]
  /// Every tensor of the selected state dictionary once, in the order of the file's names.
  public let tensors: [TensorUse]
  /// What encoder, fusion and (where one begins) decoder need beside them.
  public let missing: [MissingTensor]
  /// What the checkpoint says of its training.
  public let training: TrainingFacts

  /// Surveys a checkpoint; reads no tensor but, for some, a class token's position.
  public init(_ checkpoint: Checkpoint, options: ModelOptions = ModelOptions()) {
    do throws(ModelError) {
      let names = try NameResolution(checkpoint, headPrefix: options.headPrefix)
      self.init(checkpoint, names, Settings(checkpoint, names), options)
    } catch {
      self.init(unknown: checkpoint, error, TrainingFacts(Settings(checkpoint)))
    }
  }

  private init(_ checkpoint: Checkpoint, _ names: NameResolution, _ settings: Settings, _ options: ModelOptions) {
    var inference = ArchitectureInference(names, settings, options)
    var inferred: Result<Architecture, ModelError>
    do throws(ModelError) {
      // Inference relies on tensors that hold values.
      if let broken = names.brokenShape { throw broken }
      let architecture = try inference.infer()
      inferred = .success(architecture)
      _ = try? inference.head(of: architecture)
    } catch { inferred = .failure(error) }
    if case .failure = inferred, names.brokenShape == nil { inference.noteTheRest() }

    let described: Result<ModelDescription, ModelError>
    do throws(ModelError) {
      described = .success(try ModelDescription(checkpoint, names, settings, options))
    } catch { described = .failure(error) }
    dialect = names.dialect.title
    prefix = names.prefix
    description = try? described.get()
    if case .failure(let error) = described { encoderProblem = error } else { encoderProblem = nil }
    facts = inference.facts
    tensors = Self.uses(of: checkpoint, names)
    training = TrainingFacts(settings, names)

    let sized = (try? inferred.get()) ?? Self.sized(names, settings, options, inferred)
    missing = names.missing(sized, encoderProblem)
    decoderProblem = sized?.decoder == nil ? names.strayDecoder : sized.flatMap(names.decoderProblem)
  }

  private init(unknown checkpoint: Checkpoint, _ error: ModelError, _ training: TrainingFacts) {
    dialect = nil
    prefix = nil
    description = nil
    encoderProblem = error
    decoderProblem = nil
    facts = []
    tensors = checkpoint.tensors.map {
      TensorUse(tensor: $0, part: nil, parameter: nil, reason: "no Vision Transformer in a known naming")
    }
    missing = []
    self.training = training
  }

  /// Sizes do not depend on the heads: where only these are unknown, an architecture of one head has the right sizes.
  private static func sized(
    _ names: NameResolution, _ settings: Settings, _ options: ModelOptions, _ inferred: Result<Architecture, ModelError>
  ) -> Architecture? {
    guard case .failure(.unknownHeads) = inferred else { return nil }
    var options = options
    options.heads = 1
    var inference = ArchitectureInference(names, settings, options)
    return try? inference.infer()
  }

  private static func uses(of checkpoint: Checkpoint, _ names: NameResolution) -> [TensorUse] {
    var parameters: [String: ParameterName] = [:]
    for (parameter, parts) in names.sources where !parameter.hasPrefix("head.") {
      for tensor in parts.values { parameters[tensor] = parameter }
    }
    let reasons = Dictionary(names.ignored.map { ($0.tensor, $0.reason) }) { first, _ in first }
    return checkpoint.tensors.map { tensor in
      let parameter = parameters[tensor.name]
      return TensorUse(
        tensor: tensor, part: parameter.map(ModelPart.init), parameter: parameter,
        reason: parameter == nil ? reasons[tensor.name] ?? "not part of the encoder or decoder" : nil)
    }
  }
}

extension NameResolution {
  /// A tensor that holds no values.
  fileprivate var brokenShape: ModelError? {
    obstacles.first { if case .unusableShape = $0 { true } else { false } }
  }

  /// What the parts of an architecture need and the file lacks; where its sizes are unknown, what stopped their inference.
  fileprivate func missing(_ architecture: Architecture?, _ problem: ModelError?) -> [MissingTensor] {
    guard let architecture else {
      guard obstacles.isEmpty, case .missingTensor(_, let tensor, _) = problem else { return [] }
      return [MissingTensor(name: tensor, shape: [], part: .encoder)]
    }
    // Tensors that are not supported stand where those of a plain network would.
    let layouts =
      (obstacles.isEmpty ? [ParameterLayout(encoderOf: architecture)] : [])
      + (decoderObstacles.isEmpty ? [ParameterLayout(decoderOf: architecture)] : [])
    return layouts.flatMap { layout in
      missing(from: layout).map { MissingTensor(name: $0.name, shape: $0.shape, part: part(ofForeign: $0.name)) }
    }
  }

  private func part(ofForeign name: String) -> ModelPart {
    let local = NamePattern(String(name.dropFirst(prefix.count))).pattern
    switch dialect.encoder[local] {
    case .whole(let parameter)?, .part(let parameter, _, _)?: return ModelPart(of: parameter)
    case .copy?, .derived?: return .encoder
    case nil: return .decoder
    }
  }

  /// What keeps the decoder of an architecture from computing.
  func decoderProblem(_ architecture: Architecture) -> ModelError? {
    if let obstacle = decoderObstacles.first { return obstacle }
    if let scale = tensor(of: "decoder.blocks.0.scale1") {
      return .unsupportedTensor(file: file, tensor: scale, reason: "a learned scale of a decoder block")
    }
    return problems(with: ParameterLayout(decoderOf: architecture)).first
  }

  /// Tensors of a decoder whose embedding is missing, so that no decoder can be made of them.
  ///
  /// A mask token alone is none: encoders of masked-image models hold one too.
  fileprivate var strayDecoder: ModelError? {
    let own = sources.keys.filter { $0.hasPrefix("decoder.") && $0 != "decoder.mask" }
    guard !own.isEmpty || !decoderObstacles.isEmpty else { return nil }
    return decoderObstacles.first
      ?? .missingTensor(file: file, tensor: foreignName(of: "decoder.embed.weight"), dialect: dialect.title)
  }
}
