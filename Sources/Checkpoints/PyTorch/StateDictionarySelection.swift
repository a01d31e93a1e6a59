/// Finds the state dictionary inside whatever object a training script saved.
struct StateDictionarySelection {
  /// Where it is: keys from the outside in, joined by dots; empty for the object itself.
  let name: String
  let node: Pickle.NodeID
  /// What else could have been selected.
  let others: [String]

  /// Keys that hold the trained weights, in the order in which they are tried.
  private static let modelKeys = ["model", "module", "state_dict", "model_state_dict", "net"]
  private static let emaKeys = ["model_ema", "state_dict_ema", "ema_state_dict", "ema", "model_ema_state_dict"]
  private static let distillationKeys = ["teacher", "student"]

  /// Keys on the way to a state dictionary: nothing real wraps deeper.
  static let wrapperLimit = 4

  private let pickle: Pickle
  private let tensors: TensorDecoder

  init(in pickle: Pickle, weights: WeightsSelection, path: String) throws(CheckpointError) {
    self.pickle = pickle
    tensors = TensorDecoder(pickle: pickle)
    let finder = Finder(pickle: pickle, tensors: TensorDecoder(pickle: pickle))
    let candidates = finder.candidates()
    guard !candidates.isEmpty else {
      throw .noStateDictionary(path: path, found: finder.description(of: pickle.root))
    }
    guard let chosen = candidates.first(where: { $0.serves.contains(weights) }) else {
      throw .weightsMissing(path: path, requested: weights, available: candidates.map(\.label))
    }
    name = chosen.name
    node = chosen.node
    others = candidates.filter { $0.name != chosen.name }.map(\.name)
  }

  /// A state dictionary and the selections it answers.
  private struct Candidate {
    let name: String
    let node: Pickle.NodeID
    let serves: Set<WeightsSelection>

    var label: String {
      let place = name.isEmpty ? "the object itself" : name
      return serves.isEmpty ? place : "\(place) (\(serves.map(\.rawValue).sorted().joined(separator: ", ")))"
    }
  }

  /// A class, because each dictionary is searched once: a file can put one under every key that is looked for.
  private final class Finder {
    private let pickle: Pickle
    private let tensors: TensorDecoder
    /// The keys of interest in each dictionary.
    private var tables: [Pickle.NodeID: [String: Pickle.NodeID]] = [:]
    private var stateDictionaries: [Pickle.NodeID: Bool] = [:]

    private static let keys = Set(modelKeys + emaKeys + distillationKeys)
    private static let longestKey = keys.map(\.utf8.count).max() ?? 0

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

    func candidates() -> [Candidate] {
      var found: [Candidate] = []
      let swapped = isSwappedByAveraging()
      for key in modelKeys {
        guard let (name, node) = locate(pickle.root, key) else { continue }
        let serves: Set<WeightsSelection> =
          swapped && key == "state_dict" ? [.ema] : found.contains { $0.serves.contains(.model) } ? [] : [.model]
        found.append(Candidate(name: name, node: node, serves: serves))
      }
      for key in emaKeys {
        guard let (name, node) = locate(pickle.root, key) else { continue }
        let isRaw = swapped && key == "ema_state_dict"
        found.append(Candidate(name: name, node: node, serves: isRaw ? [.model] : [.ema]))
      }
      let hasModel = found.contains { $0.serves.contains(.model) }
      for key in distillationKeys {
        guard let (name, node) = locate(pickle.root, key) else { continue }
        var serves: Set<WeightsSelection> = [key == "teacher" ? .teacher : .student]
        // Self-distillation evaluates its teacher: without a model of its own, that is the model.
        if !hasModel, key == "teacher" || !found.contains(where: { $0.serves.contains(.teacher) }) {
          serves.insert(.model)
        }
        found.append(Candidate(name: name, node: node, serves: serves))
      }
      if isStateDictionary(pickle.root) {
        let serves: Set<WeightsSelection> = found.contains { $0.serves.contains(.model) } ? [] : [.model]
        found.append(Candidate(name: "", node: pickle.root, serves: serves))
      }
      return found
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
      for wrapper in modelKeys {
        if let (name, node) = locate(inner, wrapper, depth: depth + 1) { return ("\(key).\(name)", node) }
      }
      return isStateDictionary(inner) ? (key, inner) : nil
    }

    private func isStateDictionary(_ id: Pickle.NodeID) -> Bool {
      if let known = stateDictionaries[id] { return known }
      let pairs = pickle.pairs(id) ?? []
      let holdsTensors = pairs.contains { pickle.isText($0.key) && tensors.isTensor($0.value) }
      stateDictionaries[id] = holdsTensors
      return holdsTensors
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
}
