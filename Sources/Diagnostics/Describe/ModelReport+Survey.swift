internal import Checkpoints
internal import Foundation
internal import VisionTransformers

extension ModelReport {
  /// Opens a checkpoint and reports on it, also on one that cannot be computed with.
  ///
  /// - Throws: `CheckpointError` for a file that is no checkpoint, is cut off, or has a tensor that lies outside it.
  /// - Complexity: Reads headers and one tensor of a few numbers; the time does not depend on the size of the weights.
  public init(_ request: CheckpointRequest) throws {
    let checkpoint = try Checkpoint(
      opening: request.path, weights: request.weights, configuration: request.configuration)
    try checkpoint.checkExtents()
    let survey = ModelSurvey(checkpoint, options: request.options)
    let logits = survey.tensors.first {
      $0.parameter == "fusion.logits" && $0.tensor.count <= FusionLogits.countLimit
    }?.tensor.name
    let fusion = try logits.map { try FusionReport(logits: checkpoint.floats($0), survey) }
    let features = survey.dialect == nil ? FeatureReport(checkpoint) : nil
    let facts = DiagnosisFacts(
      survey, path: request.path, hasLogits: logits != nil, fusion: fusion ?? nil, areFeatures: features != nil,
      quantised: Self.quantised(survey, checkpoint))
    self.init(
      name: request.name, path: request.path, digest: try logits.map { try checkpoint.digest(of: [$0]) },
      container: checkpoint.container.rawValue, files: checkpoint.files,
      stateDictionary: checkpoint.stateDictionary, otherStateDictionaries: checkpoint.otherStateDictionaries,
      dialect: survey.dialect, prefix: survey.prefix, architecture: survey.description?.architecture,
      values: Self.values(of: survey), problem: survey.encoderProblem.map { facts.words(for: $0) },
      decoderProblem: survey.decoderProblem.map { facts.words(for: $0) },
      features: features, parameters: ParameterCounts(survey.tensors),
      tensors: Self.tensors(of: survey, areFeatures: features != nil), fusion: fusion ?? nil,
      training: Self.training(survey.training), contents: Self.contents(of: checkpoint), diagnoses: facts.diagnoses,
      assumed: Self.assumptions(survey, facts.diagnoses, name: request.name))
  }

  /// The first weight of the network that is stored quantised.
  private static func quantised(_ survey: ModelSurvey, _ checkpoint: Checkpoint) -> CheckpointError? {
    for use in survey.tensors where use.part != nil {
      do throws(CheckpointError) { try checkpoint.checkWeight(use.tensor.name) } catch { return error }
    }
    return nil
  }

  private static func values(of survey: ModelSurvey) -> [SourcedValue] {
    var values = survey.facts.map {
      SourcedValue(name: $0.name, value: $0.value, source: $0.source.description)
    }
    if let pixels = survey.description?.pixelNormalization {
      let source = pixels.source.description
      values.append(SourcedValue(name: "pixelMean", value: "\(pixels.mean)", source: source))
      values.append(SourcedValue(name: "pixelDeviation", value: "\(pixels.deviation)", source: source))
      values += pixels.problems.map {
        SourcedValue(name: "pixelProblem", value: "not as its files say", source: $0.description)
      }
    }
    return values
  }

  private static func tensors(of survey: ModelSurvey, areFeatures: Bool) -> [TensorReport] {
    survey.tensors.map { use in
      TensorReport(
        name: use.tensor.name, type: use.tensor.elementType.rawValue, shape: use.tensor.shape,
        status: use.part == nil ? .ignored : .used, part: use.part, parameter: use.parameter,
        reason: areFeatures ? "features" : use.reason)
    }
      + survey.missing.map {
        TensorReport(name: $0.name, shape: $0.shape.isEmpty ? nil : $0.shape, status: .missing, part: $0.part)
      }
  }

  private static func training(_ facts: TrainingFacts) -> [SourcedValue] {
    func value<Value: CustomStringConvertible>(_ name: String, _ fact: Sourced<Value>?) -> SourcedValue? {
      fact.map { SourcedValue(name: name, value: $0.value.description, source: $0.source.description) }
    }
    return [
      value("method", facts.method), value("objective", facts.objective), value("epoch", facts.epoch),
      value("iteration", facts.iteration),
      value("maskRatio", facts.maskRatio), value("normPixels", facts.normPixels),
    ].compactMap(\.self)
  }

  // MARK: What else is in the file

  private static func contents(of checkpoint: Checkpoint) -> [ContentReport] {
    guard case .dictionary(let entries) = checkpoint.metadata else { return [] }
    return entries.compactMap { entry in
      guard let key = entry.key.string else { return nil }
      // What is left of the described weights themselves.
      let isDescribed = checkpoint.stateDictionary == key || checkpoint.stateDictionary.hasPrefix(key + ".")
      if isDescribed || (checkpoint.stateDictionary.isEmpty && entry.value.isEmptyOrTensor) { return nil }
      return ContentReport(key: String(key.prefix(80)), summary: entry.value.summary)
    }
  }
}

extension FusionReport {
  /// The weights of finite logits; nil for others, which have none.
  init?(logits: [Float], _ survey: ModelSurvey) {
    guard let weights = FusionSoftmax.weights(of: logits) else { return nil }
    self.init(
      weights: weights, logits: logits.map(Double.init), layers: survey.description?.architecture.fusion?.layers)
  }
}

extension FeatureReport {
  /// What a file seems to be; nil for one that holds other tensors, too.
  init?(_ checkpoint: Checkpoint) {
    guard FeatureFile.seemsToBe(checkpoint), let file = try? FeatureFile(checkpoint, name: nil, layers: .all) else {
      return nil
    }
    self.init(
      images: file.images,
      layers: file.layers.map { FeatureLayerReport(layer: $0.name, channels: $0.channels, grid: $0.grid) })
  }
}

extension ParameterCounts {
  init(_ tensors: [TensorUse]) {
    for use in tensors {
      let count = use.tensor.count
      switch use.part {
      case .encoder: encoder += count
      case .decoder: decoder += count
      case .fusion: fusion += count
      case nil: other += count
      }
      total += count
    }
  }
}

extension MetadataValue {
  fileprivate var isEmptyOrTensor: Bool {
    switch self {
    case .tensor: true
    case .dictionary(let entries): entries.isEmpty
    default: false
    }
  }

  /// The value in a few words.
  fileprivate var summary: String {
    switch self {
    case .null: "none"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .largeInteger(let value): value
    case .double(let value): "\(value)"
    case .string(let value): Self.shortened(value)
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .list(let elements): elements.isEmpty ? "empty list" : "list of \(elements.count)" + tensorWords
    case .dictionary(let entries): "dictionary of \(entries.count)" + tensorWords
    case .global(let name): Self.shortened(name)
    case .object(let type, _, let state): Self.objectSummary(type, state)
    case .array(let array): "array \(array.shape.map(String.init).joined(separator: "×"))"
    case .tensor(let type, let shape): "tensor \(shape.map(String.init).joined(separator: "×")) \(type.rawValue)"
    case .omitted(let reason): reason
    }
  }

  private static func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line == text && text.count <= 60 ? text : "\(line.prefix(60))… (\(text.count) characters)"
  }

  private static func objectSummary(_ type: String, _ state: MetadataValue) -> String {
    let keys = state.keys
    return keys.isEmpty ? type : "\(type) with \(keys.count) entries"
  }

  private var tensorWords: String {
    let count = tensorCount
    return count == 0 ? "" : ", \(count) \(count == 1 ? "tensor" : "tensors")"
  }

  private var tensorCount: Int {
    switch self {
    case .tensor: 1
    case .list(let elements): elements.reduce(0) { $0 + $1.tensorCount }
    case .dictionary(let entries): entries.reduce(0) { $0 + $1.value.tensorCount }
    case .object(_, _, let state): state.tensorCount
    default: 0
    }
  }
}
