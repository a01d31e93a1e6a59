/// Which weights to take from a file that holds several: a state dictionary, or an encoder inside one.
public enum WeightsSelection: Sendable, Hashable, Codable {
  /// The weights that were trained.
  case model
  /// Their exponential moving average.
  case ema
  /// The teacher of self-distillation.
  case teacher
  /// The student of self-distillation.
  case student
  /// A state dictionary by its key, or an encoder by the prefix of its tensors' names.
  case named(String)
}

extension WeightsSelection: RawRepresentable {
  /// The selection that a word stands for; nil for an empty one.
  ///
  /// - Parameter rawValue: `model`, `ema`, `teacher`, `student`, or a key or prefix; dots at its end say nothing.
  public init?(rawValue: String) {
    let word = String(rawValue.reversed().drop { $0 == "." }.reversed())
    guard !word.isEmpty else { return nil }
    self =
      switch word {
      case "model": .model
      case "ema": .ema
      case "teacher": .teacher
      case "student": .student
      default: .named(word)
      }
  }

  /// The word on the command line.
  public var rawValue: String {
    switch self {
    case .model: "model"
    case .ema: "ema"
    case .teacher: "teacher"
    case .student: "student"
    case .named(let word): word
    }
  }
}

extension WeightsSelection {
  /// The prefixes under which published files keep these weights inside one state dictionary, without a dot at the end.
  ///
  /// Empty for the model: what is the model among several encoders their families decide, not a list.
  ///
  /// - Sources: facebookresearch/dino and ibot (teacher, student), moco-v3 (base_encoder, momentum_encoder), moco (encoder_q,
  ///   encoder_k), ijepa (target_encoder), byol-pytorch (online_encoder, target_encoder), solo-learn (backbone,
  ///   momentum_backbone), data2vec (ema), timm's and Lightning's averages.
  public var prefixes: [String] {
    switch self {
    case .model: []
    case .ema: ["ema", "model_ema", "ema_model", "averaged_model", "module_ema"]
    case .teacher:
      [
        "teacher", "teacher_model", "teacher_encoder", "momentum_encoder", "momentum_backbone", "encoder_k",
        "target_encoder",
        "target_network", "target_model", "teacher_backbone", "backbone_momentum", "key_encoder",
      ]
    case .student:
      [
        "student", "student_model", "student_encoder", "base_encoder", "encoder_q", "context_encoder", "online_encoder",
        "online_network", "online_model", "student_backbone", "query_encoder",
      ]
    case .named(let word): [word]
    }
  }

  /// Whether a tensor's name has one of these prefixes, at its beginning or after a dot.
  func isPrefix(ofTensor name: String) -> Bool {
    prefixes.contains { prefix in
      let inner = "\(prefix)."
      return name.hasPrefix(inner) || name.contains(".\(inner)")
    }
  }
}
