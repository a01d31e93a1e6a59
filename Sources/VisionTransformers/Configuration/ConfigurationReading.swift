internal import Checkpoints

/// A `config.json` held against the tensors: what of it describes them, what is left aside, what speaks against computing.
struct ConfigurationReading {
  /// The configuration, where it describes the tensors.
  private(set) var config: MetadataValue?
  /// The part of it that describes the network for images, of Hugging Face's.
  private(set) var tower: TowerSection?
  /// The network that it names, of timm's.
  private(set) var timm: Sourced<TimmArchitecture>?
  /// The name of a network that timm has not published; nil for one that it has.
  private(set) var unknownArchitecture: String?
  private(set) var warnings: [String] = []
  private(set) var problem: ModelError?

  private let name: String
  private let isGiven: Bool
  private let file: String
  private let sizes: ShownSizes?

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - config: The JSON object; nil for none.
  ///   - name: What to call it in messages.
  ///   - isGiven: Whether the user named it. Then a contradiction is refused; one that lies beside a file may be another's.
  ///   - file: The checkpoint's path.
  ///   - sizes: What the tensors show; nil where no network is known.
  init(_ config: MetadataValue?, called name: String, isGiven: Bool, file: String, _ sizes: ShownSizes?) {
    (self.config, self.name, self.isGiven, self.file, self.sizes) = (config, name, isGiven, file, sizes)
    guard let config else { return }
    if Self.isTimm(config) { readTimm(config) } else { readHuggingFace(config) }
  }

  /// Whether a configuration is timm's rather than Hugging Face's.
  static func isTimm(_ config: MetadataValue) -> Bool {
    config["pretrained_cfg"] != nil || (config["architecture"] != nil && config["model_type"] == nil)
  }

  // MARK: timm

  private mutating func readTimm(_ config: MetadataValue) {
    guard let title = config["architecture"]?.string else { return }
    let arguments = config["model_args"]
    guard let known = TimmArchitecture.named(title) else { return readUnknown(title, arguments) }
    timm = Sourced(value: known, source: .file(name, key: "architecture"))
    let nonzero = { (value: Int) in value > 0 ? value : nil }
    judge(
      width: arguments?["embed_dim"]?.int ?? nonzero(known.width),
      depth: arguments?["depth"]?.int ?? nonzero(known.depth),
      patch: arguments?["patch_size"]?.int ?? nonzero(known.patch), described: "architecture \(title)")
    guard self.config != nil, problem == nil else { return }
    if let reason = known.refusal { return refuse("architecture", title, "\(reason), so nothing was computed") }
    checkArguments(arguments)
  }

  /// A network of the user's own, or of a later timm: of families whose tensors hide what they compute, or taken for plain.
  private mutating func readUnknown(_ title: String, _ arguments: MetadataValue?) {
    let families = ["_rope", "vit_pe_", "dinov3", "eupe", "sapiens", "lingbot", "aimv2", "naflex", "_parallel", "_xp_"]
    guard !families.contains(where: { title.contains($0) }) else {
      return refuse(
        "architecture", title,
        "networks of this family compute what their tensors do not show, such as rotary positions, so nothing was computed"
      )
    }
    unknownArchitecture = title
    judge(
      width: arguments?["embed_dim"]?.int, depth: arguments?["depth"]?.int, patch: arguments?["patch_size"]?.int,
      described: "architecture \(title)")
    if config != nil, problem == nil { checkArguments(arguments) }
  }

  private mutating func checkArguments(_ arguments: MetadataValue?) {
    if let key = TimmArguments.unknown(in: arguments) {
      refuse(
        "model_args.\(key)", arguments?[key].map { "\($0)".prefix(60) + "" } ?? "",
        "what it changes in a block is not known here and does not show in tensors, so nothing was computed")
    }
  }

  // MARK: Hugging Face

  private mutating func readHuggingFace(_ config: MetadataValue) {
    let sections = TowerSection.all(in: config)
    guard !sections.isEmpty else {
      // Older files of ours and of others say little more than a class.
      guard config["model_type"]?.string != nil || config["hidden_size"] != nil else { return }
      return readWithoutEncoder(config)
    }
    let judged = sections.map { ($0, agreement($0)) }
    let agreeing = judged.filter { $0.1 == .agrees }
    // A part that states sizes is the description; a family's name alone may be that of the model around it.
    if let (section, _) = agreeing.first(where: { $0.0.statesSizes }) ?? agreeing.first {
      tower = section
      return checkFamily(of: section)
    }
    guard let (section, agreement) = judged.first(where: { $0.1 != .otherNetwork }) ?? judged.first else { return }
    judge(agreement, described: Self.title(of: section.value))
  }

  /// A configuration that shows no encoder of images: a text model's, or one of a family that is not known here and whose usual patch
  /// is not written down.
  private mutating func readWithoutEncoder(_ config: MetadataValue) {
    guard let family = config["model_type"]?.string, !TowerSection.otherFamilies.contains(family) else {
      return leaveAside("describes \(Self.title(of: config)), which is no network for images")
    }
    let sized = TowerSection.parts(of: config).filter { $0.width != nil || $0.depth != nil }
    if let section = sized.first(where: { agreement($0) != .otherNetwork }) { return checkFamily(of: section) }
    guard sized.isEmpty else { return judge(.otherNetwork, described: Self.title(of: config)) }
    checkFamily(of: TowerSection(path: "", value: config, family: family))
  }

  private func agreement(_ section: TowerSection) -> ShownSizes.Agreement {
    sizes?.agreement(width: section.width, depth: section.depth, patch: section.patch) ?? .agrees
  }

  private mutating func checkFamily(of section: TowerSection) {
    let windows = section.value["num_windows"]?.int ?? 1
    guard windows <= 1 else {
      return refuse(section.key("num_windows"), "\(windows)", "attention within windows is not supported")
    }
    guard let family = section.family, section.defaults == nil else { return }
    refuse(
      section.key("model_type"), family,
      "whether the blocks of this family are plain ones is not known here and does not show in tensors, so nothing was computed; "
        + "if they are, give --config with a copy whose model_type is that of a family that computes the same, such as vit; "
        + "else compute features with its own library and give them by --features")
  }

  /// What a checkpoint's configuration calls the network, as part of a sentence; nil where it does not say.
  static func title(of checkpoint: Checkpoint) -> String? {
    guard let config = checkpoint.config else { return nil }
    let name = checkpoint.configPath ?? "config.json"
    for key in ["architecture", "model_type"] {
      if let title = config[key]?.string { return "\(key) in \(name) is \(title.prefix(60))" }
    }
    return nil
  }

  private static func title(of config: MetadataValue) -> String {
    let words = [
      config["model_type"]?.string, config["hidden_size"]?.int.map { "\($0) wide" },
      config["num_hidden_layers"]?.int.map { "\($0) blocks" },
    ].compactMap(\.self)
    return words.isEmpty ? "a network" : String(words.joined(separator: ", ").prefix(120))
  }

  // MARK: Contradictions

  private mutating func judge(width: Int?, depth: Int?, patch: Int?, described: String) {
    guard let sizes else { return }
    judge(
      sizes.agreement(width: width, depth: depth, patch: patch),
      described: described + (width.map { ", \($0) wide" } ?? "") + (depth.map { ", \($0) blocks" } ?? ""))
  }

  private mutating func judge(_ agreement: ShownSizes.Agreement, described: String) {
    guard let sizes else { return }
    let found = "\(sizes.depth) blocks × \(sizes.width), patches of \(sizes.patch)"
    switch agreement {
    case .agrees: break
    case .fewerBlocks(let stated):
      refuse(
        "number of blocks", "\(stated)",
        "the file holds \(sizes.depth) of them and may have lost its last ones: take a complete file; "
          + "if it is whole, give --config with a copy that says \(sizes.depth)")
    case .otherNetwork:
      leaveAside("describes another network (\(described)) than the tensors (\(found))")
    }
  }

  private mutating func leaveAside(_ reason: String) {
    (config, tower, timm, unknownArchitecture) = (nil, nil, nil, nil)
    guard isGiven else { return warnings.append("\(name) is left aside: it \(reason)") }
    problem = .unusableSetting(
      file: file, setting: "option --config", value: name,
      reason: "it \(reason); give this checkpoint's own, or leave it away")
  }

  private mutating func refuse(_ key: String, _ value: String, _ reason: String) {
    problem = problem ?? .unusableSetting(file: file, setting: "\(key) in \(name)", value: value, reason: reason)
  }
}
