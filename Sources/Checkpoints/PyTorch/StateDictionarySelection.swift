/// Finds the state dictionary inside whatever object a training script saved.
struct StateDictionarySelection {
  /// Where it is: keys from the outside in, joined by dots; empty for the object itself.
  let name: String
  let node: Pickle.NodeID
  /// What else could have been selected.
  let others: [String]
  /// Whether the request named no state dictionary of the file: an encoder inside this one may bear the name.
  let isUnanswered: Bool
  /// All of several, with what they serve as.
  let choices: [String]

  /// Keys on the way to a state dictionary: nothing real wraps deeper.
  static let wrapperLimit = 4

  init(in pickle: Pickle, weights: WeightsSelection, path: String) throws(CheckpointError) {
    let finder = StateDictionaryFinder(pickle: pickle, tensors: TensorDecoder(pickle: pickle))
    let candidates = finder.candidates()
    guard !candidates.isEmpty else {
      throw ShardedObjects.refusal(in: pickle, path: path)
        ?? .noStateDictionary(path: path, found: finder.description(of: pickle.root))
    }
    let answers = Self.answers(to: weights, among: candidates)
    guard answers.count < 2 else {
      throw .severalStateDictionaries(path: path, requested: weights, available: answers.map(\.label))
    }
    // What no state dictionary is called may be an encoder's prefix in the one that holds the model.
    guard let chosen = answers.first ?? candidates.first(where: { $0.serves.contains(.model) }) else {
      let labels = candidates.map(\.label)
      throw weights == .model && labels.count > 1
        ? .severalStateDictionaries(path: path, requested: weights, available: labels)
        : .weightsMissing(path: path, requested: weights, available: labels)
    }
    isUnanswered = answers.isEmpty
    choices = candidates.count > 1 ? candidates.map(\.label) : []
    name = chosen.name
    node = chosen.node
    others = candidates.filter { $0.name != chosen.name }.map(\.name)
  }

  private static func answers(
    to weights: WeightsSelection, among candidates: [StateDictionaryCandidate]
  ) -> [StateDictionaryCandidate] {
    guard case .named(let word) = weights else {
      let serving = candidates.filter { $0.serves.contains(weights) }
      // Keys whose meaning is settled come first, and the first of them counts; others must be the only one.
      return serving.first.map { $0.isWellKnown ? [$0] : serving } ?? []
    }
    let exact = candidates.filter { $0.name == word }
    return exact.isEmpty ? candidates.filter { $0.keys.contains { $0 == word } } : exact
  }
}
