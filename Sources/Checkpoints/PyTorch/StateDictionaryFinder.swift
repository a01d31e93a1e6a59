/// A state dictionary of a file, and the selections it answers.
struct StateDictionaryCandidate {
  /// Keys from the outside in, joined by dots; empty for the object itself.
  let name: String
  let node: Pickle.NodeID
  let serves: Set<WeightsSelection>
  /// Whether its key means the same wherever it is written, so that it is taken before others.
  let isWellKnown: Bool

  var keys: [Substring] { name.split(separator: ".") }

  var label: String {
    let place = name.isEmpty ? "the object itself" : name
    return serves.isEmpty ? place : "\(place) (\(serves.map(\.rawValue).sorted().joined(separator: ", ")))"
  }
}

/// Looks for dictionaries of tensors in whatever a training script saved, and for what they are by their keys.
///
/// A class, because each dictionary is searched once: a file can put one under every key that is looked for.
final class StateDictionaryFinder {
  private let pickle: Pickle
  private let tensors: TensorDecoder
  /// The keys of interest in each dictionary.
  private var tables: [Pickle.NodeID: [String: Pickle.NodeID]] = [:]
  private var stateDictionaries: [Pickle.NodeID: Bool] = [:]

  /// Keys that hold the trained weights, in the order in which they are tried.
  private static let modelKeys = ["model", "module", "state_dict", "model_state_dict", "net"]
  private static let emaKeys = ["model_ema", "state_dict_ema", "ema_state_dict", "ema", "model_ema_state_dict"]
  private static let distillationKeys = ["teacher", "student"]
  /// Keys of a single encoder: the model, where no other encoder and no key of the above stands beside it.
  private static let encoderKeys: Set = [
    "encoder", "backbone", "vit", "visual", "image_encoder", "vision_encoder", "vision_model", "weights", "params",
  ]
  private static let keys = Set(modelKeys + emaKeys + distillationKeys)
  private static let longestKey = keys.map(\.utf8.count).max() ?? 0

  /// Dictionaries under other keys, at most so many, so deep and with keys so long.
  private static let otherLimit = 64
  private static let otherDepth = 2
  private static let otherKeyLimit = 100
  /// Pairs looked at for them.
  private static let pairLimit = 100_000

  init(pickle: Pickle, tensors: TensorDecoder) { (self.pickle, self.tensors) = (pickle, tensors) }

  /// The value under one of the keys of interest; of several equal keys the last counts, as in Python.
  private func value(_ id: Pickle.NodeID, _ key: String) -> Pickle.NodeID? {
    if let table = tables[id] { return table[key] }
    var table: [String: Pickle.NodeID] = [:]
    for pair in pickle.pairs(id) ?? [] {
      guard let text = pickle.text(pair.key, limit: Self.longestKey), Self.keys.contains(text) else { continue }
      table[text] = pair.value
    }
    tables[id] = table
    return table[key]
  }

  func candidates() -> [StateDictionaryCandidate] {
    var found: [StateDictionaryCandidate] = []
    func add(_ name: String, _ node: Pickle.NodeID, _ serves: Set<WeightsSelection>) {
      found.append(StateDictionaryCandidate(name: name, node: node, serves: serves, isWellKnown: true))
    }
    func isServed(_ weights: WeightsSelection) -> Bool { found.contains { $0.serves.contains(weights) } }

    let swapped = isSwappedByAveraging()
    for key in Self.modelKeys {
      guard let (name, node) = locate(pickle.root, key) else { continue }
      add(name, node, swapped && key == "state_dict" ? [.ema] : isServed(.model) ? [] : [.model])
    }
    for key in Self.emaKeys {
      guard let (name, node) = locate(pickle.root, key) else { continue }
      let isRaw = swapped && key == "ema_state_dict"
      add(name, node, isRaw ? [.model] : [.ema])
    }
    let hasModel = isServed(.model)
    for key in Self.distillationKeys {
      guard let (name, node) = locate(pickle.root, key) else { continue }
      var serves: Set<WeightsSelection> = [key == "teacher" ? .teacher : .student]
      // Self-distillation evaluates its teacher: without a model of its own, that is the model.
      if !hasModel, key == "teacher" || !isServed(.teacher) { serves.insert(.model) }
      add(name, node, serves)
    }
    if isStateDictionary(pickle.root) { add("", pickle.root, isServed(.model) ? [] : [.model]) }
    return found + others(beside: found)
  }

  /// Whether MMEngine's averaging hook wrote the file: it swaps the two on saving, so that `state_dict` holds the
  /// average and `ema_state_dict`, which also counts its steps, what was trained.
  private func isSwappedByAveraging() -> Bool {
    guard value(pickle.root, "state_dict") != nil, let other = value(pickle.root, "ema_state_dict")
    else { return false }
    return pickle.value(other, "steps") != nil
  }

  /// The state dictionary under a key, looking through wrappers inside it.
  private func locate(_ id: Pickle.NodeID, _ key: String, depth: Int = 0) -> (name: String, node: Pickle.NodeID)? {
    guard depth < StateDictionarySelection.wrapperLimit, let inner = value(id, key), pickle.pairs(inner) != nil else {
      return nil
    }
    for wrapper in Self.modelKeys {
      if let (name, node) = locate(inner, wrapper, depth: depth + 1) { return ("\(key).\(name)", node) }
    }
    return isStateDictionary(inner) ? (key, inner) : nil
  }

  private func isStateDictionary(_ id: Pickle.NodeID) -> Bool {
    if let known = stateDictionaries[id] { return known }
    let pairs = pickle.pairs(id) ?? []
    // Also of a kind that is not read: its name and the reason say more than that there is no dictionary.
    let holdsTensors = pairs.contains { pair in
      pickle.isText(pair.key) && (tensors.isTensor(pair.value) || tensors.looksLikeTensor(pair.value) != nil)
    }
    stateDictionaries[id] = holdsTensors
    return holdsTensors
  }

  // MARK: Dictionaries under any other key

  /// Dictionaries of tensors under keys that are not settled: the encoders of I-JEPA, averages under other names.
  private func others(beside known: [StateDictionaryCandidate]) -> [StateDictionaryCandidate] {
    // One dictionary may stand under several keys, and be looked into once.
    let answered = Set(known.map(\.node))
    var seen: Set = [pickle.root]
    var networks: Set<Pickle.NodeID> = []
    var pairs = 0
    var found: [(name: String, node: Pickle.NodeID)] = []
    var level: [(name: String, node: Pickle.NodeID)] = [("", pickle.root)]
    for _ in 0..<Self.otherDepth {
      var next: [(name: String, node: Pickle.NodeID)] = []
      for place in level {
        for pair in pickle.pairs(place.node) ?? [] {
          pairs += 1
          guard pairs <= Self.pairLimit, found.count < Self.otherLimit else { break }
          guard !answered.contains(pair.value), let key = pickle.text(pair.key, limit: Self.otherKeyLimit) else {
            continue
          }
          let inner = (name: place.name.isEmpty ? key : "\(place.name).\(key)", node: pair.value)
          if networks.contains(pair.value) {
            found.append(inner)
          } else if seen.insert(pair.value).inserted, pickle.pairs(pair.value) != nil {
            if !isStateDictionary(pair.value) {
              next.append(inner)
            } else if holdsLayers(pair.value) {
              networks.insert(pair.value)
              found.append(inner)
            }
          }
        }
      }
      level = next
    }
    let names = found.map(\.name)
    let serves = names.map { Self.role(of: $0, among: names) }
    let hasRoles = !known.isEmpty || serves.contains { $0 != nil }
    let encoders = names.indices.filter { Self.encoderKeys.contains(Self.core(of: names[$0])) }
    return found.indices.map { index in
      let isModel = !hasRoles && encoders == [index]
      return StateDictionaryCandidate(
        name: names[index], node: found[index].node, serves: isModel ? [.model] : serves[index].map { [$0] } ?? [],
        isWellKnown: false)
    }
  }

  /// Whether a tensor's name has parts, as those of layers do: a loss' running means are no network.
  private func holdsLayers(_ id: Pickle.NodeID) -> Bool {
    (pickle.pairs(id) ?? []).contains { pair in
      pickle.text(pair.key, limit: 1 << 12)?.utf8.contains(UInt8(ascii: ".")) == true
        && (tensors.isTensor(pair.value) || tensors.looksLikeTensor(pair.value) != nil)
    }
  }

  /// The last key of a name that is no wrapper's: `encoder` of `models.encoder` and `encoder.state_dict`.
  private static func core(of name: String) -> String {
    name.split(separator: ".").map(String.init).last { !modelKeys.contains($0) } ?? name
  }

  /// What a key says of its dictionary, in view of those beside it.
  private static func role(of name: String, among names: [String]) -> WeightsSelection? {
    let words = words(of: name)
    if words.contains(where: { ["ema", "averaged", "swa"].contains($0) }) { return .ema }
    if words.contains(where: followers.contains) { return .teacher }
    if words.contains(where: { ["student", "online", "query", "context", "q"].contains($0) }) { return .student }
    // `encoder` beside `target_encoder`.
    let hasFollower = names.contains { other in
      let others = self.words(of: other)
      return others.contains(where: followers.contains) && others.filter { !followers.contains($0) } == words
    }
    return hasFollower ? .student : nil
  }

  /// Words for a network that follows another one's weights.
  private static let followers: Set = ["teacher", "target", "momentum", "k"]

  private static func words(of name: String) -> [String] {
    name.lowercased().split { $0 == "_" || $0 == "." || $0 == "-" }.map(String.init)
  }

  // MARK: What is there instead

  func description(of id: Pickle.NodeID) -> String {
    guard let pairs = pickle.pairs(id) else { return "the object in it is \(pickle.summary(id))" }
    let keys = pairs.prefix(12).map { pair in
      "\((pickle.text(pair.key, limit: 1 << 16) ?? "?").prefix(60)) (\(contents(pair.value)))"
    }
    if keys.isEmpty { return "the dictionary in it is empty" }
    return "it holds " + keys.joined(separator: ", ") + (pairs.count > keys.count ? ", …" : "")
  }

  private func contents(_ id: Pickle.NodeID) -> String {
    guard let pairs = pickle.pairs(id) else { return pickle.summary(id) }
    let count = pairs.count { tensors.isTensor($0.value) }
    return count > 0 ? "a dictionary with \(count) tensors" : "a dictionary"
  }
}
