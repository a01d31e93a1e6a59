internal import Checkpoints

/// The part of a Hugging Face `config.json` that describes an image encoder.
struct TowerSection: Sendable {
  /// Keys from the outside in, joined by dots; empty for the whole.
  let path: String
  /// What stands there.
  let value: MetadataValue
  /// `model_type` of the part, else that of the model around it.
  let family: String?

  /// What its family has where the part says nothing; nil for a family that is not known.
  var defaults: TowerDefaults? { family.flatMap(TowerDefaults.family(inside:)).flatMap { TowerDefaults.families[$0] } }

  /// What to call a key of it in messages.
  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Real configurations nest two or three levels deep.
  private static let deepestLevel = 4

  /// Families of text and sound whose `config.json` is found beside checkpoints of others.
  static let otherFamilies: Set<String> = [
    "albert", "bart", "bert", "bloom", "deberta", "deberta-v2", "distilbert", "electra", "falcon", "gemma", "gemma2",
    "gpt2", "gpt_neo", "gpt_neox", "hubert", "llama", "mbart", "mistral", "mixtral", "mpnet", "opt", "phi", "phi3",
    "qwen2", "qwen3", "roberta", "t5", "wav2vec2", "whisper", "xlm-roberta",
  ]

  /// Every part that may describe an image encoder, the outermost first: those with a patch size, or of a family of encoders.
  static func all(in config: MetadataValue) -> [TowerSection] { parts(of: config).filter(\.describesImages) }

  /// The whole and its parts but those for text, the outermost first.
  static func parts(of config: MetadataValue) -> [TowerSection] {
    var found: [TowerSection] = []
    var level = [TowerSection(path: "", value: config, family: config["model_type"]?.string)]
    for _ in 0..<deepestLevel where !level.isEmpty && found.count < 1024 {
      found += level
      level = level.flatMap(\.inner)
    }
    return found
  }

  private var describesImages: Bool {
    if value["patch_size"] != nil { return true }
    // The whole may hold the part that does.
    guard let own = value["model_type"]?.string else { return false }
    return TowerDefaults.families[own] != nil
  }

  private var inner: [TowerSection] {
    let parts = value.keys.prefix(1024).filter { !$0.hasPrefix("text") }
    return parts.compactMap { name in
      guard let part = value[name], case .dictionary = part else { return nil }
      return TowerSection(path: key(name), value: part, family: part["model_type"]?.string ?? family)
    }
  }

  /// A size under any of the names that families have for it.
  func integer(_ names: [String], or usual: Int?) -> Int? {
    for name in names {
      if let number = value[name]?.int { return number }
      if let number = value[name]?.list?.first?.int { return number }
    }
    return usual
  }

  var width: Int? { integer(["hidden_size", "embed_dim", "d_model"], or: unsaid?.width) }
  var depth: Int? { integer(["num_hidden_layers", "depth", "encoder_layers"], or: unsaid?.depth) }
  var patch: Int? { integer(["patch_size"], or: unsaid?.patch) }

  /// Whether it says anything of its sizes itself.
  var statesSizes: Bool { ["patch_size", "hidden_size", "num_attention_heads"].contains { value[$0] != nil } }

  /// Sizes that a part leaves out where they are its family's; the whole always holds its own.
  private var unsaid: TowerDefaults? { path.isEmpty ? nil : defaults }
}
